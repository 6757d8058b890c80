"""Angle between the neck's rotation and the recorded one."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def neck_rotation(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean over frames of the squared angle between the head's rotations relative to the thorax, rad^2.

    Joint positions end at the neck, and `joint_rotations` counts it as one joint among all. Without this term the body
    swings its head, a fifteenth of its mass, to keep its balance.
    """
    head = motion.humanoid.body("head")
    error = rotations.difference(observed.rotation[:, head], motion.state.rotation[:, head])
    squared = jnp.sum(error * error, axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
