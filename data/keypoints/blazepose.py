"""BlazePose, the pose model of MediaPipe: keypoints of one person, and a first pose in space.

MediaPipe 0.10.21 is used because its wheel carries the model: nothing is downloaded at run time. It runs on a laptop's
CPU. Source: Bazarevsky et al., BlazePose: On-device real-time body pose tracking, 2020.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import UInt8

from data.clip import InputError
from data.keypoints.detection import Detection, PoseDetector


@contextlib.contextmanager
def open_blazepose() -> Iterator[PoseDetector]:
    """Yield a BlazePose model that follows nobody yet. Raises InputError if MediaPipe is not installed."""
    with _silence():
        try:
            from mediapipe.python.solutions.pose import Pose  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise InputError(
                f"videos need MediaPipe, which is not installed ({error}): install it with make video"
            ) from None
        model = Pose(static_image_mode=False, model_complexity=1, smooth_landmarks=False)
        # Its threads write their messages when they start: let them start while nothing is heard.
        model.process(np.zeros((256, 256, 3), np.uint8))
    with model:
        yield _BlazePose(model)


class _BlazePose:
    keypoint_set = "mediapipe_33"

    def __init__(self, model: Any) -> None:
        self._model = model
        self._quiet = _silence  # TensorFlow Lite writes its messages before the first person is found

    def find(self, picture: UInt8[np.ndarray, "height width 3"]) -> Detection | None:
        with self._quiet():
            result: Any = self._model.process(picture)
        if not result.pose_landmarks or not result.pose_world_landmarks:
            return None
        self._quiet = contextlib.nullcontext
        landmarks = np.array([[each.x, each.y, each.visibility] for each in result.pose_landmarks.landmark])
        positions = np.array([[each.x, each.y, each.z] for each in result.pose_world_landmarks.landmark])
        # Landmarks are shares of the picture. The middle of its first pixel is at half a pixel.
        pixel = landmarks[:, :2] * picture.shape[1::-1] - 0.5
        return Detection(pixel, np.clip(landmarks[:, 2], 0.0, 1.0), positions)


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
