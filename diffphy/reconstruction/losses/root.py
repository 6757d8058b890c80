"""Angle between the root's orientation and the recorded one."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def root(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean over frames of the squared angle between the root's orientations, rad^2.

    The root's position is part of `joint_positions`.
    """
    error = rotations.difference(observed.rotation[:, 0], motion.state.rotation[:, 0])
    squared = jnp.sum(error * error, axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
