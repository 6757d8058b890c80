"""Angle between the head and where it was observed to be turned."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.losses.motion import Motion
from diffphy.observation import Keyframes


def head_rotation(motion: Motion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames of the squared geodesic distance of the neck's rotation, rad^2.

    Joint positions end at the neck: without this the head, a twelfth of the body's mass, is swung to keep the balance.
    """
    head = motion.humanoid.body("head")
    error = rotations.difference(observed.rotation[:, head], motion.state.rotation[:, head])
    squared = jnp.sum(error * error, axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
