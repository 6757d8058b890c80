"""A state to start a simulation from: a body that stands on level ground."""

import jax.numpy as jnp
import numpy as np

from diffphy import rotations
from diffphy.arrays import Scalar
from diffphy.body.humanoid import Humanoid
from diffphy.physics.kinematics import contact_points, forward_kinematics
from diffphy.physics.simulate import State

ARMS_DOWN = np.deg2rad(80.0)  # from the T-pose: the hands hang beside the hips without touching them


def standing_state(humanoid: Humanoid, height: Scalar = 0.0) -> State:
    """Return a body at rest that stands upright on level ground, its arms hanging and its soles just touching.

    Constant targets do not hold it up for long: ankles are softer than the pull of gravity.

    Args:
        humanoid: The body. Without arms it is in its zero pose.
        height: Height of the ground, m.
    """
    vector = np.zeros((humanoid.bodies, 3))
    for body, sense in (("left_upper_arm", -1.0), ("right_upper_arm", 1.0)):
        if body in humanoid.body_names:
            vector[humanoid.body(body), 0] = sense * ARMS_DOWN
    rotation = rotations.exp(jnp.asarray(vector, float))
    pose = forward_kinematics(humanoid, jnp.zeros(3), rotation)
    lowest = jnp.min(contact_points(humanoid, pose)[:, 2] - humanoid.contact_radius)
    position = jnp.zeros(3).at[2].set(height - lowest)
    return State(position, rotation, jnp.zeros(3), jnp.zeros((humanoid.bodies, 3)))
