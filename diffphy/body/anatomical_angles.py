"""The angles of the joints in the terms of anatomy, after the recommendations of the International Society of
Biomechanics (ISB): Wu et al. (2002) for hip, knee, ankle and spine, Wu et al. (2005) for the arm.

Each joint turns about three axes, one after the other: the first is fixed to the parent, the last to the child. The
zero pose is the anatomical one, but for three things. Arms hang in it with the thumbs forward, so pronation counts from
there, and not from the palms forward. Which way a palm and an elbow point in the T-pose is the recording's convention,
which the rotations of the arm inherit. Toes and the parts of the spine follow the same rules; ISB does not name them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import ROOT, split_side


class _Joint(NamedTuple):
    """How the angles of a joint are taken, in our axes: x forward, y left, z up. For pairs, the left one's.

    Attributes:
        axes: The axes of the turns, in order.
        terms: What each turn is called, for its positive sense.
        signs: Sense of each turn about its axis.
        rest: Rotation vector from the anatomical pose of the bone to the T-pose, rad.
    """

    axes: str
    terms: tuple[str, str, str]
    signs: tuple[int, int, int]
    rest: tuple[float, float, float] = (0.0, 0.0, 0.0)


_SPINE = _Joint("YXZ", ("flexion", "right_bending", "left_rotation"), (1, 1, 1))
_JOINTS = {
    ROOT: _Joint("YXZ", ("tilt", "list", "rotation"), (-1, 1, 1)),  # as in OpenSim: tilt is positive backwards
    "lower_spine": _SPINE,
    "upper_spine": _SPINE,
    "neck": _SPINE,
    "clavicle": _Joint("ZXY", ("protraction", "elevation", "backward_rotation"), (-1, 1, -1)),
    "shoulder": _Joint("ZXZ", ("elevation_plane", "elevation", "internal_rotation"), (-1, 1, -1), (np.pi / 2, 0, 0)),
    "elbow": _Joint("ZXY", ("flexion", "abduction", "pronation"), (-1, 1, 1)),
    "wrist": _Joint("XZY", ("flexion", "ulnar_deviation", "pronation"), (-1, 1, 1)),
    "hip": _Joint("YXZ", ("flexion", "adduction", "internal_rotation"), (-1, -1, -1)),
    "knee": _Joint("YXZ", ("flexion", "adduction", "internal_rotation"), (1, -1, -1)),
    "ankle": _Joint("YXZ", ("dorsiflexion", "inversion", "internal_rotation"), (-1, -1, -1)),
    "toe": _Joint("YXZ", ("extension", "inversion", "internal_rotation"), (-1, -1, -1)),
}
_MIRROR = np.array([-1.0, 1.0, -1.0])  # of rotation vectors and torques, in the plane y = 0


def angle_terms(joint: str) -> tuple[str, str, str]:
    """Return what the three angles of a joint, or of the root in the world, are called."""
    return _JOINTS[split_side(joint)[1]].terms


def anatomical_angles(joint_names: Sequence[str], rotation: Float[np.ndarray, "F J 4"]) -> Float[np.ndarray, "F J 3"]:
    """Return the angles of joints over time, rad, continuous.

    The plane and the internal rotation of a shoulder are not defined while the arm hangs straight down, and the first
    and the last angle of the others not at 90 degrees of the second.

    Args:
        joint_names: Joints, or the root ("pelvis").
        rotation: Rotation of each relative to its parent, wxyz.
    """
    angles = np.stack([_angles(name, rotation[:, index]) for index, name in enumerate(joint_names)], axis=1)
    return np.unwrap(angles, axis=0)


def anatomical_moments(
    joint_names: Sequence[str], rotation: Float[np.ndarray, "F J 4"], torque: Float[np.ndarray, "F J 3"]
) -> Float[np.ndarray, "F J 3"]:
    """Return the moment of each torque about the axis of each angle, N m.

    Moments times the rates of their angles add up to the power of the joint.

    Args:
        joint_names: Joints.
        rotation: Rotation of each relative to its parent, wxyz.
        torque: Torque on each child, in the child's axes, N m.
    """
    return np.stack(
        [_moments(name, rotation[:, index], torque[:, index]) for index, name in enumerate(joint_names)], axis=1
    )


def _angles(name: str, rotation: Float[np.ndarray, "F 4"]) -> Float[np.ndarray, "F 3"]:
    joint = _JOINTS[split_side(name)[1]]
    return np.array(joint.signs) * _as_left(name, rotation).as_euler(joint.axes, suppress_warnings=True)


def _moments(
    name: str, rotation: Float[np.ndarray, "F 4"], torque: Float[np.ndarray, "F 3"]
) -> Float[np.ndarray, "F 3"]:
    joint = _JOINTS[split_side(name)[1]]
    mirror = _MIRROR if split_side(name)[0] == "right" else 1.0
    on_bone = Rotation.from_rotvec(joint.rest).inv().apply(mirror * torque)
    turned = _as_left(name, rotation).as_euler(joint.axes, suppress_warnings=True)
    first, second, third = (np.eye(3)["XYZ".index(axis)] for axis in joint.axes)
    turn_2, turn_3 = Rotation.from_rotvec(turned[:, 1:2] * second), Rotation.from_rotvec(turned[:, 2:] * third)
    axes = ((turn_2 * turn_3).inv().apply(first), turn_3.inv().apply(second), third)
    return np.array(joint.signs) * np.stack([np.sum(on_bone * axis, axis=-1) for axis in axes], axis=-1)


def _as_left(name: str, rotation: Float[np.ndarray, "F 4"]) -> Rotation:
    """Return the rotation of the bone from its anatomical pose, mirrored if the joint is a right one."""
    mirror = _MIRROR if split_side(name)[0] == "right" else np.ones(3)
    wxyz = rotation * np.concatenate([[1.0], mirror])
    return Rotation.from_quat(wxyz, scalar_first=True) * Rotation.from_rotvec(_JOINTS[split_side(name)[1]].rest)
