"""From a sequence of a dataset to the person who is simulated and the motion to follow."""

import time
from dataclasses import replace

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.keypoints.clip import KeypointClip
from data.keypoints.pose_detector import DetectedPerson, detect
from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.inputs.keypoints import between, subject_from_keypoints, taken
from pipelines.inputs.sequence import opened
from pipelines.inputs.subject import Subject
from pipelines.inputs.video import subject_from_detected


def prepare_sequence(config: RunConfig, truth: MotionClip, rise: float) -> Subject:
    """The person as one camera saw them; the recorded motion is only what the result is compared with.

    Lens and pose of the camera are the dataset's. Its keypoints are followed, or those that are found in its video.

    Args:
        config: of the run.
        truth: the recorded motion, its floor at z = 0.
        rise: how much higher that is than the dataset has it, m.

    Raises:
        InputError: the folder lacks what is asked for, or it cannot be used.
    """
    given, tree, name, view = opened(config)
    cameras = tree.cameras(name)
    if view not in cameras:
        raise InputError(f"{name} was not filmed by a camera {view}: use one of {', '.join(cameras)}")
    camera = cameras[view].shifted(rise)
    floor = {"floor_m": 0.0}
    config = config.model_copy(update={"input": config.input.model_copy(update=floor)})
    if given.input == "keypoints":
        return _from_keypoints(config, tree.keypoints(name, view), camera, truth)
    started = time.perf_counter()
    with terminal.counting("looking for a person") as count:
        detected = detect(tree.video(name, view), progress=count)
    subject = _from_video(config, detected, camera, truth)
    return replace(subject, seconds=time.perf_counter() - started)


# Frame by frame, keypoints or video and truth are the same ones, whatever rate a video claims; one may be longer.


def _from_keypoints(config: RunConfig, seen: KeypointClip, camera: CalibratedCamera, truth: MotionClip) -> Subject:
    count = min(seen.num_frames, truth.num_frames)
    seen = replace(seen, fps=truth.fps, pixel=seen.pixel[:count], confidence=seen.confidence[:count])
    part = between(seen, config.input.start_s, config.input.end_s)
    after = truth.between(part.start / truth.fps, None)
    return subject_from_keypoints(config, taken(seen, part), camera, truth=after)


def _from_video(config: RunConfig, detected: DetectedPerson, camera: CalibratedCamera, truth: MotionClip) -> Subject:
    film = detected.video
    if camera.size is not None and camera.size != film.size:
        raise InputError(
            f"{film.path} has pictures of {film.size[0]} x {film.size[1]} pixels, those of camera {camera.name} "
            f"have {camera.size[0]} x {camera.size[1]}: get the dataset's own video"
        )
    count, seen = min(detected.keypoints.num_frames, truth.num_frames), detected.keypoints
    seen = replace(seen, fps=truth.fps, pixel=seen.pixel[:count], confidence=seen.confidence[:count])
    cut = replace(detected, keypoints=seen, positions=detected.positions[:count])
    return subject_from_detected(config, cut, camera, truth=truth)
