"""Who walks or runs on a treadmill: the velocity of the belt, and the motion over it.

The belt is the ground of such a recording. Seen from it, the standing feet rest, and the same forces act (Galilei).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from data.clip import MotionClip

LEAST_S = 1.0
"""A shorter recording does not tell a belt: in one step over ground, the hips stay behind too. Our choice, s."""
SLOWEST_M_PER_S = 0.4
"""A slower belt is not told from feet that slide. Our choice."""
LOW_M, LOWEST_PERCENT = 0.02, 5.0
"""A foot stands while it is not higher than this above its lowest places. Our choice."""
ALIKE, STAYS = 0.2, 0.2
"""Standing feet move alike up to this share of the belt's speed, and the hips move on by less. Our choice."""
STRIDES_M, BOUNCES_M = 0.3, 0.002
"""Each foot moves by more beside the hips, and the hips by more up and down. An animation without the root's path does
not. Our choice."""


def belt_velocity(clip: MotionClip, joint_map: Mapping[str, str]) -> Float[np.ndarray, "2"] | None:
    """Return the horizontal velocity of the belt below the feet, m/s. None: there is no treadmill.

    Args:
        clip: The motion.
        joint_map: The clip's joint names by our names.
    """
    if clip.duration < LEAST_S:
        return None
    hips = np.mean([clip.positions[:, clip.joint(joint_map[f"{side}_hip"])] for side in ("left", "right")], axis=0)
    standing = []
    for side in ("left", "right"):
        foot = clip.positions[:, clip.joint(joint_map.get(f"{side}_toe", joint_map[f"{side}_ankle"]))]
        low = foot[:, 2] < np.percentile(foot[:, 2], LOWEST_PERCENT) + LOW_M
        if np.linalg.norm(np.ptp((foot - hips)[:, :2], axis=0)) < STRIDES_M or low.all():
            return None
        standing.append((np.gradient(foot[:, :2], axis=0) * clip.fps)[low])
    belt = _densest(np.concatenate(standing))
    speed = float(np.linalg.norm(belt))
    if speed < SLOWEST_M_PER_S or np.ptp(hips[:, 2]) < BOUNCES_M:
        return None
    apart = [np.linalg.norm(each - belt, axis=1) for each in standing]
    moves_on = np.linalg.norm(hips[-1, :2] - hips[0, :2]) / clip.duration
    if max(float(np.median(each)) for each in apart) > ALIKE * speed or moves_on > STAYS * speed:
        return None
    return belt


def _densest(velocities: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "2"]:
    """Return the median of the half that lies closest together along their mean: feet roll on and leave, too."""
    mean = velocities.mean(axis=0)
    order = np.argsort(velocities @ mean)
    along, half = (velocities @ mean)[order], len(order) // 2
    first = int((along[half:] - along[: len(along) - half]).argmin())
    return np.median(velocities[order[first : first + half + 1]], axis=0)


def over_the_belt(clip: MotionClip, belt: Float[np.ndarray, "2"]) -> MotionClip:
    """Return the motion as it is seen from a belt with this velocity, m/s. The first frame stays where it is."""
    time = np.arange(clip.num_frames) / clip.fps
    way = np.concatenate([time[:, None] * belt, np.zeros((len(time), 1))], axis=1)
    return replace(clip, positions=clip.positions - way[:, None])
