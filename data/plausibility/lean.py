"""Whether gravity points down: a person who stands, walks or runs has the centre of mass above the supporting foot.

On average over steps that holds for every pace: the forces that accelerate the body sum to zero. Our recordings of
standing, walking, running and dancing people lean by at most 13 degrees in this sense.
"""

import numpy as np

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import SIDES, Person, unit

MOST_DEG = 18.0
BOTH_M_S = 0.05  # the foot that moves less bears, and both where their speeds differ by less
FEWEST = 0.2  # share of the frames: with fewer that stand, nothing is judged
STANDS = 0.7  # cosine of the lean of a body that stands; others lie


def judge_lean(clip: MotionClip, person: Person) -> Finding | None:
    """Judge how far the body leans, on average, over the foot that bears it."""
    stands = person.upright & (unit(person["neck"] - person.ankles)[:, 2] > STANDS)
    if stands.mean() < FEWEST:
        return None
    feet = np.stack([_foot(person, side) for side in SIDES])
    speed = np.linalg.norm(np.gradient(feet, axis=1), axis=-1) * clip.fps
    bears = speed <= speed.min(axis=0) + BOTH_M_S
    support = np.einsum("st,sti->ti", bears / bears.sum(axis=0), feet)
    lean = (person.center_of_mass - support)[stands].mean(axis=0)
    degrees = float(np.degrees(np.arctan2(np.linalg.norm(lean[:2]), lean[2])))
    value, limit = f"{degrees:.0f} degrees", f"at most {MOST_DEG:g} degrees"
    if degrees <= MOST_DEG:
        return Finding("good", "lean", value, limit)
    return Finding(
        "doubtful",
        "lean",
        value,
        limit,
        f"gravity is doubtful: on average the upright body leans by {degrees:.0f} degrees over the foot that bears it; "
        "give --up-axis, or turn the recording upright",
    )


def _foot(person: Person, side: str) -> np.ndarray:
    ankle, toe = person[f"{side}_ankle"], person.toe(side)
    return ankle if toe is None else (ankle + toe) / 2
