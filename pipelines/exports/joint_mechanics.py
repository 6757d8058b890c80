"""What the joints do over time, in the terms of anatomy: angles in each frame, moments and powers between frames."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.body.anatomical_angles import anatomical_angles, anatomical_moments, angle_terms
from diffphy.body.humanoid import ROOT
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

CARRYING_ANGLE = np.deg2rad(20.0)
"""Largest abduction of an elbow, rad. Straight elbows have 10 to 15 degrees as a rule; the limit is our choice."""


@dataclass(frozen=True)
class JointMechanics:
    """The joints of a motion of F frames.

    Attributes:
        joint_names: Names of the joints.
        pelvis: Angles of the pelvis in the world (`angle_terms("pelvis")`), rad.
        angle: Angles of each joint (`angle_terms`), rad.
        moment: Moments about the axes of these angles, N m, means from each frame to the next.
        power: Power of each joint, W, mean from each frame to the next. Positive: the joint gives energy to the body.
    """

    joint_names: tuple[str, ...]
    pelvis: Float[np.ndarray, "F 3"]
    angle: Float[np.ndarray, "F J 3"]
    moment: Float[np.ndarray, "F-1 J 3"]
    power: Float[np.ndarray, "F-1 J"]

    @property
    def doubts(self) -> list[str]:
        """Why angles may not be those of anatomy, one sentence for each elbow."""
        abduction = self.angle[..., angle_terms("left_elbow").index("abduction")]
        worst = {name: np.abs(abduction[:, j]).max() for j, name in enumerate(self.joint_names) if "elbow" in name}
        return [
            f"the angles of {name} are doubtful: its abduction reaches {np.rad2deg(angle):.0f} degrees, so it bends "
            "about another axis than anatomy's; use the angle between the bones"
            for name, angle in worst.items()
            if angle > CARRYING_ANGLE
        ]


def joint_mechanics(motion: ReconstructedMotion) -> JointMechanics:
    """Return what the joints of a motion do.

    Between two frames a joint turns steadily: moments are about its axes half-way, and the power is that of the mean
    torque.
    """
    names = tuple(motion.joint_names.tolist())
    rotation = motion.joint_quat_parent_wxyz.astype(float)
    torque = motion.torque_child_frame_Nm[1:].astype(float)
    start, end = (Rotation.from_quat(each, scalar_first=True) for each in (rotation[:-1], rotation[1:]))
    turn = (start.inv() * end).as_rotvec()
    half_way = (start * Rotation.from_rotvec(0.5 * turn)).as_quat(scalar_first=True)
    root = motion.root_quat_world_wxyz.astype(float)[:, None]
    return JointMechanics(
        names,
        anatomical_angles([ROOT], root)[:, 0],
        anatomical_angles(names, rotation),
        anatomical_moments(names, half_way, torque),
        np.sum(torque * turn, axis=-1) * float(motion.fps_hz),
    )
