"""Sliding of the feet that were seen to stand."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def stance(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames of the squared speed, (m/s)^2, of the contact points that were seen to stand, by how sure it is.

    Unlike `foot_skate` it also moves a foot to the ground that comes too late. 0 where nobody saw what stands.
    """
    if observed.standing is None:
        return jnp.zeros((), motion.pose.position.dtype)
    standing = jnp.asarray(observed.standing) * observed.frame_weight[:, None]
    velocity = motion.rate * jnp.diff(motion.contact_point, axis=0)
    both = jnp.minimum(standing[1:], standing[:-1])
    return jnp.mean(jnp.sum(both[..., None] * velocity**2, axis=(-1, -2)))
