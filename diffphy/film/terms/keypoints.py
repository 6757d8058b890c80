"""Distances of the points from their keypoints in the picture.

They are angles: a body that is farther away and larger looks the same, and must not look better.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.film.terms.moment import Moment

NEAREST = 0.3  # m: nothing is nearer to the camera


def keypoints(moment: Moment) -> tuple[Float[Array, "N 2"], Float[Array, "N"]]:
    """Return how far each place is from its keypoint, in metres at the depth of the hips."""
    rows, weights = [], []
    for number, view in enumerate(moment.views):
        place = view.places @ moment.now @ view.rotation.T + view.translation[None]
        ray = view.ray * jnp.exp(-moment.film.zoom[number])
        away = place[:, :2] / jnp.maximum(place[:, 2:], NEAREST) - ray
        rows.append(moment.phase.depth[number] * away / moment.spread.keypoint)
        weights.append(view.confidence**moment.spread.trust)
    return jnp.concatenate(rows), jnp.concatenate(weights)
