"""From a sequence of a dataset to the person who is simulated and the motion to follow."""

from dataclasses import replace

import numpy as np

from data.clip import InputError, MotionClip
from data.keypoint_clip import KeypointClip
from data.pose_detector import detect
from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.from_keypoints import subject_from_keypoints, whole
from pipelines.sequence import opened
from pipelines.subject import Film, Subject


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
    film = None
    if given.input == "keypoints":
        seen = tree.keypoints(name, view)
    else:
        with terminal.counting("looking for a person") as count:
            detected = detect(tree.video(name, view), progress=count)
        seen, film = detected.keypoints, detected.video
    seen, truth = _together(seen, truth, config)
    on_floor = config.model_copy(update={"input": config.input.model_copy(update={"floor_m": 0.0})})
    subject = subject_from_keypoints(on_floor, seen, cameras[view].shifted(rise), truth=truth)
    return subject if film is None else replace(subject, film=Film(film, seen.first + whole(seen).start))


def _together(seen: KeypointClip, truth: MotionClip, config: RunConfig) -> tuple[KeypointClip, MotionClip]:
    """The frames that keypoints and truth both have, of the part that is asked for.

    Frame by frame they are the same ones, whatever rate a video claims; one may be some frames longer.
    """
    count = min(seen.num_frames, truth.num_frames)
    whole = replace(truth, positions=truth.positions[:count], rotations=_first(truth.rotations, count))
    part = whole.between(config.input.start_s, config.input.end_s)
    first = 0 if config.input.start_s is None else round(config.input.start_s * truth.fps)
    frames = slice(first, first + part.num_frames)
    cut = replace(seen, fps=truth.fps, pixel=seen.pixel[frames], confidence=seen.confidence[frames])
    return replace(cut, first=seen.first + first), part


def _first(rotations: np.ndarray | None, count: int) -> np.ndarray | None:
    return None if rotations is None else rotations[:count]
