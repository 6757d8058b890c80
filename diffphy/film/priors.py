"""What is known of a film before it is looked at: gravity, height, stature, proportions, lens, detector."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.arrays import AnyArray
from diffphy.film.body_points import BONES
from diffphy.film.compiled import compiled_quickly
from diffphy.film.evidence import Known, Spread
from diffphy.film.parameters import FilmFacts, across

LASTING = 4.0
"""Frames of a film repeat the same errors of the detector and of our model of a person, but the fit takes them for
independent. So they seem to know a fact of the whole film this many times better than they do. Residuals of what is
known before are multiplied by it, and so are the standard deviations at the end. Our choice: with it, these are honest
on films with markers."""


def prior_residuals(
    film: FilmFacts, known: Known, spread: Spread, first_scale: Float[np.ndarray, "V"]
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, "K N"]]:
    """Return the residuals of the priors and their derivatives with respect to the film's parameters.

    Args:
        film: The parameters.
        known: What is known of them.
        spread: Standard deviations.
        first_scale: Logarithm of the size of a person of 1 m over each detector's body.
    """

    value, jacobian = _value_and_jacobian(film, known, spread, jnp.asarray(first_scale, jnp.float32))
    return LASTING * np.asarray(value, float), LASTING * np.asarray(jacobian, float)


@compiled_quickly
def _value_and_jacobian(
    film: FilmFacts, known: Known, spread: Spread, first_scale: Float[Array, "V"]
) -> tuple[Float[Array, " K"], Float[Array, "K N"]]:
    def residuals(change: Float[Array, "N"]) -> Float[Array, " K"]:
        moved = film.moved(change)
        on_ground = across(film.up)
        lens = jnp.array([1.0, 1.0, jnp.exp(known.vanishing * moved.zoom[0])])
        rows: list[AnyArray] = []
        for each in known.up:
            seen = jnp.asarray(each.mean) * lens
            rows.append(on_ground @ (moved.up - seen / jnp.linalg.norm(seen)) / each.sd)
        if known.height is not None:
            rows.append((moved.height - known.height.mean) / known.height.sd)
        rows.append((moved.stature - known.stature.mean) / known.stature.sd)
        spreads = known.proportions * jnp.array([bone.spread for bone in BONES.values()])
        rows.append((moved.proportion - known.measured) / spreads)
        rows.append(moved.zoom / known.zoom)
        rows.append(moved.lean.ravel() / spread.lean)
        if known.size is None:
            rows.append((moved.scale - first_scale - jnp.log(moved.stature)) / spread.scale)
        else:
            rows.append((moved.scale - known.size.mean) / known.size.sd)
        return jnp.concatenate([jnp.ravel(row) for row in rows])

    still = jnp.zeros(film.size)
    return residuals(still), jax.jacfwd(residuals)(still)
