"""Angle between the neck's rotation and the observed one."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def neck_rotation(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames of the squared geodesic distance of the head's rotation relative to the thorax, rad^2.

    Joint positions end at the neck, and `joint_rotations` gives it one share among all joints. That is too little: the
    head, a fifteenth of the body's mass, is swung to keep the balance.
    """
    head = motion.humanoid.body("head")
    error = rotations.difference(observed.rotation[:, head], motion.state.rotation[:, head])
    squared = jnp.sum(error * error, axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
