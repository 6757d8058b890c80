"""PD control of the ball joints towards target rotations, with torque limits."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid


class Drive(NamedTuple):
    """What the motor of each joint demands, and the most that it gives.

    It demands `torque - damping w`, with the relative angular velocity w at the end of the step.

    Attributes:
        torque: Torque at w = 0, N m, in the child's axes.
        damping: N m s, the same about every axis of a joint.
        limit: Greatest torque, N m.
    """

    torque: Float[Array, "J 3"]
    damping: Float[Array, "J"]
    limit: Float[Array, "J"]


def pd_drive(humanoid: Humanoid, rotation: Float[Array, "B 4"], target: Float[Array, "J 4"], dt: float) -> Drive:
    """Return the stable PD drive of every joint (Tan, Liu and Turk, 2011).

    Stiffness and damping act on the state at the end of the step. The error is the rotation vector from the joint's
    rotation to its target, in the child's axes.

    Args:
        humanoid: The body with its gains and torque limits.
        rotation: Rotations at the start of the step, wxyz.
        target: Rotations to drive the joints to, wxyz.
        dt: Length of the step, s.
    """
    error = rotations.difference(rotation[1:], target)
    kp, kd, limit = (jnp.asarray(gain) for gain in (humanoid.kp, humanoid.kd, humanoid.torque_limit))
    return Drive(kp[:, None] * error, kd + dt * kp, limit)


def torques(drive: Drive, angular_velocity: Float[Array, "B 3"]) -> Float[Array, "J 3"]:
    """Return the torque of every joint, N m, in the child's axes, at these angular velocities, rad/s.

    A demand of size t is saturated smoothly at the limit L: L t / (L^8 + t^8)^(1/8). This differs from t by less than
    half a percent up to 0.65 L.
    """
    demand, ratio = _demand(drive, angular_velocity)
    return ((1.0 + ratio**4) ** -0.125)[:, None] * demand


def resistance(
    drive: Drive, angular_velocity: Float[Array, "B 3"], saturation: float | Float[Array, ""] = 1.0
) -> Float[Array, "J 3 3"]:
    """Return how fast the torque falls with the angular velocity, N m s: symmetric and positive definite.

    Args:
        drive: The drive of the joints.
        angular_velocity: Angular velocities at the end of the step, rad/s.
        saturation: With 1, the result is minus the exact Jacobian of `torques`. With 0, it is the resistance of gains
            that have shrunk by the same factor as the torque, which is larger.
    """
    demand, ratio = _demand(drive, angular_velocity)
    shrink = (1.0 + ratio**4) ** -0.125
    fall = saturation * ratio**3 * (1.0 + ratio**4) ** -1.125 / drive.limit**2
    share = shrink[:, None, None] * jnp.eye(3, dtype=demand.dtype)[None]
    share = share - fall[:, None, None] * demand[:, :, None] * demand[:, None, :]
    return drive.damping[:, None, None] * share


def _demand(drive: Drive, angular_velocity: Float[Array, "B 3"]) -> tuple[Float[Array, "J 3"], Float[Array, "J"]]:
    """Return the torque that the gains demand, N m, and its square over the square of the limit."""
    demand = drive.torque - drive.damping[:, None] * angular_velocity[1:]
    return demand, jnp.sum(demand * demand, axis=-1) / drive.limit**2
