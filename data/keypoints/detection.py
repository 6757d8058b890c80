"""What a pose detector is, and what it finds."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8


@dataclass(frozen=True)
class Detection:
    """One person in one picture.

    Attributes:
        pixel: Columns and rows of the keypoints. (0, 0) is the middle of the upper left pixel.
        confidence: From 0 to 1.
        positions: The keypoints in space about the middle of the hips, m, along the camera's axes: right, down, ahead.
            None from a detector that only knows the picture.
        mirrored: Whether the person was seen in a mirror. The keypoints are as without it.
    """

    pixel: Float[np.ndarray, "K 2"]
    confidence: Float[np.ndarray, " K"]
    positions: Float[np.ndarray, "K 3"] | None = None
    mirrored: bool = False


@runtime_checkable
class PoseDetector(Protocol):
    """A model that follows one person through pictures. Another one needs this class and its place in `detect`.

    A model with weights of its own (ONNX, say) opens them in a context manager, as `blazepose.open_blazepose` does, and
    keeps there what it knows of the person: where to look next.
    """

    @property
    def keypoint_set(self) -> str:
        """The set of its keypoints: a key of `data.keypoints.sets.NAMES`."""
        ...

    def find(self, picture: UInt8[np.ndarray, "height width 3"]) -> Detection | None:
        """Return the person in the next picture, in RGB, or None. All pictures have one size."""
        ...
