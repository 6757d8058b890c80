"""The floor's height in a clip, found from how low the body goes."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from data.clip import InputError, MotionClip
from data.rigs.joint_maps import detect

# Distance of a joint's centre from the skin that touches the floor, m, in an adult; our joints, left and right alike.
# A joint that is not named here (end sites of hands, fingers, thumbs) does not count.
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

SUPPORT_RANGE = 0.06  # m: lower or higher than that a part is in the air or the recording wrong


def estimate_floor(
    clip: MotionClip, joint_map: dict[str, str] | None = None, clearance: Mapping[str, float] = CLEARANCE
) -> tuple[float, str]:
    """Height of the floor in the clip's world, m, and a sentence that says how it was found.

    In each frame the body's lowest point is the lowest of its joints less that joint's clearance, whatever joint it is:
    feet, hands or back. The floor is the median of these heights over the frames in which the body rests on it: those
    within SUPPORT_RANGE of the height at which the lowest point stays longest. Neither leaps nor moments in which a
    part dips far below the floor count. Where the clip knows its soles, the feet's clearance is taken from these.

    Args:
        clip: the motion.
        joint_map: the clip's joints by our names; detected if None, and without a known rig all joints count, as toes
            do.
        clearance: distance from joint to skin by our joint's name without its side, m.
    """
    lowest = _lowest_point(clip, joint_map, clearance)
    resting = np.abs(lowest - _shortest_half(lowest)) <= SUPPORT_RANGE
    height = float(np.median(lowest[resting]))
    return height, f"floor: {height:+.3f} m, where the body's lowest point rests"


def _lowest_point(
    clip: MotionClip, joint_map: dict[str, str] | None, clearance: Mapping[str, float]
) -> Float[np.ndarray, "T"]:
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


def _sole_clearances(clip: MotionClip, joint_map: dict[str, str]) -> dict[int, float]:
    """Height above the sole of the joints of the feet, where the clip knows its soles, from the reference pose."""
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
    """Middle of the shortest interval that holds half of the values: near where they are densest."""
    ordered = np.sort(heights)
    half = (len(ordered) + 1) // 2
    widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    start = int(widths.argmin())
    return float(ordered[start] + ordered[start + half - 1]) / 2
