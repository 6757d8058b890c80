"""Accelerations of the points: people move smoothly, their ends less so."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.film.body_points import POINTS
from diffphy.film.terms.moment import Moment

_KIND = {"knee": 1, "elbow": 1, **dict.fromkeys(("ankle", "heel", "toe", "wrist"), 2)}
_OF_POINT = np.array([_KIND.get(name.rpartition("_")[2], 0) for name in POINTS])


def acceleration(moment: Moment) -> tuple[Float[Array, "P 3"], Float[Array, "P"]]:
    """Return the acceleration of each point."""
    spread = jnp.stack([moment.spread.trunk, moment.spread.middle, moment.spread.end])[_OF_POINT]
    return moment.acceleration / spread[:, None], jnp.ones_like(spread)
