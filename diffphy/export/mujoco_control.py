"""Our PD control and states as MuJoCo's actuators, `qpos`, `qvel` and `ctrl`.

Each ball joint has three position actuators, about the axes of the child. The length of an actuator is the part of the
joint's rotation vector along its axis, and its torque is kp (ctrl - length) - kd (angular velocity), within the limit.
Ours is kp times the rotation vector from the joint to its target, less the same damping. The two agree where `ctrl` is
the joint's rotation vector plus that difference, as `to_ctrl` makes it, and nearly so around. Our limit holds for the
length of the torque, MuJoCo's for each axis.

Our step is stable because it solves for the velocity at its end. MuJoCo does so only for an actuator below its limit,
and explodes at our step once light bodies reach theirs. Its model has an eighth of our step.
Source: MuJoCo documentation, XML Reference, actuator; Computation, numerical integration.
"""

from xml.etree.ElementTree import Element, SubElement

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Humanoid
from diffphy.export.xml_text import numbers

STEPS = 8
"""Steps of MuJoCo in one of ours."""


def add_control(root: Element, humanoid: Humanoid) -> None:
    """Add the gains and torque limits of the PD control to a model, as actuators."""
    actuators = SubElement(root, "actuator")
    gains = zip(humanoid.joint_names, humanoid.kp, humanoid.kd, humanoid.torque_limit, strict=True)
    for joint, kp, kd, limit in gains:
        for axis, gear in zip("xyz", np.eye(3, 6), strict=True):
            SubElement(
                actuators,
                "position",
                name=f"{joint}_{axis}",
                joint=joint,
                gear=numbers(gear),
                kp=numbers(kp),
                kv=numbers(kd),
                forcerange=numbers(np.array([-limit, limit])),
            )


def to_qpos(position: Float[np.ndarray, "*T 3"], rotation: Float[np.ndarray, "*T B 4"]) -> Float[np.ndarray, "*T Q"]:
    """Return MuJoCo's generalized positions.

    Args:
        position: Position of the root in the world, m.
        rotation: Rotation of each body relative to its parent, the root's in the world, wxyz.
    """
    return np.concatenate([position, rotation.reshape(*position.shape[:-1], -1)], axis=-1)


def to_qvel(
    velocity: Float[np.ndarray, "*T 3"], angular_velocity: Float[np.ndarray, "*T B 3"]
) -> Float[np.ndarray, "*T N"]:
    """Return MuJoCo's generalized velocities, in the order of ours.

    Args:
        velocity: Velocity of the root in the world, m/s.
        angular_velocity: Of each body relative to its parent, in its own axes, rad/s.
    """
    return np.concatenate([velocity, angular_velocity.reshape(*velocity.shape[:-1], -1)], axis=-1)


def to_ctrl(rotation: Float[np.ndarray, "*T J 4"], target: Float[np.ndarray, "*T J 4"]) -> Float[np.ndarray, "*T U"]:
    """Return the controls of the actuators that give our torques at these rotations.

    Args:
        rotation: Rotation of each joint, wxyz.
        target: Rotation that the PD control drives it to, wxyz.
    """
    now, wanted = (Rotation.from_quat(q.reshape(-1, 4), scalar_first=True) for q in (rotation, target))
    vector = now.as_rotvec() + (now.inv() * wanted).as_rotvec()
    return vector.reshape(*rotation.shape[:-2], -1)
