"""Compares what methods did in the benchmark: which values they reached, and after how many iterations.

Source: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, section 5.1.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from optimus.benchmark import MethodResult

ROUNDING = 1e-15
"""Smallest distance from the minimum, relative to its size or to 1, at which doubles tell two methods apart."""


def best_so_far(result: MethodResult) -> Float[np.ndarray, " K"]:
    """Return the lowest value up to every iteration, mean over the starts."""
    return np.minimum.accumulate(result.values, axis=1).mean(axis=0)


def performance_profile(
    reached: Mapping[str, Float[np.ndarray, " P"]],
    minimum: Float[np.ndarray, " P"],
    thresholds: Float[np.ndarray, " T"],
) -> dict[str, Float[np.ndarray, " T"]]:
    """Return the share of P problems in which a method's distance from the minimum is within a factor of the smallest.

    Source: Beiranvand, Hare and Lucet, Best practices for comparing optimization algorithms, 2017; Optimus, equation 3.
    Distances below `ROUNDING` * max(|minimum|, 1) count as this much.

    Args:
        reached: Best value of each method in each problem.
        minimum: Lowest value of each problem.
        thresholds: The factors, at least 1.
    """
    smallest = ROUNDING * np.maximum(np.abs(minimum), 1.0)
    gap = np.maximum(np.stack(list(reached.values())) - minimum[None], smallest[None])
    with np.errstate(invalid="ignore"):  # infinity / infinity: no method of the problem has a finite value, none counts
        ratio = gap / gap.min(axis=0, keepdims=True)
    return {name: (ratio[index][:, None] <= thresholds[None]).mean(axis=0) for index, name in enumerate(reached)}


def relative_iterations(ours: MethodResult, other: MethodResult) -> float:
    """Return how many times more iterations `other` needs than `ours` to reach the best value of `other`.

    Both are counted up to the first iteration with this value, and at least 1. The ratio is 0 if `ours` never reaches
    the value.
    """
    target = best_so_far(other)[-1]
    ours_there, other_there = (np.flatnonzero(best_so_far(result) <= target) for result in (ours, other))
    return 0.0 if len(ours_there) == 0 else float(max(other_there[0], 1) / max(ours_there[0], 1))
