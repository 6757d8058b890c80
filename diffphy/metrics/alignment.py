"""The similarity or rigid transform that moves one point set closest to another."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Similarity(NamedTuple):
    """The map `x -> scale * rotation @ x + translation` for each of B point sets.

    Attributes:
        scale: Factors, above zero.
        rotation: Rotation matrices.
        translation: In the unit of the points.
    """

    scale: Float[np.ndarray, "B"]
    rotation: Float[np.ndarray, "B 3 3"]
    translation: Float[np.ndarray, "B 3"]

    def apply(self, points: Float[np.ndarray, "B P 3"]) -> Float[np.ndarray, "B P 3"]:
        """Return the transformed points."""
        rotated = points @ self.rotation.swapaxes(-1, -2)
        return self.scale[:, None, None] * rotated + self.translation[:, None]


def procrustes(
    source: Float[np.ndarray, "B P 3"], target: Float[np.ndarray, "B P 3"], *, rigid: bool = False
) -> Similarity:
    """Return the least-squares similarity from each source set to its target set. It never mirrors.

    If all points of a source coincide, every scale fits equally well; the result is scale 1.
    Source: Umeyama, Least-squares estimation of transformation parameters between two point patterns, PAMI 1991.

    Args:
        source: The points to move.
        target: Where they should be.
        rigid: Whether the scale stays 1.
    """
    source_mean, target_mean = source.mean(-2), target.mean(-2)
    centred_source, centred_target = source - source_mean[:, None], target - target_mean[:, None]
    u, singular, vt = np.linalg.svd(centred_target.swapaxes(-1, -2) @ centred_source)
    # The best orthogonal matrix can mirror. Flipping the axis of the smallest singular value gives the best rotation.
    sign = np.ones_like(singular)
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None]) @ vt
    spread = np.sum(centred_source**2, axis=(-1, -2)) * (not rigid)
    scale = np.where(spread > 0, np.sum(singular * sign, -1) / np.where(spread > 0, spread, 1), 1)
    translation = target_mean - scale[:, None] * np.squeeze(rotation @ source_mean[..., None], -1)
    return Similarity(scale, rotation, translation)


def tilt_deg(rotation: Float[np.ndarray, "3 3"]) -> float:
    """Return the angle by which a rotation turns the vertical, degrees. Turns about the vertical do not count."""
    horizontal, vertical = np.hypot(rotation[0, 2], rotation[1, 2]), rotation[2, 2]
    return float(np.degrees(np.arctan2(horizontal, vertical)))
