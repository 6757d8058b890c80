"""The height of the floor in a clip, found from how low the body goes."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from data.clip import InputError, MotionClip
from data.rigs.joint_maps import detect

# Distance from a joint's centre to the skin that touches the floor, m, in an adult. Left and right joints are alike.
# Joints that are not listed (fingers, thumbs, the ends of hands) do not count.
CLEARANCE: Mapping[str, float] = {
    "toe": 0.03,
    "toes_tip": 0.03,
    "ankle": 0.065,
    "knee": 0.05,
    "hip": 0.10,
    "pelvis": 0.11,
    "upper_spine": 0.11,
    "neck": 0.06,
    "head_tip": 0.0,
    "shoulder": 0.07,
    "elbow": 0.04,
    "wrist": 0.03,
}

SUPPORT_RANGE = 0.06  # m: a lowest point farther from the floor is in the air, or the recording is wrong


def estimate_floor(
    clip: MotionClip, joint_map: Mapping[str, str] | None = None, clearance: Mapping[str, float] = CLEARANCE
) -> tuple[float, str]:
    """Return the height of the floor in the clip's world, m, and a sentence that says how it was found.

    In each frame the body's lowest point is the lowest of its joints, less that joint's clearance. Any joint may be the
    lowest: of the feet, the hands or the back. The floor is the median height of the lowest point over the frames in
    which the body rests on it. These are the frames within SUPPORT_RANGE of the height at which the lowest point stays
    longest. So neither leaps nor short dips below the floor count. Where the clip knows its soles, they replace the
    clearance of the feet.

    Args:
        clip: The motion.
        joint_map: The clip's joints by our names; detected if None. Without a known rig all joints count, with the
            clearance of the toes.
        clearance: Distance from joint to skin, m, by our joint's name without its side.
    """
    height = resting_height(lowest_point(clip, joint_map, clearance))
    return height, f"floor: {height:+.3f} m, where the body's lowest point rests"


def resting_height(lowest: Float[np.ndarray, "T"]) -> float:
    """Return the height at which the body's lowest point stays longest, m. See `estimate_floor`."""
    resting = np.abs(lowest - _shortest_half(lowest)) <= SUPPORT_RANGE
    if not resting.any():  # on stairs, half of the values span several steps: take the height with most values
        around = np.abs(lowest[:, None] - lowest[None]) <= SUPPORT_RANGE
        resting = around[around.sum(axis=1).argmax()]
    return float(np.median(lowest[resting]))


def lowest_point(
    clip: MotionClip, joint_map: Mapping[str, str] | None = None, clearance: Mapping[str, float] = CLEARANCE
) -> Float[np.ndarray, "T"]:
    """Return the height of the body's lowest point over time, m. The parameters are those of `estimate_floor`."""
    try:
        joint_map = joint_map or detect(clip)
    except InputError:
        return clip.positions[..., 2].min(axis=1) - clearance["toe"]
    of_joint = {
        clip.joint(name): clearance[part]
        for ours, name in joint_map.items()
        if (part := ours.removeprefix("left_").removeprefix("right_")) in clearance
    } | _sole_clearances(clip, joint_map)
    joints = list(of_joint)
    return (clip.positions[:, joints, 2] - list(of_joint.values())).min(axis=1)


def _sole_clearances(clip: MotionClip, joint_map: Mapping[str, str]) -> dict[int, float]:
    """Return the heights of the foot joints above the sole in the reference pose, where the clip knows its soles."""
    if clip.sole_depth is None:
        return {}
    clearances: dict[int, float] = {}
    for side in ("left", "right"):
        ankle = clip.joint(joint_map[f"{side}_ankle"])
        for key in (f"{side}_{joint}" for joint in ("ankle", "toe", "toes_tip")):
            if key not in joint_map:
                continue
            joint = clip.joint(joint_map[key])
            clearances[joint] = clip.sole_depth + float(clip.rest_positions[joint, 2] - clip.rest_positions[ankle, 2])
    return clearances


def _shortest_half(heights: Float[np.ndarray, "T"]) -> float:
    """Return the middle of the shortest interval that holds half of the values: near their densest point."""
    ordered = np.sort(heights)
    half = (len(ordered) + 1) // 2
    widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    start = int(widths.argmin())
    return float(ordered[start] + ordered[start + half - 1]) / 2
