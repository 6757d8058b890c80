"""Whether the force of the ground is one that people reach.

A walk has peaks of 1.0 to 1.5 body weights, a run of 2.0 to 2.9 (Nilsson and Thorstensson, Ground reaction forces at
different speeds of human walking and running, 1989). Who lands at 2.5 m/s has 4.2, at 5.0 m/s 9.1 (McNitt-Gray,
Kinetics of the lower extremities during drop landings from three heights, 1993). So the limit grows with the speed at
which the followed motion moves up or down. It lies above all of these.
"""

import numpy as np
from scipy.ndimage import maximum_filter1d

from data.finding import Finding, level_of
from pipelines.reconstruction.judgements.result import Result

AT_REST, PER_SPEED = 2.2, 1.5  # body weights; and for each m/s
AROUND_S = 0.3  # to both sides: so long before or after the force the body has the speed
TIMES_THE_LIMIT = (1.0, 2.0)  # the second is our choice


def judge_total_force(result: Result) -> Finding:
    """Judge the whole force of the ground, by how fast the body moves up or down around it."""
    force = np.linalg.norm(result.force, axis=1)
    rate = float(result.motion.fps_hz)
    speed = np.abs(np.gradient(result.center_of_mass[:, 2])) * rate
    fastest = maximum_filter1d(speed, 2 * round(AROUND_S * rate) + 1, mode="nearest")
    limit = AT_REST + PER_SPEED * fastest
    worst = int(np.argmax(force / limit))
    level = level_of(float(force[worst] / limit[worst]), TIMES_THE_LIMIT)
    value, allowed = f"{force[worst]:.1f} body weights", f"at most {limit[worst]:.1f} body weights"
    sentence = (
        f"the ground pushes {result.name} with {value} at {result.motion.time_s[worst]:.1f} s, where people reach "
        f"{limit[worst]:.1f} at most: do not use forces from there; {result.remedy}"
    )
    return Finding(level, "force of the ground", value, allowed, "" if level == "good" else sentence)
