"""Whether the force of the ground is one that people reach.

A walk, which moves up and down at 0.3 m/s, has peaks of 1.0 to 1.5 body weights; a run, at 1.0 m/s, has 2.0 to 2.9
(Nilsson and Thorstensson, Ground reaction forces at different speeds of human walking and running, 1989). Who lands at
2.5 m/s has 4.2, at 5.0 m/s 9.1 (McNitt-Gray, Kinetics of the lower extremities during drop landings from three heights,
1993). The peak of a landing is linear in the root of the height, and so in the speed (Niu et al., Peak vertical ground
reaction force during two-leg landing, 2014). The limit is a line above all of these. Sprinters exceed it.
"""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import maximum_filter1d

from data.finding import Finding, level_of
from pipelines.reconstruction.judgements.result import Result

AT_REST, PER_SPEED = 1.8, 1.5  # body weights; and for each m/s
AROUND_S = 0.3  # to both sides: so long before or after the force the body has the speed
TIMES_THE_LIMIT = (1.0, 2.0)  # the second is our choice


def largest_force(speed: Float[np.ndarray, "F"]) -> Float[np.ndarray, "F"]:
    """Return the largest force, body weights, that people reach who move up or down at a speed, m/s."""
    return AT_REST + PER_SPEED * speed


def judge_total_force(result: Result) -> Finding:
    """Judge the whole force of the ground, by how fast the body moves up or down around it."""
    force = np.linalg.norm(result.force, axis=1)
    rate = float(result.motion.fps_hz)
    speed = np.abs(np.gradient(result.center_of_mass[:, 2])) * rate
    fastest = maximum_filter1d(speed, 2 * round(AROUND_S * rate) + 1, mode="nearest")
    limit = largest_force(fastest)
    worst = int(np.argmax(force / limit))
    level = level_of(float(force[worst] / limit[worst]), TIMES_THE_LIMIT)
    value, allowed = f"{force[worst]:.1f} body weights", f"at most {limit[worst]:.1f} body weights"
    sentence = (
        f"the ground pushes {result.name} with {value} at {result.motion.time_s[worst]:.1f} s, where people reach "
        f"{limit[worst]:.1f} at most: do not use forces from there; {result.remedy}"
    )
    return Finding(level, "force of the ground", value, allowed, "" if level == "good" else sentence)
