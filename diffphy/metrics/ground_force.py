"""A ground force beside a measured one. Forces over time are in newtons, errors in shares of body weight."""

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


def rms_difference(force: Force, measured: Force) -> float:
    """Return the root mean square of the difference of two forces, in their unit. NaN without frames."""
    return float(np.sqrt(_mean((force - measured) ** 2)))


def range_error_pct(force: Force, measured: Force, least_range: float = 0.0) -> float:
    """Return the root mean square error of a force, % of the range of the measured one.

    NaN without frames, and where the range is not larger than `least_range`: then it says nothing.
    """
    if len(measured) == 0 or not np.ptp(measured) > least_range:
        return float("nan")
    return PERCENT * rms_difference(force, measured) / float(np.ptp(measured))


def crossing_time(time: Force, force: Force, threshold: float, *, rising: bool) -> float:
    """Return when a force first rises above a threshold, or last falls below it, by linear interpolation, s.

    NaN if it does not: it may be above the threshold from the first frame on.
    """
    above = force >= threshold
    change = np.flatnonzero(~above[:-1] & above[1:] if rising else above[:-1] & ~above[1:])
    if not len(change):
        return float("nan")
    at = change[0] if rising else change[-1]
    share = (threshold - force[at]) / (force[at + 1] - force[at])
    return float(time[at] + share * (time[at + 1] - time[at]))


def _mean(values: Force) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
