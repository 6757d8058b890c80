"""Whether bones keep their length, and the proportions of a person.

Joint centres from skin markers move by up to 2 cm on a limb of 40 cm. Across adults and children the trunk, from the
hips to the base of the neck, is 0.35 to 0.8 of the leg, and the arm to the wrist 0.5 to 0.8 (de Leva, 1996; our
recordings).
"""

from itertools import pairwise

import numpy as np

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import SIDES, Person
from data.trajectories import format_spans, spans

MOST_CHANGE = 0.25  # of a bone's length
MOST_UNEVEN = 0.25  # difference of a bone on the left and the right, over its length
LEG, ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
PROPORTIONS = {"trunk": (0.25, 1.0), "arm": (0.35, 0.9), "thigh": (0.35, 0.65)}
"""Part -> the smallest and the largest length over the leg's; for the thigh, of thigh and shank together."""


def judge_bone_changes(clip: MotionClip, person: Person) -> Finding:
    """Judge whether the bones of the limbs keep their length over time."""
    changes = {}
    for start, end in _bones(person):
        length = person.bone(start, end)
        changes[f"{start} to {end}"] = np.abs(length / max(float(np.median(length)), 1e-9) - 1.0)
    most = max(changes, key=lambda bone: changes[bone].max())
    largest = float(changes[most].max())
    value, limit = f"{100 * largest:.0f} %", f"at most {100 * MOST_CHANGE:g} %"
    if largest <= MOST_CHANGE:
        return Finding("good", "bones keep their length", value, limit)
    frames = format_spans(spans(np.max(list(changes.values()), axis=0) > MOST_CHANGE), 0)
    return Finding(
        "doubtful",
        "bones keep their length",
        value,
        limit,
        f"the recording is doubtful: the bone from {most.replace('_', ' ')} changes its length by "
        f"{100 * largest:.0f} %, "
        f"and bones change in frames {frames}; correct markers that were exchanged or lost there",
    )


def judge_proportions(clip: MotionClip, person: Person) -> Finding:
    """Judge whether the limbs have a person's proportions, alike on both sides. An animal is refused."""
    sizes = _proportions(person)
    wrong = [
        f"{part} {sizes[part]:.2f} of the leg, not {low:g} to {high:g}"
        for part, (low, high) in PROPORTIONS.items()
        if part in sizes and not low <= sizes[part] <= high
    ]
    uneven = _unevenness(person)
    if uneven > MOST_UNEVEN:
        wrong.append(f"sides that differ by {100 * uneven:.0f} %")
    limit = "a person's"
    if not wrong:
        return Finding("good", "proportions", ", ".join(f"{part} {size:.2f}" for part, size in sizes.items()), limit)
    if not person.upright.any() and {"trunk", "arm"} & {part.split()[0] for part in wrong}:
        return Finding(
            "bad",
            "proportions",
            "; ".join(wrong),
            limit,
            f"{clip.name} shows no person: nobody stands upright in any frame, and the body has {', '.join(wrong)}; "
            "give the motion of a person, or name the joints with --joint-map",
        )
    return Finding(
        "doubtful",
        "proportions",
        "; ".join(wrong),
        limit,
        f"the body is doubtful: it has {', '.join(wrong)}; correct the joints or markers that are named wrongly",
    )


def _bones(person: Person) -> list[tuple[str, str]]:
    bones = [(f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in pairwise(LEG)]
    return bones + [(f"{side}_{a}", f"{side}_{b}") for side in person.recorded_arms for a, b in pairwise(ARM)]


def _proportions(person: Person) -> dict[str, float]:
    """Return the lengths of parts over the leg's length."""
    thigh = sum(float(np.median(person.bone(f"{side}_hip", f"{side}_knee"))) for side in SIDES) / 2
    sizes = {"thigh": thigh / person.leg}
    if "neck" not in person.assumed:
        sizes["trunk"] = float(np.median(np.linalg.norm(person["neck"] - person.hips, axis=1))) / person.leg
    arms = [
        sum(float(np.median(person.bone(f"{side}_{a}", f"{side}_{b}"))) for a, b in pairwise(ARM))
        for side in person.recorded_arms
    ]
    return sizes | ({"arm": float(np.mean(arms)) / person.leg} if arms else {})


def _unevenness(person: Person) -> float:
    """Return the largest difference of a bone between the sides, over its length."""
    limbs = [LEG, ARM] if len(person.recorded_arms) == len(SIDES) else [LEG]
    pairs = [
        [float(np.median(person.bone(f"{side}_{a}", f"{side}_{b}"))) for side in SIDES]
        for limb in limbs
        for a, b in pairwise(limb)
    ]
    return max(abs(left - right) / max((left + right) / 2, 1e-9) for left, right in pairs)
