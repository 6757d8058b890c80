"""Angle between the joint rotations and the recorded ones."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def joint_rotations(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F J 3"]:
    """Return the residuals of the mean over frames and joints of the squared angle between the rotations, rad^2.

    The rotations are relative to the parent. The angle is the geodesic distance `|log(q_observed^-1 q)|`.
    """
    error = rotations.difference(observed.rotation[:, 1:], motion.state.rotation[:, 1:])
    weight = jnp.broadcast_to(jnp.asarray(observed.frame_weight)[:, None], error.shape[:2])
    return mean_residual(error, weight)
