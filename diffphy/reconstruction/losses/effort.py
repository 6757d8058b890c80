"""Joint torques relative to their limits."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def effort(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F J 3"]:
    """Return the residuals of the mean over frames and joints of `|torque|^2 / limit^2`, without unit."""
    share = motion.effort.torque / jnp.asarray(motion.humanoid.torque_limit)[None, :, None]
    return share / math.sqrt(share[..., 0].size)
