"""Change of the control from frame to frame."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes


def control_smoothness(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean square over frames and joints of the rate of change of the control's offset from the reference, (rad/s)^2.

    All frames count, those beyond the clip's end too: it is what holds the control together there.
    """
    rate = motion.rate * jnp.diff(motion.offset, axis=0)
    return jnp.mean(jnp.sum(rate * rate, axis=-1))
