"""Whether the ground pushes as the recording asks for, by how its centre of mass moves.

A simulation can be near the recorded joints and have stumbled: toes that fold below the foot, a foot that bounces.
"""

import numpy as np
from scipy.ndimage import convolve1d, maximum_filter1d

from data.finding import Finding, grade
from pipelines.reconstruction.judgements.result import Result

OFF_PCT = (20.0, np.inf)  # of the largest force that is asked for around it, at least of the weight. Our choice
MEAN_S, AROUND_S = 0.2, 0.3  # single frames of an impact differ; the second time is to both sides


def judge_asked_force(result: Result) -> Finding | None:
    """Judge the vertical force of the ground. None where the recording does not tell it."""
    asked = result.asked
    if asked is None or not np.any(asked.known):
        return None
    rate, total = float(result.motion.fps_hz), np.asarray(asked.total, float)[:, 2]
    known = np.asarray(asked.known) > 0.0
    known[0] = False  # no force has acted there
    off = np.where(known, result.force[:, 2] - total, 0.0)
    frames = max(1, round(MEAN_S * rate))
    mean = np.sqrt(convolve1d(off**2, np.full(frames, 1.0 / frames), mode="constant"))
    largest = maximum_filter1d(np.where(known, total, 1.0), 2 * round(AROUND_S * rate) + 1)
    away = 100 * mean / np.maximum(largest, 1.0)
    worst = int(away.argmax())
    return grade(
        "force that is asked for",
        float(away[worst]),
        OFF_PCT,
        "% away from what the recording asks for",
        f"around {result.motion.time_s[worst]:.1f} s the ground pushes {result.name} with a force that is "
        f"{away[worst]:.0f} % away from what the recording asks for: do not use forces from there; {result.remedy}",
    )
