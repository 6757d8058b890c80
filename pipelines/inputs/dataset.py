"""From a sequence of a dataset to the subject. The run follows its mocap, or what one camera saw of it."""

import time
from dataclasses import replace

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.keypoints.clip import KeypointClip
from pipelines.config import RunConfig
from pipelines.inputs.keypoints import build_subject_from_keypoints
from pipelines.inputs.mocap import prepare_recording, put_on_floor
from pipelines.inputs.sequence import OpenedSequence, open_sequence
from pipelines.inputs.subject import Subject
from pipelines.inputs.video import build_subject_from_video, detect_person
from pipelines.inputs.visible_frames import frames_between, take_seen_part
from pipelines.scene import build_scene

FLOOR_M = 0.0  # `put_on_floor` has moved the recorded motion, and the camera follows it


def prepare_sequence(source: str, config: RunConfig) -> Subject:
    """Return the person of a dataset's sequence, and the motion to follow.

    If the run follows keypoints or a video, the dataset gives lens and pose of the camera, and its recorded motion is
    only compared with the result.

    Args:
        source: Dataset and sequence, such as "human36m:S9/Walking 1".
        config: The configuration of the run.

    Raises:
        InputError: The dataset's folder lacks what is needed, or it cannot be used.
    """
    sequence = open_sequence(source, config.dataset)
    recording = put_on_floor(sequence.tree.truth(sequence.name), config.input)
    if sequence.followed == "mocap":
        return prepare_recording(recording, config)
    camera = _calibrated_camera(sequence).shifted(-recording.floor_m)
    if sequence.followed == "keypoints":
        return _prepare_keypoints(sequence, camera, recording.clip, config)
    return _prepare_video(sequence, camera, recording.clip, config)


def _calibrated_camera(sequence: OpenedSequence) -> CalibratedCamera:
    """Return the camera of a sequence, in the dataset's world."""
    cameras = sequence.tree.cameras(sequence.name)
    if sequence.camera not in cameras:
        raise InputError(f"{sequence.name} has no camera {sequence.camera}: use one of {', '.join(cameras)}")
    return cameras[sequence.camera]


def _prepare_keypoints(
    sequence: OpenedSequence, camera: CalibratedCamera, truth: MotionClip, config: RunConfig
) -> Subject:
    """Follow the dataset's own keypoints."""
    clip = _match_frames(sequence.tree.keypoints(sequence.name, sequence.camera), truth)
    part = take_seen_part(clip, camera, config.input.start_s, config.input.end_s)
    return build_subject_from_keypoints(
        [part],
        config.body,
        build_scene(config.scene),
        config.simulation.control_fps,
        floor_m=FLOOR_M,
        truth=truth.between(part.start_s, None),
    )


def _prepare_video(sequence: OpenedSequence, camera: CalibratedCamera, truth: MotionClip, config: RunConfig) -> Subject:
    """Follow the keypoints that a detector finds in the dataset's video."""
    started, given = time.perf_counter(), config.input
    between = frames_between(truth.name, truth.fps, truth.num_frames, given.start_s, given.end_s)
    between = slice(between.start, None if given.end_s is None else between.stop)  # the film may be a little shorter
    detected = detect_person(sequence.tree.video(sequence.name, sequence.camera), part=between)
    film = replace(detected.footage.video, fps=truth.fps)  # frame i of the film is frame i of the truth
    if camera.size is not None and camera.size != film.size:
        raise InputError(
            f"{film.path} has pictures of {film.size[0]} x {film.size[1]} pixels, those of camera {camera.name} "
            f"have {camera.size[0]} x {camera.size[1]}: get the dataset's own video"
        )
    clip = _match_frames(detected.keypoints, truth)
    part = take_seen_part(clip, replace(camera, size=film.size), None, None)
    subject = build_subject_from_video(
        [replace(detected, footage=replace(detected.footage, video=film, times=None))],
        [part],
        config.body,
        build_scene(config.scene),
        config.simulation.control_fps,
        floor_m=FLOOR_M,
        truth=truth.between(part.keypoints.first / truth.fps, None),
    )
    return replace(subject, seconds=time.perf_counter() - started)


def _match_frames(clip: KeypointClip, truth: MotionClip) -> KeypointClip:
    """Return the keypoints at the frame rate of the true motion, and no longer than it.

    Frame i of the keypoints or the video is frame i of the true motion, whatever frame rate the video claims. Either
    may be a few frames longer.
    """
    count = min(clip.num_frames, truth.num_frames - clip.first)
    return replace(clip, fps=truth.fps, pixel=clip.pixel[:count], confidence=clip.confidence[:count])
