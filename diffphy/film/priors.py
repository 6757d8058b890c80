"""What is known of a film before it is looked at: gravity, height, stature, proportions, lens, detector."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.arrays import AnyArray
from diffphy.film.body_points import BONES
from diffphy.film.compiled import compiled
from diffphy.film.evidence import Known, Spread
from diffphy.film.parameters import Film, across

LASTING = 4.0
"""How much surer the frames seem to be of a fact of the whole film than they are. Our choice: it makes the standard
deviations honest on films with markers. What a detector or our model of a person gets wrong it gets wrong in all
frames, but the fit takes frames for independent. So what is known before counts so much more."""


def prior_residuals(
    film: Film, known: Known, spread: Spread, first_scale: Float[np.ndarray, "V"]
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


@compiled
def _value_and_jacobian(
    film: Film, known: Known, spread: Spread, first_scale: Float[Array, "V"]
) -> tuple[Float[Array, " K"], Float[Array, "K N"]]:
    def residuals(change: Float[Array, "N"]) -> Float[Array, " K"]:
        moved = film.moved(change)
        on_ground = across(film.up)
        rows: list[AnyArray] = [on_ground @ (moved.up - jnp.asarray(each.mean)) / each.sd for each in known.up]
        if known.height is not None:
            rows.append((moved.height - known.height.mean) / known.height.sd)
        rows.append((moved.stature - known.stature.mean) / known.stature.sd)
        spreads = known.proportions * jnp.array([bone.spread for bone in BONES.values()])
        rows.append(moved.proportion / spreads)
        rows.append(moved.zoom / known.zoom)
        rows.append(moved.lean.ravel() / spread.lean)
        if known.size is None:
            rows.append((moved.scale - first_scale - jnp.log(moved.stature)) / spread.scale)
        else:
            rows.append((moved.scale - known.size.mean) / known.size.sd)
        return jnp.concatenate([jnp.ravel(row) for row in rows])

    still = jnp.zeros(film.size)
    return residuals(still), jax.jacfwd(residuals)(still)
