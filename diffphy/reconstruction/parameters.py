"""The control parameters: what an optimizer moves, in units in which every coordinate matters alike.

A parameter is a rotation vector about a joint's own axes, divided by the joint's unit; the control of a frame is the
reference rotation times its exponential.
"""

import numpy as np
from jaxtyping import Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.reconstruction.observation import Keyframes

# How far, m, the joints of the body move for a radian of control of one joint: root mean square over axes, frames of a
# 0.6 s window and joints, measured by random projections of the Jacobian over walking, spinning and dancing. A spine
# carries half the body, a wrist nothing that is observed.
_SENSITIVITY = {
    "lower_spine": 0.25,
    "upper_spine": 0.22,
    "neck": 0.02,
    "clavicle": 0.13,
    "shoulder": 0.12,
    "elbow": 0.05,
    "wrist": 0.0,
    "hip": 0.24,
    "knee": 0.17,
    "ankle": 0.13,
    "toe": 0.03,
}
_FLOOR = 0.1  # m: keeps the units of joints that move little within a factor of a few of the others'


def units(humanoid: Humanoid) -> Float[np.ndarray, "J 1"]:
    """Radians of control a unit of parameter, by joint."""
    kinds = [name.removeprefix("left_").removeprefix("right_") for name in humanoid.joint_names]
    sensitivity = np.array([_SENSITIVITY[kind] for kind in kinds])
    return ((_SENSITIVITY["hip"] + _FLOOR) / (sensitivity + _FLOOR))[:, None]


def lead(humanoid: Humanoid, observed: Keyframes, rate: float) -> Float[np.ndarray, "F J 3"]:
    """Rotation vectors, rad, by which targets run ahead of the reference so that damping does not make joints lag.

    A joint that turns at w under the torque `kp error - kd w` keeps turning if its error is kd / kp w.
    """
    rotation = np.concatenate([observed.rotation, observed.rotation[-1:]])
    velocity = rate * np.asarray(rotations.difference(rotation[:-1, 1:], rotation[1:, 1:]))
    return np.asarray(humanoid.kd / humanoid.kp)[:, None] * velocity
