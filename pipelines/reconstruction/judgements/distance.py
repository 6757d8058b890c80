"""Whether the simulation follows the motion that it was to follow, or has fallen over."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from data.finding import Finding, grade
from pipelines.reconstruction.judgements.result import Result

MEAN_PCT, WORST_PCT = (5.0, 15.0), (12.0, 30.0)  # of the stature; our choice
AT_ONCE_S = 0.2  # the worst is a mean over so long


def judge_mean_distance(result: Result) -> Finding:
    """Judge the mean distance of the joints from the followed motion."""
    mean = 100 * float(result.away_m.mean()) / result.stature
    return grade(
        "distance",
        mean,
        MEAN_PCT,
        "% of the stature",
        f"the simulation is {10 * mean * result.stature:.0f} mm away from {result.name} on average, so it does not "
        f"follow it; {result.remedy}",
    )


def judge_largest_distance(result: Result) -> Finding:
    """Judge the largest distance of the joints from the followed motion."""
    frames = max(1, round(AT_ONCE_S * float(result.motion.fps_hz)))
    away = 100 * uniform_filter1d(result.away_m, frames, mode="nearest") / result.stature
    worst, far = int(np.argmax(away)), ~(away <= WORST_PCT[0])
    return grade(
        "largest distance",
        float(away[worst]),
        WORST_PCT,
        "% of the stature",
        f"the simulation has lost {result.name}{result.when(far)}, where it is up to "
        f"{10 * away[worst] * result.stature:.0f} mm away; {result.remedy}",
    )
