"""Whether a camera stands still: how what it shows behind the person moves in the picture.

Corners of the scene are followed from picture to picture (Lucas and Kanade, 1981; Shi and Tomasi, Good features to
track, 1994). All of them move alike where the camera moves, so a similarity tells how (RANSAC).
"""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from data.keypoints.people import Crop

WIDTH = 320  # pixels: pictures are reduced to it
STEP_S = 0.1  # time between two pictures that are compared
CORNERS, FEWEST = 150, 12  # that are followed, and that must agree
AGREE = 0.7  # pixels: corners that are farther from the similarity move by themselves


class ViewTracker:
    """Follows what a camera shows, in one pass over a film."""

    def __init__(self, fps: float) -> None:
        """Begin a film of `fps` frames a second."""
        self._step = max(1, round(STEP_S * fps))
        self._number = 0
        self._before: np.ndarray | None = None
        self._person: Crop | None = None
        self._scale = 1.0
        self._moved = np.eye(3)
        self._frames: list[np.ndarray] = []

    def add(self, picture: UInt8[np.ndarray, "height width 3"], person: Crop | None) -> None:
        """Add the next picture, in RGB. `person`: the box around the person, whose motion does not count."""
        if self._number % self._step == 0:
            self._scale = WIDTH / picture.shape[1]
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            grey = cv2.resize(grey, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
            if self._before is not None:
                self._moved = _between(self._before, grey, self._mask(grey, person)) @ self._moved
            self._before, self._person = grey, person
        self._frames.append(self._moved)
        self._number += 1

    def _mask(self, grey: UInt8[np.ndarray, "height width"], person: Crop | None) -> UInt8[np.ndarray, "height width"]:
        """Return 1 where neither this picture nor the one before shows the person."""
        mask = np.ones_like(grey)
        for box in (person, self._person):
            if box is not None:
                left, top, right, bottom = (max(0, round(edge * self._scale)) for edge in box)
                mask[top:bottom, left:right] = 0
        return mask

    def places(self, size: tuple[int, int]) -> Float[np.ndarray, "T 3 2"]:
        """Return where three places of the first picture are in each picture, pixels.

        These are the middle, and the middles of the left and the upper edge: they show every similarity. Where too
        little is seen behind the person, they stay.
        """
        width, height = size
        first = self._scale * np.array([[width / 2, height / 2], [0.0, height / 2], [width / 2, 0.0]])
        moved = np.stack([first @ each[:2, :2].T + each[:2, 2] for each in self._frames])
        return moved / self._scale


def _between(
    before: UInt8[np.ndarray, "height width"],
    after: UInt8[np.ndarray, "height width"],
    mask: UInt8[np.ndarray, "height width"],
) -> Float[np.ndarray, "3 3"]:
    """Return the similarity from one picture to the next: none where too few corners agree."""
    unknown = np.eye(3)
    corners = cv2.goodFeaturesToTrack(before, CORNERS, 0.01, 5, mask=mask)
    if corners is None or len(corners) < FEWEST:
        return unknown
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, np.empty_like(corners))
    kept = found.ravel() == 1
    if kept.sum() < FEWEST:
        return unknown
    similarity, agree = cv2.estimateAffinePartial2D(corners[kept], there[kept], ransacReprojThreshold=AGREE)
    if similarity is None or agree.sum() < max(FEWEST, kept.sum() / 2):
        return unknown
    return np.vstack([similarity, [0.0, 0.0, 1.0]])
