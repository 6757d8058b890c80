"""Whether the root's path belongs to the steps: a body that walks moves along, and a foot that bears does not slide."""

import numpy as np

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import SIDES, Person

STEPS = 0.2  # of the leg: feet that move less relative to the hips take no steps
LEAST = 0.15  # path of the hips over that of the feet relative to the hips; even a squat has more


def judge_root_path(clip: MotionClip, person: Person) -> Finding | None:
    """Judge whether the hips move while the feet do."""
    hips = float(np.linalg.norm(np.ptp(person.hips, axis=0)))
    relative = [person[f"{side}_ankle"] - person.hips for side in SIDES]
    feet = float(np.mean([np.linalg.norm(np.ptp(each, axis=0)) for each in relative]))
    if feet < STEPS * person.leg:
        return None
    value, limit = f"{hips:.2f} m, feet {feet:.2f} m", f"at least {100 * LEAST:g} % of the feet's way"
    if hips >= LEAST * feet:
        return Finding("good", "path of the root", value, limit)
    return Finding(
        "doubtful",
        "path of the root",
        value,
        limit,
        f"the path is doubtful: the hips move {100 * hips:.1f} cm in all while the feet move {100 * feet:.0f} cm to "
        "and "
        "fro, so the file has no path, or its path has another unit than its bones; export it with the path of the "
        "root",
    )
