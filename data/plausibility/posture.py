"""Whether the person is on two legs at some time: an animal is on four, with its knees off the floor.

People who crawl have their knees on the floor, and they begin or end standing, sitting or lying.
"""

import numpy as np

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import SIDES, Person

BEARS = 0.4  # of the leg: hands and feet that are not higher above the lowest point bear, or step
OFF = 0.2  # of the leg: knees that are higher do not bear
MOST = 0.8  # share of the frames


def judge_posture(clip: MotionClip, person: Person) -> Finding | None:
    """Judge whether hands and feet bear, and the knees do not, in nearly all frames."""
    if len(person.recorded_arms) < len(SIDES):
        return None
    low = np.min([joint[:, 2] for joint in person.joints.values()], axis=0)

    def highest(joint: str) -> np.ndarray:
        return np.max([person[f"{side}_{joint}"][:, 2] for side in SIDES], axis=0) - low

    lowest_knee = np.min([person[f"{side}_knee"][:, 2] for side in SIDES], axis=0) - low
    bears = (highest("wrist") < BEARS * person.leg) & (lowest_knee > OFF * person.leg)
    share = float((bears & (highest("ankle") < BEARS * person.leg)).mean())
    value, limit = f"on hands and feet in {100 * share:.0f} % of the frames", f"at most {100 * MOST:g} %"
    if share <= MOST:
        return Finding("good", "posture", value, limit)
    return Finding(
        "doubtful",
        "posture",
        value,
        limit,
        f"the person is doubtful: hands and feet are on the floor and the knees are not, in {100 * share:.0f} % of the "
        "frames, as an animal stands; give the motion of a person",
    )
