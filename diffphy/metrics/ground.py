"""How a motion meets the ground: skating, sinking in, floating.

Foot points are (T frames, F feet, P points of a foot such as ankle and toe), metres, Z up. Clearances are
(T frames, C points of the body): height of the body's surface over the floor, metres, negative below it.
"""

import numpy as np
from jaxtyping import Bool, Float

from diffphy.metrics.position import MM_PER_M

FootPoints = Float[np.ndarray, "T F P 3"]

SKATE_INTERVAL = 1 / 25
"""s; the frame interval of Human3.6M at 25 fps, for which the distance below is meant, whatever the clip's own rate."""
SKATE_DISTANCE = 0.02
"""m in one interval."""
STANCE_HEIGHT = 0.025
"""m above a point's resting height."""
RESTING_PERCENTILE = 5.0


def foot_contact(reference: FootPoints) -> Bool[np.ndarray, "T F"]:
    """In which frames each foot stands: all its points are within 2.5 cm of their resting heights.

    A point's resting height is the 5th percentile of its height over the clip, so that neither the place of the floor
    nor that of the joints within the foot matters. Speed does not enter: a foot that slides while it stands is in
    contact, and so the skating of a reference shows. A foot that rolls over its toe or swings is not. The threshold
    and the percentile are our choice; followers of DiffPhy use fixed heights with a bound on speed, which by
    construction leaves a reference that skates without contact.
    """
    height = reference[..., 2]
    resting = np.percentile(height, RESTING_PERCENTILE, axis=0)
    return np.all(height < resting + STANCE_HEIGHT, axis=-1)


def foot_skate(feet: FootPoints, contact: Bool[np.ndarray, "T F"], fps: float) -> float:
    """Foot skate: percentage of frames in which a foot slides more than 2 cm within 1/25 s while it stands.

    A foot stands if it is in contact (by the reference, see `foot_contact`) at the frame and 1/25 s later; it slides by
    the mean horizontal displacement of its points. Positions between frames are interpolated linearly. Either foot
    makes the frame count; frames less than 1/25 s from the end do not count. NaN if there are no others.
    Source: DiffPhy (Gaertner et al., CVPR 2022) and Rempe et al., ECCV 2020: 2 cm between adjacent frames.
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
    """Depth of the body's deepest point below the floor, 0 where none is below, mean over all frames, mm."""
    return MM_PER_M * float(np.mean(_depth(clearance)))


def penetration_max(clearance: Float[np.ndarray, "T C"]) -> float:
    """Depth of the body's deepest point below the floor in the worst frame, mm."""
    return MM_PER_M * float(np.max(_depth(clearance)))


def floating(clearance: Float[np.ndarray, "T C"], contact: Bool[np.ndarray, "T F"]) -> float:
    """Height of the body's lowest point over the floor, mean over the frames in which the reference stands, mm.

    A frame counts where a foot is in `contact`; a point below the floor counts as 0. NaN if no foot ever stands.
    """
    standing = contact.any(-1)
    if not standing.any():
        return float("nan")
    return MM_PER_M * float(np.mean(np.maximum(clearance[standing].min(-1), 0)))


def _depth(clearance: Float[np.ndarray, "T C"]) -> Float[np.ndarray, "T"]:
    return np.maximum(-clearance.min(-1), 0)
