"""Lengths of the bones of a motion in space whose points have errors."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from diffphy.film.body_points import BONES

LEAST = 0.3  # of the mean distance of both ends: no error makes a bone look longer by more


def measure_bones(names: Sequence[str], points: Float[np.ndarray, "T L 3"], stature: float) -> Float[np.ndarray, "B"]:
    """Return the logarithm of the length of each bone of `BONES` over what its share of the stature gives.

    Errors across a bone make it look longer: the mean distance of its ends is too long although the points are right on
    average. The bone itself keeps its length, so the variance of the distance r is that of the errors along one axis.
    They are alike along all three, so the square of the length is mean(r^2) - 3 var(r).

    Args:
        names: Names of the points.
        points: The motion, with the person's size, m.
        stature: Height of people who have the shares, m.

    Returns:
        Bones that the motion does not have are as much longer as the others are on average.
    """
    column = {name: number for number, name in enumerate(names)}
    found = np.full(len(BONES), np.nan)
    for number, bone in enumerate(BONES.values()):
        pairs = [(column[a], column[b]) for a, b in bone.pairs if a in column and b in column]
        if pairs:
            lengths = [_length(np.linalg.norm(points[:, a] - points[:, b], axis=1)) for a, b in pairs]
            found[number] = np.log(np.mean(lengths) / (bone.share * stature))
    return np.where(np.isnan(found), np.nanmean(found), found)


def _length(distance: Float[np.ndarray, "T"]) -> float:
    squared = float(np.mean(distance**2) - 3 * np.var(distance))
    return max(np.sqrt(max(squared, 0.0)), LEAST * float(np.mean(distance)))
