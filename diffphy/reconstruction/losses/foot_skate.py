"""Sliding of feet that touch something."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes

TOUCHING = 0.005  # m: width of the soft decision that a sphere touches


def foot_skate(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ C 3"]:
    """Return the residuals of the mean over frames of `sum_spheres touching |v|^2`, (m/s)^2.

    The sum is over the contact spheres of feet and toes. `touching = sigmoid(-gap / TOUCHING)`, with the larger gap of
    the two frames of a difference.
    """
    names = motion.humanoid.body_names
    feet = np.array([names[body].endswith(("_foot", "_toes")) for body in motion.humanoid.contact_body])
    velocity = motion.rate * jnp.diff(motion.contact_point, axis=0)
    gap = jnp.maximum(motion.gap[1:], motion.gap[:-1])
    # The square root of the sigmoid. By its logarithm, because a root's derivative is infinite at 0.
    touching = jnp.exp(jax.nn.log_sigmoid(-gap / TOUCHING) / 2)
    return (jnp.asarray(feet, gap.dtype)[None] * touching)[..., None] * velocity / math.sqrt(max(len(velocity), 1))
