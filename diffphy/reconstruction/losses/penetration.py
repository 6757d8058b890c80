"""Depth of the bodies in the scene."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes

TOLERATED = 0.003  # m: how far compliant contact sinks under the body's own weight


def penetration(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Sum over contact spheres of the squared depth beyond 3 mm, m^2, mean over frames."""
    depth = jax.nn.relu(-motion.gap - TOLERATED)
    return jnp.mean(jnp.sum(depth * depth, axis=-1))
