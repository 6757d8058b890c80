"""Quaternions in our order, wxyz, on top of SciPy's rotations."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation


def from_wxyz(quaternion: Float[np.ndarray, "*batch 4"]) -> Rotation:
    """Return the rotation of one quaternion or of several. They are normalised."""
    return Rotation.from_quat(quaternion, scalar_first=True)


def to_wxyz(rotation: Rotation) -> Float[np.ndarray, "*batch 4"]:
    """Return the unit quaternion of a rotation."""
    return rotation.as_quat(scalar_first=True)


def make_continuous(quaternion: Float[np.ndarray, "T *batch 4"]) -> Float[np.ndarray, "T *batch 4"]:
    """Return the same rotations with the sign of each quaternion nearest to the one before it in time (axis 0).

    The first quaternion gets w >= 0.
    """
    first = np.where(quaternion[:1, ..., :1] < 0, -1.0, 1.0)
    flips = np.where(np.sum(quaternion[1:] * quaternion[:-1], axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return quaternion * np.cumprod(np.concatenate([first, flips]), axis=0)
