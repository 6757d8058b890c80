"""Keypoints of one person in the images of one camera, whatever found them."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data.clip import InputError


@dataclass(frozen=True)
class KeypointClip:
    """K keypoints in T frames.

    Attributes:
        name: what the clip is called, without folder and suffix.
        fps: frames a second.
        names: of the keypoints, as in `keypoint_skeletons`.
        pixel: (T, K, 2) column and row; (0, 0) is the middle of the upper left pixel. Where the confidence is 0 it
            means nothing, but is finite.
        confidence: (T, K), 0 to 1; 0 where the keypoint was not found.
        first: which frame of the file the first one is.
        notes: what was detected or assumed while reading, one sentence each.
    """

    name: str
    fps: float
    names: tuple[str, ...]
    pixel: Float[np.ndarray, "T K 2"]
    confidence: Float[np.ndarray, "T K"]
    notes: tuple[str, ...] = ()
    first: int = 0

    @property
    def num_frames(self) -> int:
        return len(self.pixel)

    @property
    def duration(self) -> float:
        """Time from the first frame to the last, s."""
        return (self.num_frames - 1) / self.fps

    def keypoint(self, name: str) -> int:
        """Index of a keypoint by name. Raises InputError, listing the valid names, if there is none."""
        try:
            return self.names.index(name)
        except ValueError:
            raise InputError(f"{self.name} has no keypoint '{name}': use one of {', '.join(self.names)}") from None

    def with_notes(self, *notes: str) -> "KeypointClip":
        return replace(self, notes=self.notes + notes)
