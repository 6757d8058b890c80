"""PD control of the ball joints towards target rotations, with torque limits."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.humanoid import Humanoid


class Drive(NamedTuple):
    """Joint torques `torque - resistance w`, affine in the relative angular velocity at the end of the step.

    `torque`: N m, in the child's axes. `resistance`: N m s, the same about every axis of a joint.
    """

    torque: Float[Array, "J 3"]
    resistance: Float[Array, "J"]


def pd_drive(
    humanoid: Humanoid,
    rotation: Float[Array, "B 4"],
    angular_velocity: Float[Array, "B 3"],
    target: Float[Array, "J 4"],
    dt: float,
) -> Drive:
    """Stable PD control (Tan, Liu and Turk, 2011): stiffness and damping act on the state at the end of the step.

    The error is the rotation vector from the joint's rotation to its target, in the child's axes. Where the torque
    that the gains ask for at the start of the step exceeds the joint's limit, both gains shrink together so that its
    size saturates smoothly at the limit, L t / (L^8 + t^8)^(1/8): within half a percent of `t` up to 0.65 L.
    """
    error = rotations.difference(rotation[1:], target)
    resistance = humanoid.kd + dt * humanoid.kp
    asked = humanoid.kp[:, None] * error - resistance[:, None] * angular_velocity[1:]
    ratio = jnp.sum(asked * asked, axis=-1) / humanoid.torque_limit**2
    shrink = (1.0 + ratio**4) ** -0.125
    return Drive((shrink * humanoid.kp)[:, None] * error, shrink * resistance)


def torques(drive: Drive, angular_velocity: Float[Array, "B 3"]) -> Float[Array, "J 3"]:
    """Torque of every joint, N m, in the child's axes, at these angular velocities."""
    return drive.torque - drive.resistance[:, None] * angular_velocity[1:]
