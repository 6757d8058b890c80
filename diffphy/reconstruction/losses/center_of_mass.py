"""Distance of the centre of mass from the recorded one."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.physics import kinematics
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def observed_center_of_mass(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F 3"]:
    """Return the centre of mass of our body in the recorded poses, m, world axes."""

    def frame(position: Float[Array, "3"], rotation: Float[Array, "B 4"]) -> Float[Array, "3"]:
        return kinematics.center_of_mass(
            motion.humanoid, kinematics.forward_kinematics(motion.humanoid, position, rotation)
        )

    return jax.vmap(frame)(jnp.asarray(observed.position), jnp.asarray(observed.rotation))


def center_of_mass(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F 3"]:
    """Return the residuals of the mean over frames of `|c - c_observed|^2`, m^2, with c the centre of mass."""
    error = motion.center_of_mass - observed_center_of_mass(motion, observed)
    return mean_residual(error, observed.frame_weight)
