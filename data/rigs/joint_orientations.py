"""Rotations of a skeleton from the positions of its joints, for recordings that have nothing else.

The two bones of a bent elbow or knee lie in a plane. The normal of this plane is the axis of the hinge, and it fixes
the rotation of the limb about its own axis. A straight hinge does not fix it: then the limb keeps its rotation, and
slowly goes back to the rotation that is nearest to the trunk's.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip, require_frames
from data.finding import Finding
from data.rigs.joint_maps import REQUIRED
from data.rigs.missing_joints import BALL_IN_SHANKS, TOE_TIP_IN_SHANKS
from data.rotations import make_continuous, to_wxyz

STRAIGHT = 0.15  # sine of a hinge's angle: below it the trunk tells more about the hinge's axis than the bones do
TENDENCY = 0.2  # weight of the axis that the trunk suggests, per frame
PARALLEL = 1e-6  # sine of the angle between directions that leave the rotation about them open
SHORTEST = 1e-4  # m: a shorter bone has no direction
_SIDES = {"left": 1.0, "right": -1.0}
_, _Y, _Z = np.eye(3)
_Track = Float[np.ndarray, "T 3"]
_Frames = Float[np.ndarray, "T 3 3"]

# Our joint -> its parent. Joints that a recording lacks are skipped.
_PARENTS = {
    "upper_spine": "pelvis",
    "neck": "upper_spine",
    "head_tip": "neck",
    **{
        f"{side}_{joint}": above.format(side)
        for side in _SIDES
        for joint, above in (
            ("shoulder", "upper_spine"),
            ("elbow", "{}_shoulder"),
            ("wrist", "{}_elbow"),
            ("hand_tip", "{}_wrist"),
            ("hip", "pelvis"),
            ("knee", "{}_hip"),
            ("ankle", "{}_knee"),
            ("toe", "{}_ankle"),
            ("toes_tip", "{}_toe"),
        )
    },
}
# Our joint -> its name in the clip, where it differs: the names of the rig "ours" of `joint_maps`.
_NAMES = {"head_tip": "neck_end"} | {
    f"{side}_{tip}": f"{side}_{joint}_end"
    for side in _SIDES
    for tip, joint in (("hand_tip", "wrist"), ("toes_tip", "toe"))
}


def clip_of_joints(
    name: str,
    fps: float,
    joints: Mapping[str, Float[np.ndarray, "T 3"]],
    *,
    ahead: Float[np.ndarray, "T 3"] | None = None,
    balls: Mapping[str, tuple[float, float]] | None = None,
    notes: tuple[str, ...] = (),
    assumed: frozenset[str] = frozenset(),
    findings: tuple[Finding, ...] = (),
) -> MotionClip:
    """Return the motion of a skeleton with these joints, on the rig "ours".

    Args:
        name: The clip's name.
        fps: Frames per second.
        joints: World positions, Z up, m, by the keys of a joint map. All joints that a joint map requires must be
            there.
        ahead: A point of the face, such as the nose, m, that tells how the head is turned. If None, it turns with the
            trunk.
        balls: By side, how far the toe joint is ahead of the ankle and above it while the sole is flat, in any unit. If
            None, from anthropometry.
        notes: How the positions were found.
        assumed: Joints that were not recorded.
        findings: What makes the positions doubtful.

    Raises:
        InputError: A required joint is missing, not finite in some frame, or at the same place as its neighbour.
    """
    missing = [joint for joint in REQUIRED if joint not in joints]
    if missing:
        raise InputError(f"{name} lacks the joints {', '.join(missing)}: give a recording that has them")
    require_frames(len(joints["pelvis"]), name)
    for joint, positions in joints.items():
        if not (finite := np.isfinite(positions).all(axis=1)).all():
            raise InputError(f"{name} holds a NaN in frame {int(finite.argmin())} ({joint}): repair or cut that frame")
    _require_lengths(name, joints)
    frames = _frames(joints, ahead, balls or {})
    order = ["pelvis", *(joint for joint in _PARENTS if joint in joints)]
    above = [_above(joint, joints) for joint in order]
    positions = np.stack([joints[joint] for joint in order], axis=1)
    rotations = np.stack([_wxyz(frames[joint]) for joint in order], axis=1)
    rest = np.zeros((len(order), 3))
    for index, parent in enumerate(above[1:], start=1):
        way = positions[:, index] - positions[:, parent]
        in_parent = np.einsum("tji,tj->ti", frames[order[parent]], way)
        rest[index] = rest[parent] + np.median(in_parent, axis=0)
    return MotionClip(
        name=name,
        fps=fps,
        joint_names=tuple(_NAMES.get(joint, joint) for joint in order),
        parents=tuple(above),
        positions=positions,
        rotations=make_continuous(rotations),
        rest_positions=rest,
        rest_rotations=np.tile([1.0, 0.0, 0.0, 0.0], (len(order), 1)),
        notes=notes,
        assumed=frozenset(_NAMES.get(joint, joint) for joint in assumed),
        findings=findings,
    )


def _require_lengths(name: str, joints: Mapping[str, _Track]) -> None:
    """Raise InputError where a bone that fixes a rotation has no length."""
    bones = [("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"), ("pelvis", "neck")]
    limbs = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
    bones += [(f"{side}_{a}", f"{side}_{b}") for side in _SIDES for limb in limbs for a, b in pairwise(limb)]
    for start, end in bones:
        length = np.linalg.norm(joints[start] - joints[end], axis=1)
        if not (length > SHORTEST).all():
            raise InputError(
                f"{name} has {start} and {end} at one place in frame {int(length.argmin())}: repair or cut that frame"
            )


def _above(joint: str, joints: Mapping[str, _Track]) -> int:
    """Return the index of the parent in the order in which the joints are listed; -1 for the pelvis."""
    if joint == "pelvis":
        return -1
    parent = _PARENTS[joint]
    while parent not in joints:
        parent = _PARENTS[parent]
    return ["pelvis", *(each for each in _PARENTS if each in joints)].index(parent)


def _frames(
    joints: Mapping[str, _Track], ahead: _Track | None, balls: Mapping[str, tuple[float, float]]
) -> dict[str, _Frames]:
    """Return the world axes of the body that each joint moves, as columns: the identity in our zero pose."""
    hips = joints["left_hip"] - joints["right_hip"]
    shoulders = joints["left_shoulder"] - joints["right_shoulder"]
    middle = joints.get("upper_spine", joints["pelvis"])
    pelvis = _axes(y=hips, z=joints.get("upper_spine", joints["neck"]) - joints["pelvis"], first="y")
    thorax = _axes(y=shoulders, z=joints["neck"] - middle, first="z")
    frames = {"pelvis": pelvis, "upper_spine": thorax, "neck": _head(joints, thorax, ahead)}
    frames["head_tip"] = frames["neck"]
    for side, sign in _SIDES.items():
        upper, fore = (
            sign * (joints[f"{side}_{end}"] - joints[f"{side}_{start}"])
            for start, end in (("shoulder", "elbow"), ("elbow", "wrist"))
        )
        # In the zero pose the arms lie along y, and an elbow bends about z: the left forearm from y to x.
        hinge = _hinge(-sign * np.cross(_unit(upper), _unit(fore)), _carried(thorax, _Y, upper)[..., 2])
        frames[f"{side}_shoulder"] = _axes(y=upper, z=hinge, first="y")
        frames[f"{side}_elbow"] = _axes(y=fore, z=hinge, first="y")
        frames[f"{side}_wrist"] = frames[f"{side}_hand_tip"] = frames[f"{side}_elbow"]
        thigh, shank = (
            joints[f"{side}_{start}"] - joints[f"{side}_{end}"] for start, end in (("hip", "knee"), ("knee", "ankle"))
        )
        # The legs lie along z, and a knee bends about y.
        hinge = _hinge(np.cross(_unit(thigh), _unit(shank)), _carried(pelvis, _Z, thigh)[..., 1])
        frames[f"{side}_hip"] = _axes(z=thigh, y=hinge, first="z")
        frames[f"{side}_knee"] = _axes(z=shank, y=hinge, first="z")
        frames[f"{side}_ankle"] = _foot(joints, side, frames[f"{side}_knee"], balls.get(side))
        frames[f"{side}_toe"] = frames[f"{side}_toes_tip"] = frames[f"{side}_ankle"]
    return frames


def _hinge(normal: _Track, from_trunk: _Track) -> _Track:
    """Return the axis of a hinge over time.

    Where the normal is short, the axis stays as in the frame before and tends to the axis that the trunk suggests.
    Where the normal points the other way, the hinge is overextended: its sign is changed.

    Args:
        normal: Normal of the plane of the bones. Its length is the sine of the angle between them.
        from_trunk: The axis that the trunk suggests.
    """
    axis = np.empty_like(normal)
    before = from_trunk[0]
    for frame, (here, suggested) in enumerate(zip(normal, from_trunk, strict=True)):
        kept = before + TENDENCY * suggested
        kept = kept / max(float(np.linalg.norm(kept)), 1e-12)
        bent = float(here @ here)  # the square, so that the noise of a straight hinge hardly counts
        before = np.sign(here @ kept) * here * bent + STRAIGHT**3 * kept
        before = before / max(float(np.linalg.norm(before)), 1e-12)
        axis[frame] = before
    return axis


def _head(joints: Mapping[str, _Track], thorax: _Frames, ahead: _Track | None) -> _Frames:
    up = joints["head_tip"] - joints["neck"] if "head_tip" in joints else thorax[..., 2]
    if ahead is None:
        return _axes(y=thorax[..., 1], z=up, first="z")
    forward = ahead - joints["neck"]
    return _axes(y=np.cross(_unit(up), forward), z=up, first="z")


def _foot(joints: Mapping[str, _Track], side: str, shank: _Frames, ball: tuple[float, float] | None) -> _Frames:
    """Return the axes of a foot: turned to the recorded toes in its plane with the shank, or else the shank's axes."""
    toe = next((joints[f"{side}_{each}"] for each in ("toe", "toes_tip") if f"{side}_{each}" in joints), None)
    if toe is None:
        return shank
    forward = toe - joints[f"{side}_ankle"]
    across = np.cross(shank[..., 2], _unit(forward))
    missing = np.maximum(
        STRAIGHT - np.linalg.norm(across, axis=-1, keepdims=True), 0.0
    )  # where the foot is along the shank
    flat = _axes(y=across + missing * shank[..., 1], z=shank[..., 2], first="y")
    ahead, up = (np.einsum("ti,ti->t", flat[..., axis], forward) for axis in (0, 2))
    # In the zero pose the sole is flat.
    rest_ahead, _, rest_up = BALL_IN_SHANKS + (0.0 if f"{side}_toe" in joints else TOE_TIP_IN_SHANKS)
    if ball is not None:
        rest_ahead, rest_up = ball
    pitch = np.arctan2(rest_up, rest_ahead) - np.arctan2(up, ahead)
    return flat @ Rotation.from_rotvec(pitch[:, None] * _Y).as_matrix()


def _axes(*, y: _Track, z: _Track, first: str) -> _Frames:
    """Return axes with the directions of y and z: the one named `first` exactly, the other as nearly as possible."""
    if first == "y":
        y = _unit(y)
        x = _across(y, _unit(z))
        return np.stack([x, y, np.cross(x, y)], axis=-1)
    z = _unit(z)
    x = _across(_unit(y), z)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _across(first: _Track, second: _Track) -> _Track:
    """Return unit vectors at right angles to two; where these are parallel or one is zero, any at right angles."""
    normal = np.cross(first, second)
    parallel = np.linalg.norm(normal, axis=-1, keepdims=True) < PARALLEL
    known = np.where(np.abs(first).max(axis=-1, keepdims=True) > 0, first, second)
    least = np.eye(3)[np.abs(known).argmin(axis=-1)]
    return _unit(np.where(parallel, np.cross(known, least), normal))


def _carried(frames: _Frames, axis: Float[np.ndarray, "3"], direction: _Track) -> _Frames:
    """Return the frames after the smallest rotation that lays their `axis` along a direction."""
    here, there = frames @ axis, _unit(direction)
    cross = np.cross(here, there)
    sine, cosine = np.linalg.norm(cross, axis=-1), np.einsum("ti,ti->t", here, there)
    angle = np.arctan2(sine, cosine)
    turn = Rotation.from_rotvec(cross * (angle / np.maximum(sine, 1e-12))[:, None]).as_matrix()
    return turn @ frames


def _unit(vectors: Float[np.ndarray, "T 3"]) -> Float[np.ndarray, "T 3"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _wxyz(frames: _Frames) -> Float[np.ndarray, "T 4"]:
    return to_wxyz(Rotation.from_matrix(frames))
