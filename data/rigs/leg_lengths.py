"""Legs that are long enough to stand.

The joints that markers tell come closer together where a knee bends: the skin slides, and the hip follows from the
pelvis alone. The mean length of the bones is then some centimetres too short for a straight leg, and a body with such
bones cannot stand on both feet where the recorded one does. A leg that is too long only bends its knee a little more.
"""

from dataclasses import replace

import numpy as np

from data.clip import MotionClip
from data.rigs.retarget import RetargetedMotion

STRAIGHT_PERCENT = 95.0
"""A straight leg reaches as far as the recorded one in this part of the frames, %. Our choice: the rest is noise."""
LEAST, LONGEST = 1.015, 1.06
"""Legs stay if both lack less than the first factor: a centimetre is also made up by soles and hips. No leg is
lengthened by more than the second one: beyond it, the recording errs. Our choice."""


def lengthen_legs(motion: RetargetedMotion, clip: MotionClip) -> tuple[RetargetedMotion, dict[str, float]]:
    """Return the motion with thighs and shanks that reach as far as the recorded legs do.

    Args:
        motion: The clip's motion on our body.
        clip: The clip.

    Returns:
        The motion, and by which factor each leg was lengthened, by side.
    """
    offset = motion.joint_offset.copy()
    factors = {}
    for side in ("left", "right"):
        hip, knee, ankle = (motion.rig.keys.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
        start, end = (clip.positions[:, clip.joint(str(motion.source_joint[each]))] for each in (hip, ankle))
        reach = float(np.percentile(np.linalg.norm(start - end, axis=1), STRAIGHT_PERCENT))
        bones = float(np.linalg.norm(offset[[knee, ankle]], axis=1).sum())
        factors[side] = float(np.clip(reach / bones, 1.0, LONGEST))
        offset[[knee, ankle]] *= factors[side]
    if max(factors.values()) < LEAST:
        return motion, dict.fromkeys(factors, 1.0)
    return replace(motion, joint_offset=offset), factors
