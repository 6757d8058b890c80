"""A vertical ground force beside a measured one. Forces over time are in newtons, errors in shares of body weight."""

import numpy as np
from jaxtyping import Float

PERCENT = 100.0

Force = Float[np.ndarray, "T"]


def force_error_pct(force: Force, measured: Force, body_weight: float) -> float:
    """Return the mean absolute error of a force, % of body weight. NaN without frames."""
    return PERCENT * _mean(np.abs(force - measured)) / body_weight


def constant_error_pct(measured: Force, body_weight: float) -> float:
    """Return the error that the mean of the measured force would have in each frame, % of body weight.

    A force with a larger error says less than its mean does.
    """
    return force_error_pct(np.full(len(measured), _mean(measured)), measured, body_weight)


def correlation(force: Force, measured: Force) -> float:
    """Return Pearson's r between a force and the measured one. NaN if one of them does not change."""
    if len(force) < 2 or np.ptp(force) == 0 or np.ptp(measured) == 0:
        return float("nan")
    return float(np.corrcoef(force, measured)[0, 1])


def _mean(values: Force) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
