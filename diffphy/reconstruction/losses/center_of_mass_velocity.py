"""Difference of the centre of mass's velocity from the recorded one."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.center_of_mass import observed_center_of_mass
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def center_of_mass_velocity(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ 3"]:
    """Return the residuals of the mean over frames of `|v - v_observed|^2`, (m/s)^2.

    The velocities v of the centre of mass are differences of adjacent frames.
    """
    error = jnp.diff(motion.center_of_mass - observed_center_of_mass(motion, observed), axis=0)
    weight = observed.frame_weight[1:]
    return mean_residual(motion.rate * error, weight, jnp.maximum(jnp.sum(weight), 1.0))
