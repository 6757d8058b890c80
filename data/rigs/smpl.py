"""The joints of the SMPL family of body models: SMPL, SMPL-H and SMPL-X. The user brings the model file.

The first 22 joints are common to all models. Fingers, jaw and eyes come after them and do not move our body. A model
stands in a T-pose, Y up, facing +z, m.

Sources: Loper et al., SMPL: a skinned multi-person linear model, 2015; Romero et al., Embodied hands, 2017 (SMPL-H);
Pavlakos et al., Expressive body capture, 2019 (SMPL-X).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.rotations import to_wxyz
from data.skeleton import Skeleton

JOINTS: tuple[str, ...] = (
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle"),
    *("spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
)
PARENTS: tuple[int, ...] = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
_X, _Y, _Z = range(3)


@dataclass(frozen=True)
class BodyModel:
    """The parts of a model from which the joints and the skin follow.

    Attributes:
        regressor: (22, V) Joint positions from vertex positions.
        template: (V, 3) Vertices of the mean body, m.
        shapes: (V, 3, S) Displacement of the vertices per unit of each of S shape parameters, m.
    """

    regressor: Float[np.ndarray, "22 V"]
    template: Float[np.ndarray, "V 3"]
    shapes: Float[np.ndarray, "V 3 S"]

    def person(self, betas: Float[np.ndarray, "B"]) -> tuple[Skeleton, float]:
        """Return the skeleton of a person with these shape parameters, and how far the soles are below the ankles, m.

        The skeleton has the 22 joints, and ends at the crown, the fingers and the toes, where the skin ends. Parameters
        that the model lacks are ignored. Parameters that are not given are zero.
        """
        used = min(len(betas), self.shapes.shape[-1])
        skin = self.template + self.shapes[..., :used] @ betas[:used]
        joints = self.regressor @ skin
        names, parents, places = list(JOINTS), list(PARENTS), list(joints)
        for joint, end in _ends(joints, skin).items():
            names.append(f"{joint}_end")
            parents.append(JOINTS.index(joint))
            places.append(end)
        offsets = [
            place - (places[parent] if parent >= 0 else 0.0) for place, parent in zip(places, parents, strict=True)
        ]
        ankles = [joints[JOINTS.index(f"{side}_ankle"), _Y] for side in ("left", "right")]
        return Skeleton(tuple(names), tuple(parents), np.array(offsets)), float(np.mean(ankles) - skin[:, _Y].min())


def motion(
    skeleton: Skeleton, poses: Float[np.ndarray, "T 22 3"], translation: Float[np.ndarray, "T 3"]
) -> tuple[Float[np.ndarray, "T J 3"], Float[np.ndarray, "T J 4"]]:
    """Return world positions, m, and orientations, wxyz, of a skeleton's joints.

    Args:
        skeleton: As `BodyModel.person` returns it.
        poses: Rotation vectors of the joints relative to their parents, rad.
        translation: Translation of the body, m. The body turns about the pelvis.
    """
    turns = np.tile([1.0, 0.0, 0.0, 0.0], (len(poses), len(skeleton.joint_names), 1))
    turns[:, : len(JOINTS)] = to_wxyz(Rotation.from_rotvec(poses.reshape(-1, 3))).reshape(len(poses), -1, 4)
    places = np.tile(skeleton.offsets, (len(poses), 1, 1))
    places[:, 0] += translation
    return skeleton.forward_kinematics(places, turns)


def _ends(joints: Float[np.ndarray, "22 3"], skin: Float[np.ndarray, "V 3"]) -> dict[str, Float[np.ndarray, "3"]]:
    """Return, by joint, the extreme point of the skin beyond it."""
    at = dict(zip(JOINTS, joints, strict=True))
    ends = {"head": skin[skin[:, _Y].argmax()]}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ends[f"{side}_wrist"] = skin[(sign * skin[:, _X]).argmax()]
        of_foot = skin[(skin[:, _Y] < at[f"{side}_ankle"][_Y]) & (sign * skin[:, _X] > 0)]
        if len(of_foot):
            ends[f"{side}_foot"] = of_foot[of_foot[:, _Z].argmax()]
    return ends
