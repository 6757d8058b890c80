"""Rate of change of the control."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def control_smoothness(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ J 3"]:
    """Return the residuals of the mean over frames and joints of `|d offset / dt|^2`, (rad/s)^2.

    The offset is the control's rotation vector relative to the reference. Frames after the end of the clip count too:
    nothing else constrains the control there.
    """
    rate = motion.rate * jnp.diff(motion.offset, axis=0)
    return rate / math.sqrt(max(rate[..., 0].size, 1))
