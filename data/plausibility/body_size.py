"""How large the person of a file is, and the unit in which that is a person's size.

The size is the length of the legs, bone by bone, on the animated motion. Props, end sites and helper bones do not
count.
"""

from collections.abc import Mapping

import numpy as np

from data.finding import Finding
from data.plausibility.person import LEG_IN_HEIGHTS

ADULT_M = 1.7
# A unit that is not named must give a height between these; a unit that few programs use, between narrower ones.
LIKELY_M = {"m": (0.8, 2.2), "cm": (0.8, 2.2), "mm": (0.8, 2.2), "inch": (1.4, 2.0), "cmu": (1.4, 2.0)}
ABSURD_M = (0.5, 2.8)  # the smallest and the largest people walk within it: a header that says more is wrong


def height_of_leg(leg: float) -> float:
    """Return the height of a body with legs of this length."""
    return leg / LEG_IN_HEIGHTS


def nearest_unit(height: float, units: Mapping[str, float]) -> str:
    """Return the unit in which a height is nearest, in ratio, to an adult's."""
    return min(units, key=lambda name: abs(np.log(height * units[name] / ADULT_M)))


def is_likely(height_m: float, unit: str) -> bool:
    """Return whether a file that names no unit is in this one, if the person has this height in it."""
    low, high = LIKELY_M[unit]
    return low <= height_m <= high


def is_absurd(height_m: float) -> bool:
    """Return whether no person has this height."""
    return not ABSURD_M[0] <= height_m <= ABSURD_M[1]


def doubt_of_unit(said: str, height_m: float, taken: str) -> Finding:
    """Return the finding on a unit that a person's size contradicts.

    Args:
        said: What gave the unit, such as "the header's unit".
        height_m: The height that follows from it.
        taken: What is taken instead, such as "cm".
    """
    return Finding(
        "doubtful",
        "unit",
        f"a height of {height_m:.3g} m by {said}",
        f"{ABSURD_M[0]:g} to {ABSURD_M[1]:g} m",
        f"the unit is doubtful: by {said} the person would be {height_m:.3g} m tall, and {taken} is taken instead; "
        "give --units where that is wrong",
    )
