"""Difference of the ground's force from what the recording's momentum asks for."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def ground_force(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ 3"]:
    """Return the residuals of the mean over frames of `|F - F_observed|^2`, with F the force of all contacts.

    Forces are in body weights. Frames whose force the recording does not tell count as equal. Empty if it tells none.
    """
    if observed.forces is None:
        return jnp.zeros((0, 3), motion.pose.position.dtype)
    error = jnp.sum(motion.effort.contact_force, axis=1) / motion.body_weight - observed.forces.total
    weight = observed.frame_weight * observed.forces.known
    return mean_residual(error, weight, jnp.sum(observed.frame_weight))
