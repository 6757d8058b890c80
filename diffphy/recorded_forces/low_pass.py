"""The smoothing of what markers or a film show, before it is differentiated."""

import numpy as np
from jaxtyping import Float
from scipy.signal import butter, sosfiltfilt

ORDER = 2
_PADDED_PERIODS = 3


def low_pass(values: Float[np.ndarray, "T *dims"], rate: float, cutoff: float) -> Float[np.ndarray, "T *dims"]:
    """Return values over time without their fast part, by a Butterworth filter that runs both ways and delays nothing.

    A cutoff that the rate cannot resolve leaves the values as they are.

    Args:
        values: The values.
        rate: Frames a second.
        cutoff: Frequency above which the values are damped, Hz.
    """
    if cutoff >= rate / 2:
        return values
    padded = min(int(_PADDED_PERIODS * rate / cutoff), len(values) - 1)
    return sosfiltfilt(butter(ORDER, cutoff / (rate / 2), output="sos"), values, axis=0, padlen=padded)
