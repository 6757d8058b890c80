"""All judgements on a clip. To add one, write it in a file of its own and add it to `JUDGEMENTS`."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from data.clip import InputError, MotionClip
from data.finding import Finding
from data.plausibility.bones import judge_bone_changes, judge_proportions
from data.plausibility.floor_contact import judge_floor
from data.plausibility.jumps import judge_jumps
from data.plausibility.lean import judge_lean
from data.plausibility.person import Person
from data.plausibility.posture import judge_posture
from data.plausibility.rate import judge_rate
from data.plausibility.repeats import judge_repeats
from data.plausibility.root_path import judge_root_path
from data.plausibility.sides import judge_knees, judge_sides
from data.plausibility.size import judge_size

Judgement = Callable[[MotionClip, Person], Finding | None]
"""Judges a clip. None where the motion does not tell."""

JUDGEMENTS: tuple[Judgement, ...] = (
    judge_size,
    judge_proportions,
    judge_bone_changes,
    judge_posture,
    judge_sides,
    judge_knees,
    judge_lean,
    judge_rate,
    judge_repeats,
    judge_jumps,
    judge_root_path,
    judge_floor,
)
"""In the order in which they are shown. The first ones say what makes the later ones meaningless."""


def judge(clip: MotionClip, joint_map: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what the reader of a clip found, and every judgement on its motion.

    Args:
        clip: The motion, Z up, the floor at any height.
        joint_map: The clip's joint names by our names.
    """
    person = Person.of_clip(clip, joint_map)
    size = judge_size(clip, person)
    if size.level == "bad":
        return (*clip.findings, size)
    judged = (judgement(clip, person) for judgement in JUDGEMENTS)
    return (*clip.findings, *(finding for finding in judged if finding is not None))


def judged(clip: MotionClip, joint_map: Mapping[str, str], *, as_is: bool = False) -> MotionClip:
    """Return the clip with all its findings.

    Args:
        clip: The motion, Z up, the floor at any height.
        joint_map: The clip's joint names by our names.
        as_is: Take also a recording that cannot be right.

    Raises:
        InputError: A finding is bad.
    """
    findings = judge(clip, joint_map)
    bad = next((finding for finding in findings if finding.level == "bad"), None)
    if bad is not None and not as_is:
        raise InputError(bad.sentence)
    return replace(clip, findings=findings)
