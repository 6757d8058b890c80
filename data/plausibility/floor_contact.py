"""Whether one level floor bears the body: most of the time something rests on it, nothing is far below, and it stays.

In our recordings the lowest point is within 6 cm of the floor in at least 74 % of the frames, also in jumps and flips,
and at most 8 cm below it.
"""

import numpy as np

from data.clip import MotionClip
from data.finding import Finding
from data.floor import SUPPORT_RANGE
from data.plausibility.person import Person

LEAST_NEAR = 0.5  # share of the frames
DEEPEST_M = 0.15
MOST_DRIFT_M = 0.12
STEADY = 0.7  # share of the variance that a steady rise must explain
QUARTERS, LEAST_STEP = 4, 0.12  # of the whole rise, from one quarter to the next


def judge_floor(clip: MotionClip, person: Person) -> Finding:
    """Judge whether the body's lowest point stays at one height."""
    low = person.lowest
    near, depth = float((np.abs(low) <= SUPPORT_RANGE).mean()), max(0.0, -float(np.percentile(low, 1)))
    value = (
        f"within {100 * SUPPORT_RANGE:g} cm of it in {100 * near:.0f} % of the frames, {100 * depth:.0f} cm below it"
    )
    limit = f"at least {100 * LEAST_NEAR:g} %, at most {100 * DEEPEST_M:g} cm"
    rise = _steady_rise(low)
    if abs(rise) > MOST_DRIFT_M:
        word = "rises" if rise > 0 else "sinks"
        return _doubt(
            f"{word} by {100 * abs(rise):.0f} cm",
            f"at most {100 * MOST_DRIFT_M:g} cm",
            f"the body's lowest point {word} steadily by {100 * abs(rise):.0f} cm, by drift or on a slope, and one "
            "level "
            "floor is taken; correct the drift, or cut the recording",
        )
    if near < LEAST_NEAR or depth > DEEPEST_M:
        return _doubt(
            value,
            limit,
            f"the body's lowest point is {value}, as on stairs, or where something is drawn below the floor; "
            "give the height of the floor with --floor, or cut the recording",
        )
    return Finding("good", "floor", value, limit)


def _doubt(value: str, limit: str, why: str) -> Finding:
    return Finding("doubtful", "floor", value, limit, f"the floor is doubtful: {why}")


def _steady_rise(low: np.ndarray) -> float:
    """Return how far the lowest point rises from the first frame to the last, m; 0 where it does not rise steadily.

    A leap at the beginning or the end is no drift: each quarter of the recording must have its share.
    """
    time = np.linspace(-0.5, 0.5, len(low))
    slope = float(time @ (low - low.mean()) / (time @ time))
    left = low - low.mean() - slope * time
    explained = 1.0 - float(left @ left) / max(float(np.square(low - low.mean()).sum()), 1e-12)
    steps = np.diff([np.median(quarter) for quarter in np.array_split(low, QUARTERS)])
    return slope if explained >= STEADY and (steps * np.sign(slope) >= LEAST_STEP * abs(slope)).all() else 0.0
