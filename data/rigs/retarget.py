"""A clip's motion on our body: the person's bone lengths, and rotations of our joints that follow the clip's joints.

Our bodies form groups. A group is a body whose joint the clip has, with the bodies below it whose joints the clip
lacks. A group moves as one rigid body. It is fitted to the clip's joints at which the groups below it begin. Where the
clip has every joint of a chain, the result is exact. Where it has more joints than we do, the directions are exact, and
the only error is the change of the bones' lengths.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip
from data.rigs import missing_joints, pose_fit
from data.rigs.joint_maps import REQUIRED
from data.rigs.tpose import alignments
from data.rotations import make_continuous, to_wxyz
from data.skeleton import Skeleton

TIPPED_BODIES = ("head", "left_hand", "right_hand", "left_toes", "right_toes")
_Vectors = dict[str, Float[np.ndarray, "3"]]


@dataclass(frozen=True)
class Rig:
    """Our body: B bodies. Body i > 0 is moved by joint_names[i - 1].

    Attributes:
        body_names: Names of the bodies; the root comes first.
        joint_names: Names of the B - 1 joints.
        parents: (B,) Index of each body's parent, -1 for the root.
    """

    body_names: tuple[str, ...]
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """(B,) Name of the joint at each body's origin, for the root the body's own name: the keys of a joint map."""
        return (self.body_names[0], *self.joint_names)


@dataclass(frozen=True)
class RetargetedMotion:
    """A motion of `rig`, and the measurements of the person who made it (B bodies, T frames).

    Attributes:
        rig: Our body.
        joint_offset: (B, 3) Each joint in its parent body's frame, m; row 0 is zero. The zero pose is a T-pose facing
            +x, arms along y, legs along -z, all frames parallel to the world.
        tips: End of the bodies without children in their own frame, m, by body name. Only ends that the clip has, and
            the toes'.
        position: (T, 3) The root in the world, m.
        rotation: (T, B, 4) wxyz, continuous in sign. Entry 0 is the root in the world, the others are relative to the
            parent.
        source_joint: (B,) The clip's joint that each of our joints follows. None where the clip has none; our joint
            then stays at zero.
        sole_depth: Distance of the sole below the ankle in the zero pose, m; None where the clip does not tell.
        heel_length: Distance of the heel behind the ankle in the zero pose, m; None where the clip does not tell.
    """

    rig: Rig
    joint_offset: Float[np.ndarray, "B 3"]
    tips: dict[str, Float[np.ndarray, "3"]]
    position: Float[np.ndarray, "T 3"]
    rotation: Float[np.ndarray, "T B 4"]
    source_joint: tuple[str | None, ...]
    sole_depth: float | None = None
    heel_length: float | None = None

    def joint_positions(self) -> Float[np.ndarray, "T B 3"]:
        """Return the world positions of our joints, m, by forward kinematics."""
        translations = np.tile(self.joint_offset, (len(self.position), 1, 1))
        translations[:, 0] = self.position
        return Skeleton(self.rig.keys, self.rig.parents, self.joint_offset).forward_kinematics(
            translations, self.rotation
        )[0]


def retarget_error(result: RetargetedMotion, clip: MotionClip) -> dict[str, float]:
    """Return the mean distance over time of each of our joints from the clip's joint, mm, by our joint's name."""
    positions = result.joint_positions()
    return {
        name: 1000.0 * float(np.linalg.norm(positions[:, body] - clip.positions[:, clip.joint(source)], axis=-1).mean())
        for body, (name, source) in enumerate(zip(result.rig.keys, result.source_joint, strict=True))
        if source is not None
    }


def retarget(clip: MotionClip, rig: Rig, joint_map: dict[str, str]) -> RetargetedMotion:
    """Return the clip's motion on our body.

    Args:
        clip: A clip with rotations.
        rig: Our body, with the names of the humanoid.
        joint_map: The clip's joints by our names, as `joint_maps.detect` returns them.

    Raises:
        InputError: The clip has no rotations, the map lacks a required joint, or the reference pose is not a person's.
    """
    if clip.rotations is None:
        raise InputError(f"{clip.name} has markers but no joint rotations: solve for a skeleton first")
    missing = [name for name in REQUIRED if name not in joint_map]
    if missing:
        raise InputError(f"the joint map of {clip.name} lacks {', '.join(missing)}: name them with --joint-map")
    facing, turns = alignments(clip, joint_map)
    offsets: _Vectors = {rig.keys[0]: np.zeros(3)}  # joints and tips relative to their parent's joint
    world: dict[int, Rotation] = {}
    for group in _groups(rig, joint_map):
        body, key = rig.body_names[group.members[0]], rig.keys[group.members[0]]
        align = turns.get(body, facing)
        tips = {f"{rig.body_names[member]}_tip" for member in group.members} & joint_map.keys()
        loose = {tip for tip in tips if tip.endswith("hand_tip")}  # fingers curl: the hand does not follow their tips
        followed = {name: joint_map[name] for name in (*(rig.keys[b] for b in group.carried), *sorted(tips - loose))}
        orientation, points = pose_fit.fit(clip, joint_map[key], joint_map.get(body), followed, align)
        points |= {tip: align.apply(_rest_vector(clip, joint_map[key], joint_map[tip])) for tip in loose}
        offsets |= _offsets(rig, group, points, offsets)
        world |= dict.fromkeys(group.members, orientation)

    local = [
        world[body] if parent < 0 else world[parent].inv() * world[body] for body, parent in enumerate(rig.parents)
    ]
    return RetargetedMotion(
        rig=rig,
        joint_offset=np.stack([offsets[key] for key in rig.keys]),
        tips={body: offsets[f"{body}_tip"] for body in TIPPED_BODIES if f"{body}_tip" in offsets},
        position=clip.positions[:, clip.joint(joint_map[rig.keys[0]])],
        rotation=make_continuous(np.stack([to_wxyz(rotation) for rotation in local], axis=1)),
        source_joint=tuple(joint_map.get(key) for key in rig.keys),
        sole_depth=clip.sole_depth,
        heel_length=clip.heel_length,
    )


@dataclass(frozen=True)
class _Group:
    """Bodies that move as one.

    Attributes:
        members: The bodies. The first one is the body whose joint the clip has.
        carried: The first bodies of the groups directly below.
    """

    members: tuple[int, ...]
    carried: tuple[int, ...]


def _groups(rig: Rig, joint_map: dict[str, str]) -> list[_Group]:
    """Return the groups, parents before children."""
    leaders: list[int] = []
    for body, (key, parent) in enumerate(zip(rig.keys, rig.parents, strict=True)):
        leaders.append(body if key in joint_map else leaders[parent])
    bodies = range(1, len(leaders))
    return [
        _Group(
            members=(leader, *(body for body in bodies if leaders[body] == leader != body)),
            carried=tuple(body for body in bodies if leaders[body] == body and leaders[rig.parents[body]] == leader),
        )
        for leader in sorted(set(leaders))
    ]


def _rest_vector(clip: MotionClip, start: str, end: str) -> Float[np.ndarray, "3"]:
    return clip.rest_positions[clip.joint(end)] - clip.rest_positions[clip.joint(start)]


def _offsets(rig: Rig, group: _Group, points: _Vectors, above: _Vectors) -> _Vectors:
    """Return the offsets from the parent's joint, m, of the joints and tips that follow from the points on a group.

    Args:
        rig: Our body.
        group: The group.
        points: Places of the joints and tips on the group, m.
        above: Known offsets: of the group's first joint and of all joints above it.
    """
    offsets: _Vectors = {}
    places = {group.members[0]: np.zeros(3)}  # the members' joints in the group's frame
    for body in group.members:
        key, tip = rig.keys[body], f"{rig.body_names[body]}_tip"
        shank = float(np.linalg.norm(above[key.replace("_toe", "_ankle")])) if key.endswith("_toe") else 0.0
        if body not in places:
            places[body] = missing_joints.place(key, places[rig.parents[body]], points, shank)
            offsets[key] = places[body] - places[rig.parents[body]]
        if tip in points:
            offsets[tip] = points[tip] - places[body]
        elif key.endswith("_toe"):
            offsets[tip] = shank * missing_joints.TOE_TIP_IN_SHANKS
    for body in group.carried:
        offsets[rig.keys[body]] = points[rig.keys[body]] - places[rig.parents[body]]
    return offsets
