"""Whether something bears the body while a foot of the followed motion stands."""

import numpy as np

from data.finding import Finding, grade
from data.trajectories import longest_span
from pipelines.reconstruction.judgements.result import Result

LIGHT = 0.05  # of the weight: less bears nobody
LONGEST_S = (0.1, 1.0)  # our choice; built-in motions have up to 0.07


def judge_flight(result: Result) -> Finding:
    """Judge how long nothing bears the body although a foot stands."""
    stands = result.stands.any(axis=1)
    flies = stands & (np.linalg.norm(result.force, axis=1) < LIGHT)
    flies[0] = False  # no force has acted yet
    first, end = longest_span(flies)
    longest = (end - first) / float(result.motion.fps_hz)
    return grade(
        "flight",
        longest,
        LONGEST_S,
        "s with a standing foot",
        f"nothing bears {result.name} for {longest:.1f} s at {result.motion.time_s[first]:.1f} s, although a foot "
        f"stands there: do not use the forces around; {result.remedy}",
    )
