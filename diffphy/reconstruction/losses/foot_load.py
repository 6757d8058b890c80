"""Difference of each foot's load from its share of the recording's."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes

SIDES = ("left", "right")


def foot_load(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean over frames of `sum_feet (Fz - Fz_observed)^2`, with Fz a foot's vertical force in body weights.

    Frames whose force the recording does not tell count as equal. 0 if it tells none.
    """
    if observed.forces is None:
        return jnp.zeros((), motion.pose.position.dtype)
    names = [motion.humanoid.body_names[body] for body in motion.humanoid.contact_body]
    feet = np.array([[name in (f"{side}_foot", f"{side}_toes") for side in SIDES] for name in names], float)
    vertical = motion.effort.contact_force[..., 2]
    error = vertical @ jnp.asarray(feet, vertical.dtype) / motion.body_weight - observed.forces.foot
    squared = observed.forces.known * jnp.sum(error * error, axis=-1)
    return jnp.sum(observed.frame_weight * squared) / jnp.sum(observed.frame_weight)
