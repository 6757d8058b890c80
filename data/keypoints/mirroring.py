"""Every second picture of a film is shown to a detector in a mirror.

Part of a detector's error has a direction: an elbow is seen too far left, say. In the mirror it is seen too far right.
The mean of the two is better. It costs no time, but it smooths: a swing of 2 Hz loses 4 % at 30 frames a second.
"""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8

from data.keypoints.detection import Detection, PoseDetector
from data.keypoints.people import FARTHEST, Crop, box_around, distance
from data.keypoints.sets import NAMES

MARGIN = 1.0  # of the person's extent: a detector that starts looks so far around the box of the person


class AlternatingDetector:
    """A detector that sees every second picture in a mirror, in which another one of its kind follows the person.

    The first detector says who is followed. It is asked again where the mirrored one does not see the same person.
    """

    def __init__(self, detector: PoseDetector, in_mirror: PoseDetector) -> None:
        self.keypoint_set = detector.keypoint_set
        self._detector, self._in_mirror = detector, in_mirror
        self._order = mirror_order(NAMES[detector.keypoint_set])
        self._last: Detection | None = None
        self._mirror_follows = False

    def find(self, picture: UInt8[np.ndarray, "height width 3"]) -> Detection | None:
        """Return the person in the next picture, or None."""
        before, found = self._last, None
        if before is not None and not before.mirrored:
            found = self._find_mirrored(picture, _with_confidence(before))
        self._last = found if found is not None else self._detector.find(picture)
        return self._last

    def _find_mirrored(
        self, picture: UInt8[np.ndarray, "height width 3"], person: Float[np.ndarray, "K 3"]
    ) -> Detection | None:
        """Return the person, who was last seen at the given keypoints, or None where nobody is seen there."""
        shown = picture if self._mirror_follows else black_outside(picture, box_around(person, MARGIN))
        found = self._in_mirror.find(np.ascontiguousarray(shown[:, ::-1]))
        self._mirror_follows = False
        if found is None:
            return None
        pixel = np.array([picture.shape[1] - 1, 0]) + found.pixel[self._order] * [-1, 1]
        positions = None if found.positions is None else found.positions[self._order] * [-1, 1, 1]
        seen = Detection(pixel, found.confidence[self._order], positions, mirrored=True)
        self._mirror_follows = distance(person, _with_confidence(seen)) < FARTHEST
        return seen if self._mirror_follows else None


def mirror_order(names: Sequence[str]) -> list[int]:
    """Return the index of each keypoint's counterpart on the other side; its own where it has none."""
    other = {"left": "right", "right": "left"}
    across = [re.sub("left|right", lambda side: other[side[0]], name) for name in names]
    return [names.index(theirs if theirs in names else ours) for ours, theirs in zip(names, across, strict=True)]


def average_with_neighbours(
    values: Float[np.ndarray, "T K *channels"], joined: Bool[np.ndarray, " T-1"]
) -> Float[np.ndarray, "T K *channels"]:
    """Return the mean of each frame and of the point half-way between its two neighbours.

    Where every second frame was mirrored, what alternates cancels.

    Args:
        values: What was found in each frame.
        joined: Whether a frame and the next one may be averaged. A frame that lacks a neighbour is left as it is.
    """
    averaged = values.copy()
    inside = 1 + np.flatnonzero(joined[1:] & joined[:-1])
    averaged[inside] = values[inside] / 2 + (values[inside - 1] + values[inside + 1]) / 4
    return averaged


def black_outside(
    picture: UInt8[np.ndarray, "height width 3"], box: Crop | None
) -> UInt8[np.ndarray, "height width 3"]:
    """Return a picture that is black outside of a box. Without a box it is as it was."""
    if box is None:
        return picture
    left, top, right, bottom = (max(0, round(edge)) for edge in box)
    shown = np.zeros_like(picture)
    shown[top:bottom, left:right] = picture[top:bottom, left:right]
    return shown


def _with_confidence(found: Detection) -> Float[np.ndarray, "K 3"]:
    return np.column_stack([found.pixel, found.confidence])
