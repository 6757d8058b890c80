"""A built-in walk with bones of the left leg that are too short, as their mean is where a knee bends."""

from dataclasses import replace

import numpy as np
import pytest

from data import formats
from data.rigs import joint_maps
from data.rigs.leg_lengths import LONGEST, STRAIGHT_PERCENT, lengthen_legs
from data.rigs.retarget import RetargetedMotion, retarget
from pipelines.inputs.subject import RIG


def legs(motion: RetargetedMotion, side: str) -> np.ndarray:
    """Lengths of thigh and shank, m."""
    return np.linalg.norm(
        motion.joint_offset[[motion.rig.keys.index(f"{side}_{joint}") for joint in ("knee", "ankle")]], axis=1
    )


@pytest.mark.parametrize("short", [1.0, 0.995])
def test_bones_that_are_long_enough_stay(short: float) -> None:
    clip = formats.read("builtin:walk")
    motion = retarget(clip, RIG, joint_maps.detect(clip, None))
    motion = replace(motion, joint_offset=short * motion.joint_offset)
    same, factors = lengthen_legs(motion, clip)
    assert factors == {"left": 1.0, "right": 1.0}
    np.testing.assert_array_equal(same.joint_offset, motion.joint_offset)


@pytest.mark.parametrize(("short", "expected"), [(0.97, 1 / 0.97), (0.9, LONGEST)])
def test_a_leg_reaches_as_far_as_it_was_recorded(short: float, expected: float) -> None:
    clip = formats.read("builtin:walk")
    motion = retarget(clip, RIG, joint_maps.detect(clip, None))
    offset = motion.joint_offset.copy()
    left = [motion.rig.keys.index(f"left_{joint}") for joint in ("knee", "ankle")]
    offset[left] *= short  # as the mean over frames in which the leg is bent
    longer, factors = lengthen_legs(replace(motion, joint_offset=offset), clip)
    hip, ankle = (clip.positions[:, clip.joint(str(motion.source_joint[each]))] for each in (left[0] - 1, left[1]))
    reach = np.percentile(np.linalg.norm(hip - ankle, axis=1), STRAIGHT_PERCENT)
    straightest = reach / legs(motion, "left").sum()
    assert factors["left"] == pytest.approx(min(straightest / short, LONGEST), rel=1e-6)
    assert factors["left"] == pytest.approx(expected, rel=0.02)
    np.testing.assert_allclose(legs(longer, "left"), factors["left"] * short * legs(motion, "left"))
    right = [motion.rig.keys.index(f"right_{joint}") for joint in ("knee", "ankle")]
    assert factors["right"] == pytest.approx(1.0, abs=0.005)
    others = [body for body in range(len(offset)) if body not in left + right]
    np.testing.assert_array_equal(longer.joint_offset[others], offset[others])
