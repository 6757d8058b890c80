"""Difference of each foot's load from its share of the recording's."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes

SIDES = ("left", "right")


def foot_load(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ 2"]:
    """Return the residuals of the mean over frames of `sum_feet (Fz - Fz_observed)^2`.

    Fz is a foot's vertical force in body weights. Frames whose force the recording does not tell count as equal, and so
    do frames in which the feet are above the floor: in flight, `ground_force` asks for none. Empty if it tells none.
    """
    if observed.forces is None:
        return jnp.zeros((0, 2), motion.pose.position.dtype)
    names = [motion.humanoid.body_names[body] for body in motion.humanoid.contact_body]
    feet = np.array([[name in (f"{side}_foot", f"{side}_toes") for side in SIDES] for name in names], float)
    vertical = motion.effort.contact_force[..., 2]
    error = vertical @ jnp.asarray(feet, vertical.dtype) / motion.body_weight - observed.forces.foot
    weight = observed.frame_weight * observed.forces.foot_known
    return mean_residual(error, weight, jnp.sum(observed.frame_weight))
