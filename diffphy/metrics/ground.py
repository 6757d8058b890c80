"""Contact of a motion with the ground: foot skate, penetration, floating.

Foot points are (T frames, F feet, P points of a foot such as ankle and toe), m, Z up. Clearances are (T frames,
C points of the body): height of the body's surface above the floor, m, negative below it.
"""

import numpy as np
from jaxtyping import Bool, Float

from diffphy.metrics.position import MM_PER_M

FootPoints = Float[np.ndarray, "T F P 3"]

SKATE_INTERVAL = 1 / 25
"""Time between two compared frames, s. It is one frame of Human3.6M at 25 fps, and the same for clips of any rate."""
SKATE_DISTANCE = 0.02
"""Distance in one interval above which a foot slides, m."""
STANCE_HEIGHT = 0.025
"""Height above a point's resting height up to which it stands, m."""
RESTING_PERCENTILE = 5.0
"""Percentile of a point's height over the clip that counts as its resting height."""


def foot_contact(reference: FootPoints) -> Bool[np.ndarray, "T F"]:
    """Return in which frames each foot stands: all its points are less than 2.5 cm above their resting heights.

    A point's resting height is the 5th percentile of its height over the clip. So the height of the floor does not
    matter, nor where the joints are in the foot. Speed does not count: a foot that slides while it stands is in
    contact, so the skating of a reference shows. A foot that swings or rolls over its toe is not in contact.

    The threshold and the percentile are our choice. Later work after DiffPhy uses fixed heights and a limit on speed;
    by that rule a skating reference has no contact.
    """
    height = reference[..., 2]
    resting = np.percentile(height, RESTING_PERCENTILE, axis=0)
    return np.all(height < resting + STANCE_HEIGHT, axis=-1)


def foot_skate(feet: FootPoints, contact: Bool[np.ndarray, "T F"], fps: float) -> float:
    """Return foot skate: the percentage of frames in which a standing foot slides more than 2 cm within 1/25 s.

    A foot slides by the mean horizontal displacement of its points. It stands if it is in contact in the frame and
    1/25 s later. One sliding foot is enough for a frame. Positions between frames are interpolated linearly. Frames
    less than 1/25 s before the end do not count. No alignment.
    Source: DiffPhy (Gaertner et al., CVPR 2022) and Rempe et al., ECCV 2020: 2 cm between adjacent frames.

    Args:
        feet: Foot points of the result.
        contact: In which frames each foot stands in the reference, from `foot_contact`.
        fps: Frames a second.

    Returns:
        Percent. NaN if no frame counts.
    """
    later = np.arange(len(feet)) + SKATE_INTERVAL * fps
    later = later[later <= len(feet) - 1 + 1e-6]
    if not len(later):
        return float("nan")
    before = np.minimum(np.floor(later + 1e-6).astype(int), len(feet) - 2)
    weight = (later - before)[:, None, None, None]
    moved = (1 - weight) * feet[before] + weight * feet[before + 1] - feet[: len(later)]
    distance = np.linalg.norm(moved[..., :2], axis=-1).mean(-1)
    standing = contact[: len(later)] & contact[np.rint(later).astype(int)]
    return 100 * float(np.mean(np.any(standing & (distance > SKATE_DISTANCE), axis=-1)))


def penetration(clearance: Float[np.ndarray, "T C"]) -> float:
    """Return the depth of the body's deepest point below the floor (0 if none is below), mean over all frames, mm."""
    return MM_PER_M * float(np.mean(_depth(clearance)))


def penetration_max(clearance: Float[np.ndarray, "T C"]) -> float:
    """Return the depth of the body's deepest point below the floor in the worst frame, mm."""
    return MM_PER_M * float(np.max(_depth(clearance)))


def floating(clearance: Float[np.ndarray, "T C"], contact: Bool[np.ndarray, "T F"]) -> float:
    """Return the height of the body's lowest point above the floor, mm.

    The mean is over the frames in which a foot is in `contact`. A point below the floor counts as 0. NaN if no foot
    ever stands.
    """
    standing = contact.any(-1)
    if not standing.any():
        return float("nan")
    return MM_PER_M * float(np.mean(np.maximum(clearance[standing].min(-1), 0)))


def _depth(clearance: Float[np.ndarray, "T C"]) -> Float[np.ndarray, "T"]:
    return np.maximum(-clearance.min(-1), 0)
