"""PD control of the ball joints towards target rotations, with torque limits."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid


class Drive(NamedTuple):
    """What each joint's motor asks for, `torque - resistance w` with the relative angular velocity `w` at the end of
    the step, and the most that it gives.

    `torque`: N m, in the child's axes. `resistance`: N m s, the same about every axis of a joint. `limit`: N m.
    """

    torque: Float[Array, "J 3"]
    resistance: Float[Array, "J"]
    limit: Float[Array, "J"]


def pd_drive(humanoid: Humanoid, rotation: Float[Array, "B 4"], target: Float[Array, "J 4"], dt: float) -> Drive:
    """Stable PD control (Tan, Liu and Turk, 2011): stiffness and damping act on the state at the end of the step.

    The error is the rotation vector from the joint's rotation to its target, in the child's axes.
    """
    error = rotations.difference(rotation[1:], target)
    kp, kd, limit = (jnp.asarray(gain) for gain in (humanoid.kp, humanoid.kd, humanoid.torque_limit))
    return Drive(kp[:, None] * error, kd + dt * kp, limit)


def torques(drive: Drive, angular_velocity: Float[Array, "B 3"]) -> Float[Array, "J 3"]:
    """Torque of every joint, N m, in the child's axes, at these angular velocities.

    What the motor asks for, its size t saturated smoothly at the limit L: L t / (L^8 + t^8)^(1/8), within half a
    percent of t up to 0.65 L.
    """
    asked, ratio = _asked(drive, angular_velocity)
    return ((1.0 + ratio**4) ** -0.125)[:, None] * asked


def resistance(
    drive: Drive, angular_velocity: Float[Array, "B 3"], saturation: float | Float[Array, ""] = 1.0
) -> Float[Array, "J 3 3"]:
    """How fast the torque falls with the angular velocity, N m s, symmetric and positive definite.

    Without `saturation` (0), that of gains which have shrunk as the torque is saturated: larger.
    """
    asked, ratio = _asked(drive, angular_velocity)
    shrink = (1.0 + ratio**4) ** -0.125
    fall = saturation * ratio**3 * (1.0 + ratio**4) ** -1.125 / drive.limit**2
    slope = shrink[:, None, None] * jnp.eye(3, dtype=asked.dtype)[None]
    slope = slope - fall[:, None, None] * asked[:, :, None] * asked[:, None, :]
    return drive.resistance[:, None, None] * slope


def _asked(drive: Drive, angular_velocity: Float[Array, "B 3"]) -> tuple[Float[Array, "J 3"], Float[Array, "J"]]:
    """What the gains ask for, N m, and its square over the limit's."""
    asked = drive.torque - drive.resistance[:, None] * angular_velocity[1:]
    return asked, jnp.sum(asked * asked, axis=-1) / drive.limit**2
