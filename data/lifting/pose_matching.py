"""The sequence of known poses that looks most like the keypoints of a clip.

The trunk with the legs, and each arm, are matched separately. Each search is Viterbi's: a frame has candidates that
cost more the less they look like the keypoints, and a step from one candidate to the next costs more the faster it is.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from jaxtyping import Float, Int

from data.lifting.pose_library import LIFTED, SIDES, turn_about_vertical

YAWS = 36  # directions from which a pose is seen
TILT_STEP = 0.1  # rad: the camera's tilts are rounded to multiples of it
MISS = 0.06  # m: standard deviation of a keypoint from the best of the poses
OUTLIER = 0.25  # m: a keypoint that is farther away is more likely wrong
TURNING = np.radians(180.0)  # rad/s: standard deviation of a body's rate of turning
BACKWARDS = 0.5  # m/s: people rarely go backwards or sideways faster than that
MOVING = 1.5  # m/s: standard deviation of the speed of a limb's joints relative to the pose, from frame to frame
CANDIDATES = 40  # poses of a part in each frame among which the search over time chooses

_TRUNK = tuple(f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle", "shoulder"))
# Part of the body -> the joint at which it is placed, the joints by which it is matched, the joints that it provides.
_PARTS = {
    "trunk": ("pelvis", _TRUNK, (*LIFTED[:4], *_TRUNK)),
    **{f"{side}_arm": (f"{side}_shoulder", *2 * ((f"{side}_elbow", f"{side}_wrist"),)) for side in SIDES},
}
ByJoint = Mapping[str, Float[np.ndarray, "..."]]


def match_poses(
    poses: Float[np.ndarray, "N 16 3"],
    flat: ByJoint,
    weights: ByJoint,
    going: Float[np.ndarray, "S 2"],
    tilt: Float[np.ndarray, " S"],
    rate: float,
) -> tuple[float, Float[np.ndarray, "S 16 3"]]:
    """Return the cost of the best sequence of poses, and its joints, m, in the axes of the tilted camera.

    Args:
        poses: The poses of the library, m.
        flat: Positions of the keypoints in the picture about the pelvis, m, by joint.
        weights: How much each keypoint counts in each frame, by joint.
        going: Velocity over the ground to the camera's right and away from it, m/s.
        tilt: The angle by which the camera looks down in each frame, rad.
        rate: Frames per second.
    """
    yaws = 2 * np.pi * np.arange(YAWS) / YAWS
    turned = np.stack([turn_about_vertical(poses, yaw) for yaw in yaws])  # (Y, N, J, 3)
    shown = {step: _to_camera(turned, step * TILT_STEP)[..., :2].astype(np.float32) for step in set(_tilt_steps(tilt))}
    cost = partial(_appearance_cost, shown, flat, weights, _tilt_steps(tilt))
    facing = np.stack([np.cos(yaws), np.sin(yaws)])
    by_yaw = (np.linalg.norm(going, axis=1, keepdims=True) - going @ facing) / BACKWARDS
    for frame in range(len(tilt)):
        by_yaw[frame] += sum(cost(part, frame).min(axis=1) for part in _PARTS)
    apart = np.abs(yaws[:, None] - yaws)
    step = (np.minimum(apart, 2 * np.pi - apart) * rate / TURNING) ** 2 / 2
    path, total = _viterbi(by_yaw, lambda _: step)
    positions = np.zeros((len(tilt), len(LIFTED), 3))
    for part, (base, _, given) in _PARTS.items():
        at_yaw = np.concatenate([cost(part, frame, slice(yaw, yaw + 1)) for frame, yaw in enumerate(path)])  # (S, N)
        best = np.argsort(at_yaw, axis=1)[:, :CANDIDATES]
        index, origin = [LIFTED.index(joint) for joint in given], LIFTED.index(base)
        ways = turned[path[:, None], best][:, :, index] - turned[path[:, None], best][:, :, [origin]]  # (S, C, j, 3)
        chosen, _ = _viterbi(np.take_along_axis(at_yaw, best, axis=1), partial(_movement_cost, ways, rate))
        seen = [_to_camera(ways[frame, each], tilt[frame]) for frame, each in enumerate(chosen)]
        positions[:, index] = positions[:, [origin]] + np.stack(seen)
    return total, positions


def _to_camera(positions: Float[np.ndarray, "... 3"], tilt: float) -> Float[np.ndarray, "... 3"]:
    """From x right, y ahead, z up to the axes of a camera that looks down by `tilt`, rad."""
    c, s = np.cos(tilt), np.sin(tilt)
    return positions @ np.array([[1.0, 0.0, 0.0], [0.0, -s, c], [0.0, -c, -s]])


def _tilt_steps(tilt: Float[np.ndarray, " S"]) -> list[int]:
    return [round(float(each) / TILT_STEP) for each in tilt]


def _movement_cost(ways: Float[np.ndarray, "S C j 3"], rate: float, frame: int) -> Float[np.ndarray, "C C"]:
    """Return the cost of the step from each candidate of the frame before to each candidate of this frame."""
    apart = ways[frame - 1][:, None] - ways[frame][None]
    return (apart**2).sum(axis=-1).mean(axis=-1) * (rate / MOVING) ** 2 / 2


def _appearance_cost(
    shown: Mapping[int, Float[np.ndarray, "Y N 16 2"]],
    flat: ByJoint,
    weights: ByJoint,
    steps: Sequence[int],
    part: str,
    frame: int,
    yaws: slice = slice(None),
) -> Float[np.ndarray, "_ N"]:
    """Return the negative log likelihood that each pose of a part looks as the keypoints do in a frame.

    Args:
        shown: The poses as the camera shows them, from all directions, by the step of the camera's tilt.
        flat: See `match_poses`, as for `weights`.
        steps: The step of the camera's tilt in each frame.
        part: A key of `_PARTS`.
        frame: Index of the frame.
        yaws: The directions that are looked at.
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
    """Return the cheapest sequence of candidates, and its cost.

    Args:
        cost: The cost of each candidate in each frame.
        step: From the index of a frame to the cost of going from each candidate before it to each candidate in it.
    """
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
