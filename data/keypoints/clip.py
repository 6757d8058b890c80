"""Keypoints of one person in the images of one camera, whatever found them."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.finding import Finding

FOUND = 0.05
"""Confidence above which a keypoint was found at all."""
SEEN = 0.3
"""Confidence above which a keypoint tells where a part of the body is."""


@dataclass(frozen=True)
class KeypointClip:
    """K keypoints in T frames.

    Attributes:
        name: The clip's name, without folder and suffix.
        fps: Frames per second.
        names: Names of the keypoints, as in `sets`.
        pixel: (T, K, 2) Column and row. (0, 0) is the middle of the upper left pixel. Where the confidence is 0, the
            values are finite but mean nothing.
        confidence: (T, K) 0 to 1; 0 where the keypoint was not found.
        notes: What the reader found out or assumed, one sentence each.
        first: The number of the clip's first frame in the file.
        findings: What makes the keypoints doubtful.
    """

    name: str
    fps: float
    names: tuple[str, ...]
    pixel: Float[np.ndarray, "T K 2"]
    confidence: Float[np.ndarray, "T K"]
    notes: tuple[str, ...] = ()
    first: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def num_frames(self) -> int:
        return len(self.pixel)

    @property
    def duration(self) -> float:
        """Time from the first frame to the last, s."""
        return (self.num_frames - 1) / self.fps

    def keypoint(self, name: str) -> int:
        """Return the index of a keypoint.

        Raises:
            InputError: There is no keypoint with this name. The message lists the valid names.
        """
        try:
            return self.names.index(name)
        except ValueError:
            raise InputError(f"{self.name} has no keypoint '{name}': use one of {', '.join(self.names)}") from None

    def with_notes(self, *notes: str) -> "KeypointClip":
        """Return the same clip with more notes."""
        return replace(self, notes=self.notes + notes)
