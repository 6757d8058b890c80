"""Sliding of contact points that stand in the recording."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def stance(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ C 3"]:
    """Return the residuals of the mean over frames of `sum_points standing |v|^2`, (m/s)^2, over the contact points.

    `standing` is 0 to 1, the smaller value of the two frames of a difference. Unlike `foot_skate`, this term also moves
    a foot to the ground if it comes too late. Empty if `observed.standing` is unknown.
    """
    if observed.standing is None:
        return jnp.zeros((0, *motion.contact_point.shape[1:]), motion.pose.position.dtype)
    standing = jnp.asarray(observed.standing) * observed.frame_weight[:, None]
    velocity = motion.rate * jnp.diff(motion.contact_point, axis=0)
    both = jnp.minimum(standing[1:], standing[:-1])
    return mean_residual(velocity, both, float(max(len(velocity), 1)))
