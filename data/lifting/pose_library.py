"""Poses of people that are known: those of the built-in motions, with their mirror images."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float

from data import builtin_clips, formats
from data.resample import resample
from data.rigs import joint_maps

LIBRARY_FPS = 12.0  # rate at which poses are taken from the motions
LEGS_OF_STATURE = 0.491  # thigh and shank over the body height, after Drillis and Contini (1966)

SIDES = ("left", "right")
_LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
MATCHED = tuple(f"{side}_{joint}" for limb in _LIMBS for side in SIDES for joint in limb)
"""Keypoints by which poses are matched."""
LIFTED = ("pelvis", "spine", "neck", "head", *MATCHED)
"""Keypoints that a pose of the library has, and that lifting returns."""
_IN_JOINT_MAP = {"spine": "upper_spine", "head": "head_tip"}  # where a joint map uses another name
BONES_OF_LEG = (("left_hip", "left_knee"), ("left_knee", "left_ankle"))


@dataclass(frozen=True)
class Library:
    """N poses of a person 1 m tall who faces x.

    Attributes:
        positions: Positions of `LIFTED`, Z up, the pelvis at the origin.
    """

    positions: Float[np.ndarray, "N 16 3"]

    def of(self, joint: str) -> Float[np.ndarray, "N 3"]:
        """Return the position of one joint in every pose."""
        return self.positions[:, LIFTED.index(joint)]


@cache
def library() -> Library:
    """Return the poses of all built-in motions."""
    return build_library(tuple(builtin_clips.clip_paths()))


def build_library(names: Sequence[str]) -> Library:
    """Return the poses of the built-in motions with these names."""
    poses = []
    for name in names:
        clip = formats.read(f"builtin:{name}")
        joints = joint_maps.detect(clip)
        clip = resample(clip, LIBRARY_FPS)
        poses.append(clip.positions[:, [clip.joint(joints[_IN_JOINT_MAP.get(joint, joint)]) for joint in LIFTED]])
    positions = np.concatenate(poses)
    positions = positions - positions[:, :1]
    mirror = [LIFTED.index(other_side(joint)) for joint in LIFTED]
    positions = np.concatenate([positions, positions[:, mirror] * [1.0, -1.0, 1.0]])
    across = positions[:, LIFTED.index("left_hip")] - positions[:, LIFTED.index("right_hip")]
    yaw = np.arctan2(-across[:, 0], across[:, 1])
    facing = np.stack([turn_about_vertical(pose, -angle) for pose, angle in zip(positions, yaw, strict=True)])
    legs = sum(np.linalg.norm(facing[0, LIFTED.index(a)] - facing[0, LIFTED.index(b)]) for a, b in BONES_OF_LEG)
    return Library(facing * (LEGS_OF_STATURE / legs))


def other_side(joint: str) -> str:
    """Return the joint on the other side of the body, or the joint itself if it is in the middle."""
    side, _, rest = joint.partition("_")
    return f"{SIDES[1 - SIDES.index(side)]}_{rest}" if side in SIDES else joint


def turn_about_vertical(positions: Float[np.ndarray, "... 3"], yaw: float) -> Float[np.ndarray, "... 3"]:
    """Return positions turned about the vertical z, by an angle from x to y, rad."""
    c, s = np.cos(yaw), np.sin(yaw)
    return positions @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
