"""Rate of change of the control."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def control_smoothness(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean over frames and joints of `|d offset / dt|^2`, (rad/s)^2.

    The offset is the control's rotation vector relative to the reference. Frames after the end of the clip count too:
    nothing else constrains the control there.
    """
    rate = motion.rate * jnp.diff(motion.offset, axis=0)
    return jnp.mean(jnp.sum(rate * rate, axis=-1))
