"""The control parameters: what an optimizer changes, their units and their initial values.

A parameter is a rotation vector in a joint's own axes, divided by the joint's unit. The control of a frame is the
reference rotation times the exponential of this vector. In these units all parameters have a similar effect.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid, by_joint
from diffphy.reconstruction.observation import Keyframes

PUSH_UNIT = 0.3  # m/s and rad/s: change of the initial velocity for one unit of parameter

# Movement of the body's joints, m, for one radian of control of one joint: root mean square over axes, joints and the
# frames of a 0.6 s window. Measured by random projections of the Jacobian over walking, spinning and dancing. A spine
# carries half the body; a wrist carries nothing that is observed.
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
_FLOOR = 0.1  # m: added to all, so that units of joints that move little stay within a few times the others


class Parameters(NamedTuple):
    """Everything that an optimizer can change.

    Attributes:
        offset: Rotation vectors of the control relative to the reference, in the joints' axes, rad.
        push: Change of the initial velocity: row 0 is the root's, m/s, row 1 + b the angular velocity of body b, rad/s.
    """

    offset: Float[AnyArray, "F J 3"]
    push: Float[AnyArray, "velocities 3"]


@dataclass(frozen=True)
class ScaledVector:
    """The parameters as one vector, each divided by its unit: what a minimiser sees.

    Attributes:
        unit: Change of each parameter for one unit of its coordinate.
        fixed_push: The push, if it is not part of the vector.
    """

    unit: Parameters
    fixed_push: Float[np.ndarray, "velocities 3"] | None

    def pack(self, parameters: Parameters) -> Float[np.ndarray, "N"]:
        """Return the vector of these parameters."""
        return self._join(*(np.ravel(value / unit) for value, unit in zip(parameters, self.unit, strict=True)))

    def unpack(self, x: Float[np.ndarray, "N"]) -> Parameters:
        """Return the parameters of this vector."""
        unit, size = self.unit, np.size(self.unit.offset)
        push = self.fixed_push if self.fixed_push is not None else unit.push * x[size:].reshape(unit.push.shape)
        return Parameters(unit.offset * x[:size].reshape(unit.offset.shape), push)

    def pack_gradient(self, gradient: Parameters) -> Float[np.ndarray, "N"]:
        """Return the gradient with respect to the vector from the gradient with respect to the parameters."""
        return self._join(*(np.ravel(unit * np.asarray(each)) for unit, each in zip(self.unit, gradient, strict=True)))

    def _join(self, offset: Float[np.ndarray, "O"], push: Float[np.ndarray, "P"]) -> Float[np.ndarray, "N"]:
        return offset if self.fixed_push is not None else np.concatenate([offset, push])


def scaled_vector(humanoid: Humanoid, guess: Parameters, *, start_moves: bool) -> ScaledVector:
    """Return the vector form of parameters of this shape. The push is part of it only if `start_moves`."""
    offset, push = map(np.asarray, guess)
    unit = Parameters(
        np.broadcast_to(units(humanoid), offset.shape).astype(offset.dtype),
        np.full(push.shape, PUSH_UNIT, offset.dtype),
    )
    return ScaledVector(unit, None if start_moves else push)


def units(humanoid: Humanoid) -> Float[np.ndarray, "J 1"]:
    """Return the radians of control for one unit of parameter, for each joint."""
    sensitivity = np.array(by_joint(_SENSITIVITY, humanoid.joint_names))
    return ((_SENSITIVITY["hip"] + _FLOOR) / (sensitivity + _FLOOR))[:, None]


def lead(humanoid: Humanoid, observed: Keyframes, rate: float) -> Float[np.ndarray, "F J 3"]:
    """Return how far the targets run ahead of the reference, as rotation vectors, rad.

    The drive's torque is `kp error - kd w`. A joint that turns at w keeps turning if its error is `kd / kp w`. Without
    this lead, damping makes the joints lag.
    """
    rotation = np.concatenate([observed.rotation, observed.rotation[-1:]])
    velocity = rate * np.asarray(rotations.difference(rotation[:-1, 1:], rotation[1:, 1:]))
    return np.asarray(humanoid.kd / humanoid.kp)[:, None] * velocity
