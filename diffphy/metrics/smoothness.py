"""Smoothness of a motion: differences of joint positions over time.

Positions are (T frames, J joints), m, world axes, without alignment. Derivatives are finite differences, so values at
different frame rates cannot be compared. A motion with too few frames for a difference gives NaN.
"""

import numpy as np
from jaxtyping import Float

from diffphy.metrics.position import Positions


def total_variation(positions: Positions, fps: float) -> float:
    """Return TV, total variation: change of the joints' acceleration from frame to frame, summed over joints, m/s^2.

    `1/N sum_t sum_k |a_k(t+1) - a_k(t)|`, with a_k the acceleration of joint k and N = T - 3 differences. Divide by
    fps^2 for metres per frame^2.
    Source: Gaertner et al., CVPR 2023, section 5.2. It does not say the unit.
    """
    return _mean_over_time(_norms(np.diff(positions, n=3, axis=0)).sum(-1)) * fps**2


def jitter(positions: Positions, fps: float) -> float:
    """Return jitter: magnitude of the jerk, the third time derivative, mean over joints and time, in units of 10 m/s^3.

    Source: Yi et al., TransPose, SIGGRAPH 2021. The unit is that of Shin et al., WHAM, CVPR 2024.
    """
    return _mean_over_time(_norms(np.diff(positions, n=3, axis=0))) * fps**3 / 10


def acceleration_error(result: Positions, reference: Positions, fps: float) -> float:
    """Return the distance between the accelerations of result and reference, mean over joints and time, m/s^2.

    Source: Kanazawa et al., Learning 3D Human Dynamics from Video, CVPR 2019 (there in mm per frame^2).
    """
    return _mean_over_time(_norms(np.diff(result - reference, n=2, axis=0))) * fps**2


def _norms(vectors: Positions) -> Float[np.ndarray, "T J"]:
    return np.linalg.norm(vectors, axis=-1)


def _mean_over_time(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
