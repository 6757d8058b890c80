"""Distance of the root's orientation from the one observed."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def root(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames of the root's squared geodesic distance, rad^2 (its position is one of the joints')."""
    error = rotations.difference(observed.rotation[:, 0], motion.state.rotation[:, 0])
    squared = jnp.sum(error * error, axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
