"""Keypoints of a person in a video, and a first motion in space, by MediaPipe's pose model.

MediaPipe 0.10.21 is used because its wheel carries the model: nothing is downloaded at run time. It runs on a laptop's
CPU and follows one person; `crop` says which. Source: Bazarevsky et al., BlazePose: On-device real-time body pose
tracking, 2020.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from data.clip import InputError, require_frames
from data.keypoints.clip import KeypointClip
from data.keypoints.people import Crop, choose
from data.keypoints.sets import NAMES
from data.video import CutFinder, Video, frames, open_video

SET = "mediapipe_33"


@dataclass(frozen=True)
class DetectedPerson:
    """A person in a video.

    Attributes:
        keypoints: The keypoints of the set `SET` in the pictures.
        positions: The same keypoints in space about the middle of the hips, m, along the camera's axes: right, down,
            ahead. NaN in frames where nobody was found.
        video: The video.
    """

    keypoints: KeypointClip
    positions: Float[np.ndarray, "T 33 3"]
    video: Video


def detect(
    path: Path,
    *,
    fps: float | None = None,
    crop: Crop | None = None,
    progress: Callable[[int], None] = lambda frame: None,
) -> DetectedPerson:
    """Return the person in a video.

    Args:
        path: The video.
        fps: Frames per second, instead of the file's own rate.
        crop: Left, top, right, bottom, pixels: only the inside is searched. The whole picture if None.
        progress: Called after each frame with the number of frames done.

    Raises:
        InputError: The video cannot be read, nobody is found in it, or MediaPipe is not installed.
    """
    video = open_video(path, fps)
    left, top, right, bottom = _inside(crop, video.size, path)
    width, height = right - left, bottom - top
    pixels, confidences, positions = [], [], []
    cuts = CutFinder()
    with _model() as find:
        for number, picture in enumerate(frames(video), start=1):
            cuts.add(picture)
            landmarks, in_space = find(np.ascontiguousarray(picture[top:bottom, left:right]))
            # Landmarks are shares of the picture. The middle of its first pixel is at half a pixel.
            pixels.append(landmarks[:, :2] * [width, height] - 0.5 + [left, top])
            confidences.append(landmarks[:, 2])
            positions.append(in_space)
            progress(number)
    require_frames(len(pixels), path)
    confidence = np.clip(np.array(confidences), 0.0, 1.0)
    everybody = np.concatenate([np.array(pixels), confidence[..., None]], axis=-1)
    # When the person is gone, MediaPipe goes on with somebody else: `choose` tells them apart.
    people = [everybody[[frame]] if confidence[frame].any() else everybody[:0] for frame in range(len(everybody))]
    person, notes = choose(people, str(path), crop=crop)
    found = np.asarray(person[..., 2].any(axis=1))
    if not found.all():
        notes += (f"a person was found in {found.sum()} of {len(found)} frames",)
    if jumps := cuts.cuts():
        notes += (f"the video is cut at frame {', '.join(map(str, jumps))}: use --start and --end",)
    clip = KeypointClip(path.stem, video.fps, NAMES[SET], person[..., :2], person[..., 2], notes)
    return DetectedPerson(clip, np.where(found[:, None, None], np.array(positions), np.nan), video)


def _inside(crop: Crop | None, size: tuple[int, int], path: Path) -> tuple[int, int, int, int]:
    """Return the crop in whole pixels, or the whole picture if None. Raises InputError for a crop outside it."""
    if crop is None:
        return 0, 0, *size
    left, top, right, bottom = (round(edge) for edge in crop)
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise InputError(
            f"the crop {left},{top},{right},{bottom} is not inside the pictures of {path}, {size[0]} x {size[1]}: "
            "give left,top,right,bottom in pixels with --crop"
        )
    return left, top, right, bottom


_Find = Callable[[np.ndarray], tuple[Float[np.ndarray, "33 3"], Float[np.ndarray, "33 3"]]]


@contextlib.contextmanager
def _model() -> Iterator[_Find]:
    """Yield a function from a picture to landmarks (shares of the picture, visibility) and positions in space.

    Where nobody is found it returns zeros and NaN.
    """
    nobody = np.zeros((33, 3)), np.full((33, 3), np.nan)
    quiet = _silence  # TensorFlow Lite writes its messages before the first person is found
    with quiet():
        try:
            from mediapipe.python.solutions.pose import Pose  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise InputError(
                f"videos need MediaPipe, which is not installed ({error}): install it with make video"
            ) from None
        model = Pose(static_image_mode=False, model_complexity=1, smooth_landmarks=False)

    def find(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nonlocal quiet
        with quiet():
            result: Any = model.process(picture)
        if not result.pose_landmarks or not result.pose_world_landmarks:
            return nobody
        quiet = contextlib.nullcontext
        shares = [[each.x, each.y, each.visibility] for each in result.pose_landmarks.landmark]
        places = [[each.x, each.y, each.z] for each in result.pose_world_landmarks.landmark]
        return np.array(shares), np.array(places)

    with model:
        yield find


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Discard what TensorFlow Lite writes to the standard error. It writes there directly, not through Python."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
