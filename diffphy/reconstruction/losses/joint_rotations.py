"""Angle between the joints' rotations and those observed."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def joint_rotations(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames and joints of the squared geodesic distance of the relative rotations, rad^2."""
    error = rotations.difference(observed.rotation[:, 1:], motion.state.rotation[:, 1:])
    squared = jnp.mean(jnp.sum(error * error, axis=-1), axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
