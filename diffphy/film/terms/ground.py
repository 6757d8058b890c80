"""Feet and the ground: standing soles are on it and do not slide, and no sole is below it."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.film.body_points import SOLES
from diffphy.film.terms.moment import Moment

ENDS_OF_A_FOOT = 2.0  # heel and toe of a foot move together


def ground(moment: Moment) -> tuple[Float[Array, "4 1"], Float[Array, "4"]]:
    """Return the heights of the soles that stand."""
    weight = jnp.sqrt(moment.phase.stands / ENDS_OF_A_FOOT)
    return (moment.sole_heights / moment.spread.ground)[:, None], weight


def below(moment: Moment) -> tuple[Float[Array, "4 1"], Float[Array, "4"]]:
    """Return how deep each sole is below the ground."""
    depth = jnp.minimum(moment.sole_heights, 0.0)
    return (depth / moment.spread.below)[:, None], jnp.ones_like(depth)


def slide(moment: Moment) -> tuple[Float[Array, "4 3"], Float[Array, "4"]]:
    """Return the velocities of the soles that rest."""
    soles = jnp.array(SOLES)
    velocity = (moment.after[soles] - moment.now[soles]) * moment.rate * moment.phase.goes_on
    return velocity / moment.spread.slide, jnp.sqrt(moment.phase.rests / ENDS_OF_A_FOOT)
