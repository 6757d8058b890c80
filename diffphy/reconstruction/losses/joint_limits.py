"""Joints beyond what a person can do."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.body import joint_limits as anatomy
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes

_LIMITS = anatomy.joint_limits()


def joint_limits(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Sum over joints of the squared angles beyond their anatomical ranges, rad^2, mean over frames."""
    beyond = anatomy.excess(_LIMITS, motion.state.rotation[:, 1:])
    return jnp.mean(jnp.sum(beyond**2, axis=(-1, -2)))
