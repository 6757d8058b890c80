"""Units of length in files."""

from data.clip import InputError

METRES_PER_UNIT = {
    "m": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "inch": 0.0254,
    "cmu": 0.0254 / 0.45,  # the raw unit of the CMU recordings: 5.644 cm
}
SMALLEST_M, LARGEST_M = 1e-7, 1e7  # no recording has another unit


def metres_per_unit(unit: str) -> float:
    """Return the metres of a unit that the user gave: a name, or a number of metres. Raises InputError if unknown."""
    if unit in METRES_PER_UNIT:
        return METRES_PER_UNIT[unit]
    try:
        metres = float(unit)
    except ValueError:
        metres = 0.0
    if not SMALLEST_M <= metres <= LARGEST_M:
        raise InputError(f"unknown unit '{unit}': use one of {', '.join(METRES_PER_UNIT)}, or metres a unit") from None
    return metres
