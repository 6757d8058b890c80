"""A clip's motion on our body: the person's bone lengths, and our joint rotations that follow the clip's joints.

Our bodies form groups, a group being a body whose joint the clip has, with the bodies below it whose joints the clip lacks. A group moves
as one rigid body with the orientation of the clip's joint that carries the group's next joints, corrected, frame by frame, by the smallest
rotation that brings these to where the clip has them (Wahba's problem). Where the clip has every joint of a chain the correction is
zero and the result exact; where the clip has more joints than we do, directions are exact and only the bones' changes of length remain.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip
from data.rotations import continuous, from_wxyz, to_wxyz
from data.skeleton import Skeleton
from data.tpose import alignments

TIPPED_BODIES = ("head", "left_hand", "right_hand", "left_toes", "right_toes")
_ORIENTATION_WEIGHT = 1e-6  # m^2: of the orientation against the positions; settles only what these leave open

_ROUNDS = 3  # of fitting orientations and bone vectors to each other

# Where a joint that the clip lacks is placed on the way from the joint above it to the next one the clip has.
LOWER_SPINE_FRACTION = 0.4  # of pelvis to upper spine: about L5/S1
UPPER_SPINE_FRACTION = 0.5  # of lower spine to neck
CLAVICLE_FRACTION = 0.15  # of the shoulder's distance from the midline: the sternoclavicular joint
TOE_FRACTION = 0.6  # of the horizontal way from ankle to toe tip: the ball of the foot

# Fore foot in shank lengths where the clip ends at the ankle, after Drillis and Contini (1966): of the body height H the shank is 0.246,
# the foot 0.152 long, the ankle 0.039 high; the ball lies at 0.7 of the foot and 0.012 H high, the ankle at a quarter of the foot.
_BALL_IN_SHANKS = np.array([0.28, 0.0, -0.11])
_TOE_TIP_IN_SHANKS = np.array([0.185, 0.0, 0.0])


@dataclass(frozen=True)
class Rig:
    """Our body: B bodies, body i > 0 moved by joint_names[i - 1]; parents (B,) with -1 for the root, which comes first."""

    body_names: tuple[str, ...]
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """(B,) name of the joint at each body's origin, the root body's own name first: the keys of a joint map."""
        return (self.body_names[0], *self.joint_names)


@dataclass(frozen=True)
class Retargeted:
    """A motion of `rig` and the measurements of the person who made it (B bodies, T frames).

    Attributes:
        joint_offset: (B, 3) each joint in its parent body's frame, m; row 0 is zero. The zero pose is a T-pose facing +x, arms along y,
            legs along -z, all frames parallel to the world.
        tips: end of the bodies without children in their own frame, m, by body name; only those that the clip has, and the toes'.
        position: (T, 3) the root in the world, m.
        rotation: (T, B, 4) wxyz, continuous in sign; [:, 0] of the root in the world, [:, i] of body i relative to its parent.
        source_joint: (B,) the clip's joint that each of our joints follows; None where the clip has none and the joint stays at zero.
        sole_depth: distance of the sole below the ankle in the zero pose, m, where the clip knows it.
    """

    rig: Rig
    joint_offset: Float[np.ndarray, "B 3"]
    tips: dict[str, Float[np.ndarray, "3"]]
    position: Float[np.ndarray, "T 3"]
    rotation: Float[np.ndarray, "T B 4"]
    source_joint: tuple[str | None, ...]
    sole_depth: float | None = None

    def joint_positions(self) -> Float[np.ndarray, "T B 3"]:
        """World positions of our joints, m, by forward kinematics."""
        translations = np.tile(self.joint_offset, (len(self.position), 1, 1))
        translations[:, 0] = self.position
        return Skeleton(self.rig.keys, self.rig.parents, self.joint_offset).forward_kinematics(
            translations, self.rotation
        )[0]


def retarget_error(result: Retargeted, clip: MotionClip) -> dict[str, float]:
    """Mean distance over time between each of our joints and the clip's joint it follows, mm, by our joint's name."""
    positions = result.joint_positions()
    return {
        name: 1000.0 * float(np.linalg.norm(positions[:, body] - clip.positions[:, clip.joint(source)], axis=-1).mean())
        for body, (name, source) in enumerate(zip(result.rig.keys, result.source_joint, strict=True))
        if source is not None
    }


def retarget(clip: MotionClip, rig: Rig, joint_map: dict[str, str]) -> Retargeted:
    """The clip on our body.

    Args:
        clip: with rotations.
        rig: our body, with the names of the humanoid.
        joint_map: the clip's joints by our names, as `joint_maps.detect` gives.

    Raises:
        InputError: the clip has no rotations, or its reference pose is not that of a person.
    """
    if clip.rotations is None:
        raise InputError(f"{clip.name} holds markers and no joint rotations: solve for a skeleton first")
    sources = tuple(joint_map.get(key) for key in rig.keys)
    facing, turns = alignments(clip, joint_map)
    leaders = _leaders(rig, sources)
    offsets: dict[str, Float[np.ndarray, "3"]] = {
        rig.keys[0]: np.zeros(3)
    }  # of joints and tips, from their parent's joint
    world: dict[int, Rotation] = {}
    for leader in sorted(set(leaders)):
        body = rig.body_names[leader]
        below = _below(rig, leaders, leader, joint_map)
        world[leader], points = _follow(
            clip, joint_map[rig.keys[leader]], below, joint_map.get(body), turns.get(body, facing)
        )
        offsets |= _offsets(rig, leaders, leader, points, offsets)

    local = [
        world[leader] if parent < 0 else world[leaders[parent]].inv() * world[leader]
        for leader, parent in zip(leaders, rig.parents, strict=True)
    ]
    return Retargeted(
        rig=rig,
        joint_offset=np.stack([offsets[key] for key in rig.keys]),
        tips={body: offsets[f"{body}_tip"] for body in TIPPED_BODIES if f"{body}_tip" in offsets},
        position=clip.positions[:, clip.joint(joint_map[rig.keys[0]])],
        rotation=continuous(np.stack([to_wxyz(rotation) for rotation in local], axis=1)),
        source_joint=sources,
        sole_depth=clip.sole_depth,
    )


def _leaders(rig: Rig, sources: tuple[str | None, ...]) -> tuple[int, ...]:
    """(B,) the body that leads each body's group: itself if the clip has its joint, else its parent's leader."""
    leaders: list[int] = []
    for body, (source, parent) in enumerate(zip(sources, rig.parents, strict=True)):
        leaders.append(body if source is not None else leaders[parent])
    return tuple(leaders)


def _members(leaders: tuple[int, ...], leader: int) -> list[int]:
    """Bodies of a group, its leader first."""
    return [body for body, its_leader in enumerate(leaders) if its_leader == leader]


def _carried(rig: Rig, leaders: tuple[int, ...], leader: int) -> list[int]:
    """Bodies that lead the groups next below a group."""
    return [body for body in sorted(set(leaders)) if body > 0 and leaders[rig.parents[body]] == leader]


def _below(rig: Rig, leaders: tuple[int, ...], leader: int, joint_map: dict[str, str]) -> dict[str, str]:
    """The clip's joints that a group carries, by our names: the next joints down each chain, and tips."""
    keys = [rig.keys[body] for body in _carried(rig, leaders, leader)]
    keys += [
        f"{rig.body_names[body]}_tip" for body in _members(leaders, leader) if rig.body_names[body] in TIPPED_BODIES
    ]
    return {key: joint_map[key] for key in keys if key in joint_map}


def _follow(
    clip: MotionClip, joint: str, below: dict[str, str], carrier: str | None, align: Rotation
) -> tuple[Rotation, dict[str, Float[np.ndarray, "3"]]]:
    """World orientation over time of the group that starts at `joint`, and the points `below` it in its frame, from its joint, m.

    `carrier` is the clip's joint whose orientation the group takes, that which carries the points if None; `align` takes the clip's
    reference pose to our zero pose.
    """
    start = clip.joint(joint)
    followed = {key: clip.joint(name) for key, name in below.items() if not key.endswith("hand_tip")}  # fingers curl
    base = clip.joint(carrier) if carrier is not None else _common_parent(clip, start, list(followed.values()))
    orientation = _orientation(clip, base, align)
    rest = {
        key: align.apply(clip.rest_positions[clip.joint(name)] - clip.rest_positions[start])
        for key, name in below.items()
    }
    if not followed:
        return orientation, rest
    ways = clip.positions[:, list(followed.values())] - clip.positions[:, [start]]
    means = _mean_in_frame(orientation, ways)
    world = orientation
    for _ in range(_ROUNDS):
        world = _nearest_rotations(orientation, means, ways)
        means = _mean_in_frame(world, ways)
    return world, rest | dict(zip(followed, means, strict=True))


def _orientation(clip: MotionClip, joint: int, align: Rotation) -> Rotation:
    """Our orientation over time if a body is fixed to a joint of the clip: the identity where the clip is in our zero pose."""
    assert clip.rotations is not None
    return from_wxyz(clip.rotations[:, joint]) * from_wxyz(clip.rest_rotations[joint]).inv() * align.inv()


def _common_parent(clip: MotionClip, start: int, joints: list[int]) -> int:
    """The lowest joint that carries all of `joints`, not above `start`; `start` itself if there are none."""

    def ancestors(joint: int) -> list[int]:
        chain = []
        while (joint := clip.parents[joint]) >= 0:
            chain.append(joint)
        return chain

    chains = [ancestors(joint) for joint in joints]
    shared = [joint for joint in chains[0] if all(joint in chain for chain in chains)] if chains else []
    return shared[0] if shared and (shared[0] == start or start in ancestors(shared[0])) else start


def _mean_in_frame(world: Rotation, ways: Float[np.ndarray, "T K 3"]) -> Float[np.ndarray, "K 3"]:
    return np.einsum("tji,tkj->ki", world.as_matrix(), ways) / len(ways)


def _nearest_rotations(
    orientation: Rotation, points: Float[np.ndarray, "K 3"], ways: Float[np.ndarray, "T K 3"]
) -> Rotation:
    """Rotations R (T) that bring R @ points nearest to `ways` in least squares, and R nearest to `orientation` where that leaves it open.

    Wahba's problem, solved by singular value decomposition (Markley 1988).
    """
    profile = np.einsum("tki,kj->tij", ways, points) + _ORIENTATION_WEIGHT * orientation.as_matrix()
    left, _, right = np.linalg.svd(profile)
    mirrored = np.linalg.det(left @ right) < 0
    left[mirrored, :, 2] *= -1.0
    return Rotation.from_matrix(left @ right)


def _offsets(
    rig: Rig,
    leaders: tuple[int, ...],
    leader: int,
    points: dict[str, Float[np.ndarray, "3"]],
    above: dict[str, Float[np.ndarray, "3"]],
) -> dict[str, Float[np.ndarray, "3"]]:
    """Offset from the parent's joint, m, of each joint and tip of a group but its first, and of the joints it carries; `above`: those known already."""
    places = {leader: np.zeros(3)}  # of the joints in the leader's frame
    offsets: dict[str, Float[np.ndarray, "3"]] = {}
    for body in _members(leaders, leader):
        name, key = rig.body_names[body], rig.keys[body]
        shank = float(np.linalg.norm(above[f"{key.removesuffix('_toe')}_ankle"])) if key.endswith("_toe") else 0.0
        if body != leader:
            places[body] = _placed(key, places[rig.parents[body]], points, shank)
            offsets[key] = places[body] - places[rig.parents[body]]
        if f"{name}_tip" in points:
            offsets[f"{name}_tip"] = points[f"{name}_tip"] - places[body]
        elif key.endswith("_toe"):
            offsets[f"{name}_tip"] = shank * _TOE_TIP_IN_SHANKS
    return offsets | {
        rig.keys[body]: points[rig.keys[body]] - places[rig.parents[body]] for body in _carried(rig, leaders, leader)
    }


def _placed(
    key: str, parent: Float[np.ndarray, "3"], points: dict[str, Float[np.ndarray, "3"]], shank: float
) -> Float[np.ndarray, "3"]:
    """Where a joint that the clip lacks is, in the frame of the group's leader, m."""
    if key == "lower_spine":
        return LOWER_SPINE_FRACTION * (
            points["upper_spine"] if "upper_spine" in points else UPPER_SPINE_FRACTION * points["neck"]
        )
    if key == "upper_spine":
        return points["neck"] * UPPER_SPINE_FRACTION
    side, _, joint = key.partition("_")
    if joint == "clavicle":
        shoulder = points[f"{side}_shoulder"] - parent
        return parent + shoulder * [1.0, CLAVICLE_FRACTION, 1.0]
    if joint == "toe":
        tip = points.get(f"{side}_toes_tip")
        return shank * _BALL_IN_SHANKS if tip is None else tip * [TOE_FRACTION, TOE_FRACTION, 1.0]
    raise InputError(f"the joint map lacks {key}: name the clip's joint for it")
