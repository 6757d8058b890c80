"""Joint torques relative to their limits."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def effort(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean over frames and joints of `|torque|^2 / limit^2`, without unit."""
    share = jnp.sum(motion.effort.torque**2, axis=-1) / jnp.asarray(motion.humanoid.torque_limit)[None] ** 2
    return jnp.mean(share)
