"""From one person's keypoints in pictures to a first motion in space, by poses of people that are known.

A picture does not tell how a limb leans towards the camera or away from it; how people hold themselves does. Every
frame is matched with the poses of the built-in motions, seen from all around, and the choice is made for all frames
together, so that a body turns and moves steadily (Chen and Ramanan, 3D human pose estimation = 2D pose estimation +
matching, 2017, match single frames; the search over time is Viterbi's). Legs and trunk, and each arm, are matched on
their own: far fewer poses are needed than people can take. What comes out is rough, as a first guess may be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d, percentile_filter
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError
from data.formats import builtin
from data.keypoints.clip import KeypointClip
from data.keypoints.placement import towards
from data.resample import lerp, resample
from data.rigs import joint_maps

LIBRARY_FPS = 12.0  # of the poses that are kept
SEARCH_FPS = 15.0  # of the frames that are matched; between them, poses are interpolated
YAWS = 36  # directions from which a pose is seen
TILTS = tuple(np.radians([-5.0, 10.0, 25.0]))  # by which a camera may look down, where nobody knows
TILT_STEP = 0.1  # rad, to which tilts are rounded
MISS = 0.06  # m: standard deviation of a keypoint from the best of the poses
OUTLIER = 0.25  # m: a keypoint that misses by more is more likely wrong
TURNING = np.radians(180.0)  # a second: standard deviation of a body's rate of turning
BACKWARDS = 0.5  # m/s: people rarely go backwards or sideways faster than that
STEADY_S = 0.3  # over which the way of a body is smoothed
MOVING = 1.5  # m/s: ... of the speed of a limb's joints beside their pose's, from frame to frame
CANDIDATES = 40  # poses of a part, for each frame, between which time decides
LEGS_OF_STATURE = 0.491  # thigh and shank, after Drillis and Contini (1966)
SMOOTH_S = 0.08  # by which what comes from different poses is smoothed
CLEAR = 0.7  # of a bone: one that appears shorter than that says little about its length
PROPORTIONS = (0.8, 1.25)  # within which a person's bones are longer or shorter than the library's
WEIGHT_OF_GAPS = 0.1  # of a keypoint that was filled in between frames that have it

_SIDES = ("left", "right")
_LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
MATCHED = tuple(f"{side}_{joint}" for limb in _LIMBS for side in _SIDES for joint in limb)
"""Keypoints by which poses are matched."""
LIFTED = ("pelvis", "spine", "neck", "head", *MATCHED)
"""Keypoints that come out."""
_IN_LIBRARY = {"spine": "upper_spine", "head": "head_tip"}  # what joint maps call them
_ABOVE = {
    "spine": "pelvis",
    "neck": "spine",
    "head": "neck",
    **{
        f"{side}_{joint}": above.format(side)
        for side in _SIDES
        for joint, above in (
            ("hip", "pelvis"),
            ("knee", "{}_hip"),
            ("ankle", "{}_knee"),
            ("shoulder", "spine"),
            ("elbow", "{}_shoulder"),
            ("wrist", "{}_elbow"),
        )
    },
}
_TRUNK = tuple(f"{side}_{joint}" for side in _SIDES for joint in ("hip", "knee", "ankle", "shoulder"))
# Part -> what it is placed by, the joints by which it is matched, those that it gives.
_PARTS = {
    "trunk": ("pelvis", _TRUNK, (*LIFTED[:4], *_TRUNK)),
    **{f"{side}_arm": (f"{side}_shoulder", *2 * ((f"{side}_elbow", f"{side}_wrist"),)) for side in _SIDES},
}
_At = dict[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class Library:
    """N poses of a person 1 m tall, facing x, Z up, the pelvis at the origin: positions (N, J, 3) of `LIFTED`."""

    positions: Float[np.ndarray, "N 16 3"]

    def of(self, joint: str) -> Float[np.ndarray, "N 3"]:
        """Where one joint is in every pose."""
        return self.positions[:, LIFTED.index(joint)]


def lift(
    seen: KeypointClip,
    ray: Float[np.ndarray, "T K 2"],
    height: float,
    up: Float[np.ndarray, "T 3"] | None = None,
) -> Float[np.ndarray, "T 16 3"]:
    """Joints about the pelvis, m, along the camera's axes, in the order of `LIFTED`.

    Args:
        seen: the keypoints, of two frames or more.
        ray: where they are in the plane at depth 1, as `placement.rays_of_pixels`.
        height: of the person, m.
        up: the vertical in the camera's axes in every frame, where it is known.

    Raises:
        InputError: a keypoint that is needed is never there, or all are at one place.
    """
    steps = max(1, round((seen.num_frames - 1) / max(1, round(seen.fps / SEARCH_FPS))))
    frames = np.round(np.linspace(0, seen.num_frames - 1, steps + 1)).astype(int)
    rate = seen.fps * steps / (seen.num_frames - 1)
    ray, weight = _filled(seen, ray)
    middle = np.sum(ray * weight[..., None], axis=1) / np.sum(weight, axis=1, keepdims=True)
    level = towards(middle)
    if up is None:
        elevation = np.arctan(middle[frames, 1])
        tilts = [tilt + elevation for tilt in TILTS]
    else:
        there = level.inv().apply(up)
        level = level * Rotation.from_euler("z", np.arctan2(there[:, 0], -there[:, 1])[:, None])
        tilts = [np.arctan2(-there[:, 2], np.hypot(there[:, 0], there[:, 1]))[frames]]
    at = dict(zip(MATCHED, _from(level, ray)[frames].transpose(1, 0, 2), strict=True))
    at["pelvis"] = (at["left_hip"] + at["right_hip"]) / 2
    weights = dict(zip(MATCHED, weight[frames].T, strict=True))
    scale = _scale(at, weights, height, rate)
    if not scale.min() > 0:
        raise InputError(f"{seen.name} has all keypoints at one place: give keypoints of a person")
    flat = {name: (place - at["pelvis"]) / scale[:, None] for name, place in at.items()}
    going = _going(middle[frames, 0] / scale, 1.0 / scale, rate)
    poses = height * library().positions
    every = (_matched(poses, flat, weights, going, tilt, rate) for tilt in tilts)
    found = min(every, key=lambda each: each[0])
    place = _with_bones(found[1], _proportions(found[1], flat, weights), height)
    whole = lerp(frames.astype(float), place, np.arange(seen.num_frames, dtype=float))
    smooth = gaussian_filter1d(whole, SMOOTH_S * seen.fps, axis=0, mode="nearest")
    return np.einsum("tij,tkj->tki", level.as_matrix(), smooth)


def _from(level: Rotation, ray: Float[np.ndarray, "T K 2"]) -> Float[np.ndarray, "T K 2"]:
    """Rays as a camera has them that is turned so."""
    whole = np.concatenate([ray, np.ones((*ray.shape[:2], 1))], axis=-1)
    there = np.einsum("tji,tkj->tki", level.as_matrix(), whole)
    return there[..., :2] / there[..., 2:]


@cache
def library() -> Library:
    """The poses of all built-in motions, and their mirror images."""
    return build_library(tuple(builtin.clip_paths()))


def build_library(names: Sequence[str]) -> Library:
    """The poses of some built-in motions, and their mirror images."""
    poses = []
    for name in names:
        clip = formats.read(f"builtin:{name}")
        joints = joint_maps.detect(clip)
        clip = resample(clip, LIBRARY_FPS)
        poses.append(clip.positions[:, [clip.joint(joints[_IN_LIBRARY.get(joint, joint)]) for joint in LIFTED]])
    place = np.concatenate(poses)
    place = place - place[:, :1]
    mirror = [LIFTED.index(_other(joint)) for joint in LIFTED]
    place = np.concatenate([place, place[:, mirror] * [1.0, -1.0, 1.0]])
    across = place[:, LIFTED.index("left_hip")] - place[:, LIFTED.index("right_hip")]
    yaw = np.arctan2(-across[:, 0], across[:, 1])
    facing = np.stack([_turned(pose, -angle) for pose, angle in zip(place, yaw, strict=True)])
    legs = sum(np.linalg.norm(facing[0, LIFTED.index(a)] - facing[0, LIFTED.index(b)]) for a, b in _bones_of_leg())
    return Library(facing * (LEGS_OF_STATURE / legs))


def _bones_of_leg() -> tuple[tuple[str, str], ...]:
    return ("left_hip", "left_knee"), ("left_knee", "left_ankle")


def _other(joint: str) -> str:
    side, _, rest = joint.partition("_")
    return f"{_SIDES[1 - _SIDES.index(side)]}_{rest}" if side in _SIDES else joint


def _turned(place: Float[np.ndarray, "... 3"], yaw: float) -> Float[np.ndarray, "... 3"]:
    """About the vertical z, by an angle from x to y."""
    c, s = np.cos(yaw), np.sin(yaw)
    return place @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def _to_camera(place: Float[np.ndarray, "... 3"], tilt: float) -> Float[np.ndarray, "... 3"]:
    """From x right, y ahead, z up to the axes of a camera that looks down by `tilt`, rad."""
    c, s = np.cos(tilt), np.sin(tilt)
    return place @ np.array([[1.0, 0.0, 0.0], [0.0, -s, c], [0.0, -c, -s]])


def _filled(
    seen: KeypointClip, ray: Float[np.ndarray, "T K 2"]
) -> tuple[Float[np.ndarray, "T 12 2"], Float[np.ndarray, "T 12"]]:
    """Rays of `MATCHED`, those that are missing filled in along time, and by how much each counts."""
    frames = np.arange(seen.num_frames, dtype=float)
    filled, weight = np.zeros((len(frames), len(MATCHED), 2)), np.zeros((len(frames), len(MATCHED)))
    for index, name in enumerate(MATCHED):
        confidence = seen.confidence[:, seen.names.index(name)] if name in seen.names else np.zeros(len(frames))
        known = np.flatnonzero(confidence > 0)
        if len(known) < 2:
            if name.endswith(("hip", "shoulder")):
                said = name.replace("_", " ")
                raise InputError(f"{seen.name} does not show the {said}: give keypoints with hips and shoulders")
            continue
        places = ray[known, seen.names.index(name)]
        filled[:, index] = lerp(known.astype(float), places, np.clip(frames, known[0], known[-1]))
        weight[:, index] = np.maximum(WEIGHT_OF_GAPS, confidence)
    return filled, weight


def _scale(at: _At, weights: _At, height: float, rate: float) -> Float[np.ndarray, " S"]:
    """How large a metre appears: no bone appears longer than it is, and of legs and trunk one hardly ever appears much
    shorter than it is for a second. Bones that are never seen do not count.
    """
    poses = library()
    bones = [(f"{side}_{a}", f"{side}_{b}") for side in _SIDES for a, b in (("hip", "knee"), ("knee", "ankle"))]
    bones += [(f"{side}_hip", f"{side}_shoulder") for side in _SIDES]
    bones = [bone for bone in bones if all(weights[end].any() for end in bone)]
    lengths = [height * np.median(np.linalg.norm(poses.of(a) - poses.of(b), axis=1)) for a, b in bones]
    ratio = np.stack(
        [np.linalg.norm(at[a] - at[b], axis=1) / length for (a, b), length in zip(bones, lengths, strict=True)]
    )
    largest = np.sort(ratio, axis=0)[-2]  # the two sides of the trunk at least are seen
    window = max(1, round(rate))
    return gaussian_filter1d(percentile_filter(largest, 80, window, mode="nearest"), rate / 2, mode="nearest")


def _going(right: Float[np.ndarray, " S"], ahead: Float[np.ndarray, " S"], rate: float) -> Float[np.ndarray, "S 2"]:
    """Velocity over the ground, m/s, to the camera's right and away from it."""
    place = gaussian_filter1d(np.stack([right, ahead], axis=1), rate * STEADY_S, axis=0, mode="nearest")
    return np.gradient(place, axis=0) * rate


def _matched(
    poses: Float[np.ndarray, "N 16 3"],
    flat: _At,
    weights: _At,
    going: Float[np.ndarray, "S 2"],
    tilt: Float[np.ndarray, " S"],
    rate: float,
) -> tuple[float, Float[np.ndarray, "S 16 3"]]:
    """What the best poses cost, and their joints, m, in the axes of a camera that looks down by `tilt`."""
    yaws = 2 * np.pi * np.arange(YAWS) / YAWS
    turned = np.stack([_turned(poses, yaw) for yaw in yaws])  # (Y, N, J, 3)
    shown = {step: _to_camera(turned, step * TILT_STEP)[..., :2].astype(np.float32) for step in set(_steps(tilt))}
    likely = partial(_cost, shown, flat, weights, _steps(tilt))
    facing = np.stack([np.cos(yaws), np.sin(yaws)])
    by_yaw = (np.linalg.norm(going, axis=1, keepdims=True) - going @ facing) / BACKWARDS
    for frame in range(len(tilt)):
        by_yaw[frame] += sum(likely(part, frame).min(axis=1) for part in _PARTS)
    apart = np.abs(yaws[:, None] - yaws)
    step = (np.minimum(apart, 2 * np.pi - apart) * rate / TURNING) ** 2 / 2
    path, total = _viterbi(by_yaw, lambda _: step)
    place = np.zeros((len(tilt), len(LIFTED), 3))
    for part, (base, _, given) in _PARTS.items():
        at_yaw = np.concatenate([likely(part, frame, slice(yaw, yaw + 1)) for frame, yaw in enumerate(path)])  # (S, N)
        best = np.argsort(at_yaw, axis=1)[:, :CANDIDATES]
        index, origin = [LIFTED.index(joint) for joint in given], LIFTED.index(base)
        ways = turned[path[:, None], best][:, :, index] - turned[path[:, None], best][:, :, [origin]]  # (S, C, j, 3)
        chosen, _ = _viterbi(np.take_along_axis(at_yaw, best, axis=1), partial(_move, ways, rate))
        seen = [_to_camera(ways[frame, each], tilt[frame]) for frame, each in enumerate(chosen)]
        place[:, index] = place[:, [origin]] + np.stack(seen)
    return total, place


def _steps(tilt: Float[np.ndarray, " S"]) -> list[int]:
    """Tilts in steps of `TILT_STEP`."""
    return [round(float(each) / TILT_STEP) for each in tilt]


def _move(ways: Float[np.ndarray, "S C j 3"], rate: float, frame: int) -> Float[np.ndarray, "C C"]:
    """What it costs to go from each choice in the frame before to each in this one."""
    apart = ways[frame - 1][:, None] - ways[frame][None]
    return (apart**2).sum(axis=-1).mean(axis=-1) * (rate / MOVING) ** 2 / 2


def _cost(
    shown: Mapping[int, Float[np.ndarray, "Y N 16 2"]],
    flat: _At,
    weights: _At,
    steps: Sequence[int],
    part: str,
    frame: int,
    yaws: slice = slice(None),
) -> Float[np.ndarray, "_ N"]:
    """Negative logarithm of the likelihood that each pose of a part looks as it does in a frame, seen from `yaws`.

    shown: the poses in pictures, by the step of the tilt. steps: of each frame.
    """
    base, joints, _ = _PARTS[part]
    there = shown[steps[frame]][yaws]
    total = np.zeros(there.shape[:2], np.float32)
    for joint in joints:
        if not weights[joint][frame]:
            continue
        away = there[:, :, LIFTED.index(joint)] - there[:, :, LIFTED.index(base)]
        squared = ((away - (flat[joint][frame] - flat[base][frame]).astype(np.float32)) ** 2).sum(axis=-1)
        total += weights[joint][frame] / (2 * MISS**2) * squared / (1 + squared / OUTLIER**2)
    return total


def _viterbi(
    cost: Float[np.ndarray, "S C"], step: Callable[[int], Float[np.ndarray, "C C"]]
) -> tuple[Int[np.ndarray, " S"], float]:
    """The sequence of choices that costs least, and what it costs; `step(frame)`: to go from each choice to each."""
    best, back = cost[0], np.zeros(cost.shape, int)
    for frame in range(1, len(cost)):
        ways = best[:, None] + step(frame)
        back[frame] = ways.argmin(axis=0)
        best = ways.min(axis=0) + cost[frame]
    path = np.zeros(len(cost), int)
    path[-1] = best.argmin()
    for frame in range(len(cost) - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path, float(best.min())


def _proportions(place: Float[np.ndarray, "S 16 3"], flat: _At, weights: _At) -> dict[str, float]:
    """By how much each bone, up to the joint that is named, appears longer over the whole clip than in these poses."""
    factor = dict.fromkeys(_ABOVE, 1.0)
    for joint, above in _ABOVE.items():
        if joint not in flat or above not in flat:
            continue
        shown = place[:, LIFTED.index(joint)] - place[:, LIFTED.index(above)]
        across = np.linalg.norm(shown[:, :2], axis=1)
        certain = np.minimum(*(weights.get(each, np.ones(len(place))) for each in (joint, above))) > WEIGHT_OF_GAPS
        clear = certain & (across > CLEAR * np.linalg.norm(shown, axis=1))
        if clear.sum() >= 5:
            seen = np.linalg.norm(flat[joint] - flat[above], axis=1)
            factor[joint] = float(np.clip(np.median(seen[clear] / across[clear]), *PROPORTIONS))
    return {joint: (factor[joint] + factor[_other(joint)]) / 2 for joint in factor}


def _with_bones(
    place: Float[np.ndarray, "S 16 3"], factor: dict[str, float], height: float
) -> Float[np.ndarray, "S 16 3"]:
    """The same directions with bones of other proportions, the legs those of the height."""
    result = np.zeros_like(place)
    for joint, above in _ABOVE.items():
        way = place[:, LIFTED.index(joint)] - place[:, LIFTED.index(above)]
        result[:, LIFTED.index(joint)] = result[:, LIFTED.index(above)] + factor[joint] * way
    legs = sum(
        np.median(np.linalg.norm(result[:, LIFTED.index(a)] - result[:, LIFTED.index(b)], axis=1))
        for a, b in _bones_of_leg()
    )
    return result * (LEGS_OF_STATURE * height / legs)
