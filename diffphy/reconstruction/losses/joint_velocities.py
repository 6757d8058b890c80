"""Difference of the joints' velocities from those observed: holds jitter down."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def joint_velocities(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames and observed joints of the squared velocity error, (m/s)^2, by differences of frames."""
    error = motion.pose.position - observed.joint_position
    squared = jnp.sum((motion.rate * jnp.diff(error, axis=0)) ** 2, axis=-1)
    weight = observed.frame_weight[1:, None] * observed.joint_weight[None]
    return jnp.sum(weight * squared) / jnp.maximum(jnp.sum(weight), 1.0)
