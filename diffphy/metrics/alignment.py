"""The similarity transform that brings one set of points closest to another."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Similarity(NamedTuple):
    """x -> scale * rotation @ x + translation, for each of B point sets."""

    scale: Float[np.ndarray, "B"]
    rotation: Float[np.ndarray, "B 3 3"]
    translation: Float[np.ndarray, "B 3"]

    def apply(self, points: Float[np.ndarray, "B P 3"]) -> Float[np.ndarray, "B P 3"]:
        """The transformed points."""
        rotated = points @ self.rotation.swapaxes(-1, -2)
        return self.scale[:, None, None] * rotated + self.translation[:, None]


def procrustes(source: Float[np.ndarray, "B P 3"], target: Float[np.ndarray, "B P 3"]) -> Similarity:
    """Least-squares similarity from each source set onto its target set; never a reflection.

    Source: Umeyama, Least-squares estimation of transformation parameters between two point patterns, PAMI 1991.
    A source whose points all coincide keeps scale 1, since every scale then fits equally well.
    """
    source_mean, target_mean = source.mean(-2), target.mean(-2)
    centred_source, centred_target = source - source_mean[:, None], target - target_mean[:, None]
    u, singular, vt = np.linalg.svd(centred_target.swapaxes(-1, -2) @ centred_source)
    # The best orthogonal matrix may mirror; turning the axis of the smallest singular value gives the best rotation.
    sign = np.ones_like(singular)
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None]) @ vt
    spread = np.sum(centred_source**2, axis=(-1, -2))
    scale = np.where(spread > 0, np.sum(singular * sign, -1) / np.where(spread > 0, spread, 1), 1)
    translation = target_mean - scale[:, None] * np.squeeze(rotation @ source_mean[..., None], -1)
    return Similarity(scale, rotation, translation)
