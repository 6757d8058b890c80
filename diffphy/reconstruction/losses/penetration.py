"""Depth of the body inside the scene."""

import math

import jax
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes

TOLERATED = 0.003  # m: depth to which compliant contact sinks under the body's weight


def penetration(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F C"]:
    """Return the residuals of the sum over contact spheres of `max(depth - TOLERATED, 0)^2`, m^2, mean over frames."""
    depth = jax.nn.relu(-motion.gap - TOLERATED)
    return depth / math.sqrt(len(depth))
