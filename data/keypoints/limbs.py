"""Which set of keypoints a file has, where several have the same number: the one whose limbs are a person's."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from data.keypoints.clip import FOUND
from data.keypoints.sets import NAMES

GOOD = 0.25  # error of a person's limbs in pictures, at most
BETTER = 0.6  # of the usual set's error
LONG = 90  # percentile over the frames: limbs that point at the camera look shorter

# Limbs, and their lengths over the body's height: Drillis and Contini (1966).
_LIMBS = (
    ("hip", "knee", 0.245),
    ("knee", "ankle", 0.246),
    ("shoulder", "elbow", 0.186),
    ("elbow", "wrist", 0.146),
    ("shoulder", "hip", 0.29),
)


def limb_error(names: Sequence[str], points: Float[np.ndarray, "N K D"]) -> float:
    """Return how far the limbs are from a person's proportions: the deviation of the logarithm of their lengths.

    Args:
        names: Names of the keypoints.
        points: Of one person a frame: the position in the picture or in space, then the confidence.
    """
    at = {name: index for index, name in enumerate(names)}
    logs = []
    for side in ("left", "right"):
        for start, end, share in _LIMBS:
            if not {f"{side}_{start}", f"{side}_{end}"} <= at.keys():
                continue
            pair = points[:, [at[f"{side}_{start}"], at[f"{side}_{end}"]]]
            seen = (pair[..., -1] > FOUND).all(axis=1)
            if seen.any():
                length = np.linalg.norm(pair[seen, 0, :-1] - pair[seen, 1, :-1], axis=1)
                logs.append(np.log(max(float(np.percentile(length, LONG)), 1e-9) / share))
    return float(np.sqrt(np.mean(np.square(logs - np.median(logs))))) if logs else np.inf


def choose_set(candidates: Sequence[str], points: Float[np.ndarray, "N K D"]) -> str:
    """Return the usual set, the first one, or another if its limbs are a person's and those of the first one are not.

    Args:
        candidates: Names of sets, the most usual first. A set may have fewer keypoints than the points.
        points: Of one person a frame, see `limb_error`.
    """
    errors = {name: limb_error(NAMES[name], points[:, : len(NAMES[name])]) for name in candidates}
    best = min(errors, key=lambda name: errors[name])
    return best if errors[best] < GOOD and errors[best] < BETTER * errors[candidates[0]] else candidates[0]
