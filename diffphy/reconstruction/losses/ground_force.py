"""Difference of the ground's force from what the recording's momentum asks for."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def ground_force(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean over frames of `|F - F_observed|^2`, with F the force of all contacts in body weights.

    Frames whose force the recording does not tell count as equal. 0 if it tells none.
    """
    if observed.forces is None:
        return jnp.zeros((), motion.pose.position.dtype)
    error = jnp.sum(motion.effort.contact_force, axis=1) / motion.body_weight - observed.forces.total
    squared = observed.forces.known * jnp.sum(error * error, axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
