"""Joint torques, as shares of what the joints can do."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def effort(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames and joints of the squared torque over the squared torque limit."""
    share = jnp.sum(motion.effort.torque**2, axis=-1) / jnp.asarray(motion.humanoid.torque_limit)[None] ** 2
    return jnp.mean(share)
