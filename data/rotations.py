"""Quaternions wxyz, as everywhere in this project, on top of scipy's rotations."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation


def from_wxyz(quaternion: Float[np.ndarray, "*batch 4"]) -> Rotation:
    """Rotation of N quaternions, shape (N, 4) or (4,), wxyz; normalised."""
    return Rotation.from_quat(quaternion, scalar_first=True)


def to_wxyz(rotation: Rotation) -> Float[np.ndarray, "*batch 4"]:
    return rotation.as_quat(scalar_first=True)


def make_continuous(quaternion: Float[np.ndarray, "T *batch 4"]) -> Float[np.ndarray, "T *batch 4"]:
    """The same rotations with signs such that neighbours in time (axis 0) lie in the same hemisphere; w >= 0 at
    first.
    """
    first = np.where(quaternion[:1, ..., :1] < 0, -1.0, 1.0)
    flips = np.where(np.sum(quaternion[1:] * quaternion[:-1], axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return quaternion * np.cumprod(np.concatenate([first, flips]), axis=0)
