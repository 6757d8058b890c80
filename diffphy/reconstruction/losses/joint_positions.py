"""Distance of the joints from where they were observed."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def joint_positions(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames and observed joints of the squared distance, m^2."""
    squared = jnp.sum((motion.pose.position - observed.joint_position) ** 2, axis=-1)
    weight = observed.frame_weight[:, None] * observed.joint_weight[None]
    return jnp.sum(weight * squared) / jnp.sum(weight)
