"""Difference of the joint velocities from the recorded ones. It keeps jitter low."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def joint_velocities(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ B 3"]:
    """Return the residuals of the mean of `|v - v_observed|^2`, (m/s)^2, over frames and joints, by their weights.

    The velocities v are differences of adjacent frames.
    """
    error = motion.pose.position - observed.joint_position
    weight = observed.frame_weight[1:, None] * observed.joint_weight[None]
    return mean_residual(motion.rate * jnp.diff(error, axis=0), weight, jnp.maximum(jnp.sum(weight), 1.0))
