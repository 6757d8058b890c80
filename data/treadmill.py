"""Who walks or runs on a treadmill: the velocity of the belt, and the motion over it.

The belt is the ground of such a recording. Seen from it, the standing feet rest, and the same forces act (Galilei).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from data.clip import MotionClip
from data.finding import Finding

LEAST_S = 1.0
"""A shorter recording does not tell a belt: in one step over ground, the hips stay behind too. Our choice, s."""
SLOWEST_M_PER_S = 0.4
"""A slower belt is not told from feet that slide. Our choice."""
LOW_M, LOWEST_PERCENT = 0.02, 5.0
"""A foot stands while it is not higher than this above its lowest places. Our choice."""
ALIKE, STAYS = 0.2, 0.2
"""Standing feet move alike up to this share of the belt's speed, and the hips move on by less. Our choice."""
CLIMBS = 0.2
"""Standing feet go up or down by less than this share of the belt's speed. In walks and runs it is at most 0.1, on a
bicycle 0.3."""
RISES = 0.08
"""A level belt lets the feet sink by less than this share of its way. In level walks and runs it is at most 0.05."""
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
    feet = _feet(clip, joint_map)
    low = _low(feet)
    strides = np.linalg.norm(np.ptp((feet - hips[:, None])[..., :2], axis=0), axis=-1)
    if strides.min() < STRIDES_M or low.all(axis=0).any():
        return None
    velocity = np.gradient(feet, axis=0) * clip.fps
    belt = _densest(velocity[low][:, :2])
    speed = float(np.linalg.norm(belt))
    if speed < SLOWEST_M_PER_S or np.ptp(hips[:, 2]) < BOUNCES_M:
        return None
    apart = np.linalg.norm(velocity[..., :2] - belt, axis=-1)
    stands = low & (apart < ALIKE * speed)
    climbs = float(np.sqrt((velocity[stands][:, 2] ** 2).mean())) / speed if stands.any() else 0.0
    moves_on = np.linalg.norm(hips[-1, :2] - hips[0, :2]) / clip.duration
    alike = max(float(np.median(apart[low[:, side], side])) for side in range(2)) <= ALIKE * speed
    return belt if alike and climbs < CLIMBS and moves_on <= STAYS * speed else None


def judge_belt(clip: MotionClip, joint_map: Mapping[str, str], belt: Float[np.ndarray, "2"]) -> Finding:
    """Judge whether the belt goes evenly and level, by the feet that stand on it in each second.

    Args:
        clip: The motion in the laboratory.
        joint_map: The clip's joint names by our names.
        belt: Velocity of the belt, m/s.
    """
    feet = _feet(clip, joint_map)
    low, velocity, speed = _low(feet), np.gradient(feet, axis=0) * clip.fps, float(np.linalg.norm(belt))
    length = max(1, round(LEAST_S * clip.fps))
    off = {}
    for start in range(0, max(1, clip.num_frames - length + 1), max(1, length // 4)):
        part = slice(start, start + length)
        if low[part].any():
            middle = np.median(velocity[part][low[part]][:, :2], axis=0)
            off[start / clip.fps] = float(np.linalg.norm(middle - belt)) / speed
    worst = max(off.values(), default=0.0)
    rises = -float(np.median(velocity[low][:, 2])) / speed
    value = f"uneven by {100 * worst:.0f} %, rises by {100 * rises:.0f} %"
    limit = f"at most {100 * ALIKE:g} %, {100 * RISES:g} %"
    if worst > ALIKE:
        first = next(start for start, each in off.items() if each > ALIKE)
        return Finding(
            "doubtful",
            "treadmill",
            value,
            limit,
            f"the treadmill is doubtful: for a second from {first:.1f} s on the feet that stand do not go with its "
            f"belt at {speed:.2f} m/s, so somebody stands beside it, or it changes its speed; "
            "give --start and --end of a part in which it goes evenly",
        )
    if abs(rises) > RISES:
        return Finding(
            "doubtful",
            "treadmill",
            value,
            limit,
            f"the treadmill is doubtful: its belt rises by {100 * rises:.0f} %, and the floor here is level; "
            "use a recording on a level belt",
        )
    return Finding("good", "treadmill", value, limit)


def _feet(clip: MotionClip, joint_map: Mapping[str, str]) -> Float[np.ndarray, "T 2 3"]:
    """Return the toes, or the ankles where there are none, left and right."""
    names = [joint_map.get(f"{side}_toe", joint_map[f"{side}_ankle"]) for side in ("left", "right")]
    return clip.positions[:, [clip.joint(name) for name in names]]


def _low(feet: Float[np.ndarray, "T 2 3"]) -> Bool[np.ndarray, "T 2"]:
    """Return when each foot is low enough to stand."""
    return feet[..., 2] < np.percentile(feet[..., 2], LOWEST_PERCENT, axis=0) + LOW_M


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
