"""Where heel and toe are if no camera shows them: in front of the ankle and behind it, on a sole at right angles."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.body.foot import ANKLE_HEIGHT, HEEL_LENGTH, LENGTH
from diffphy.film.body_points import SOLE_HEIGHT, SOLES, index
from diffphy.film.terms.moment import Moment

_SIDES = ("left", "right")


def feet(moment: Moment) -> tuple[Float[Array, "4 3"], Float[Array, "4"]]:
    """Return the differences of heels and toes from a foot at rest. They count only where no camera sees them."""
    seen = sum(jnp.sum(view.places[:, jnp.array(SOLES)] != 0, axis=0) for view in moment.views)
    rest = feet_at_rest(moment.now, jnp.asarray(moment.film.up), jnp.asarray(moment.film.stature))
    return (moment.now[jnp.array(SOLES)] - rest) / moment.spread.foot, jnp.where(seen > 0, 0.0, 1.0)


def feet_at_rest(
    points: Float[Array, "P 3"], up: Float[Array, "3"], stature: float | Float[Array, ""]
) -> Float[Array, "4 3"]:
    """Return where heels and toes are, m, if the soles lie flat and point ahead: left and right heel, then the toes."""
    across = points[index("left_hip")] - points[index("right_hip")]
    ahead = jnp.cross(across, up)
    ahead = ahead / jnp.sqrt(jnp.sum(ahead**2) + 1e-6)
    ankles = jnp.stack([points[index(f"{side}_ankle")] for side in _SIDES])
    ahead = stature * ahead[None]
    sole = ankles - (ANKLE_HEIGHT * stature - SOLE_HEIGHT) * up[None]
    return jnp.concatenate([sole - HEEL_LENGTH * ahead, sole + (LENGTH - HEEL_LENGTH) * ahead])
