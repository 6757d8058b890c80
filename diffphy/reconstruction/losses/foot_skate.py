"""Sliding of feet that touch something."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes

TOUCHING = 0.005  # m: width of the soft decision that a sphere touches


def foot_skate(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean over frames of `sum_spheres touching |v|^2`, (m/s)^2, over the contact spheres of feet and toes.

    `touching = sigmoid(-gap / TOUCHING)`, with the larger gap of the two frames of a difference.
    """
    names = motion.humanoid.body_names
    feet = np.array([names[body].endswith(("_foot", "_toes")) for body in motion.humanoid.contact_body])
    velocity = motion.rate * jnp.diff(motion.contact_point, axis=0)
    touching = jax.nn.sigmoid(-jnp.maximum(motion.gap[1:], motion.gap[:-1]) / TOUCHING)
    return jnp.mean(jnp.sum((feet[None] * touching)[..., None] * velocity**2, axis=(-1, -2)))
