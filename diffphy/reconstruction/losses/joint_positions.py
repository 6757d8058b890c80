"""Distance of the joints from the recorded ones."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def joint_positions(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean of `|p - p_observed|^2`, m^2, over frames and joints, by their weights."""
    squared = jnp.sum((motion.pose.position - observed.joint_position) ** 2, axis=-1)
    weight = observed.frame_weight[:, None] * observed.joint_weight[None]
    return jnp.sum(weight * squared) / jnp.sum(weight)
