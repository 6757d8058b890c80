"""What a person weighs, by force plates and by the mass that is given. A foot beside the plates can halve a weight."""

import numpy as np
from jaxtyping import Bool

from data.force_plates import LOADED_N, ForcePlates, carrying_frames, on_plates_frames
from data.joint_tracks import JointTracks

QUIET_S, QUIET_SD = 1.0, 0.01
"""Somebody stands still while the force over this time has a standard deviation of at most this share of its mean."""
ALIKE = 0.1
"""Plates and a given mass that differ by a larger share contradict each other: clothes and a meal are some 3 %."""
DOUBTFUL = "This is doubtful"
STANDING, GIVEN = "the plates, while the person stands still", "the mass that is given"


def body_weight(plates: ForcePlates, ankles: JointTracks, given_N: float | None = None) -> tuple[float | None, str]:
    """Return the weight of the person, N, and how it was found; None, and why, if the plates never carry the person.

    It is the mean force while the person stands still on the plates. If they never do, it is the weight that is given.
    Without that, it is the mean force while the plates carry them, which is right if they end as fast as they began.

    Args:
        plates: The plates. Somebody is on them at some time.
        ankles: The true "left_ankle" and "right_ankle": a foot that stands beside the plates carries too.
        given_N: The weight that somebody says the person has.
    """
    whole = on_plates_frames(plates, ankles)
    if (standing := standing_weight(plates, whole)) is not None:
        return compare_weights(standing, STANDING, given_N)
    if given_N is not None:
        return given_N, GIVEN
    carried = heavy_frames(plates) & whole
    if not carried.any():
        return None, "a foot stands beside the plates whenever somebody is on them: give the mass"
    return float(plates.vertical_N[carried].mean()), "the mean force on the plates"


def standing_weight(plates: ForcePlates, whole: Bool[np.ndarray, "T"]) -> float | None:
    """Return the mean force while the person stands still on the plates, N. None if they never do.

    Args:
        plates: The plates.
        whole: When no foot stands beside them.
    """
    total, carried = plates.vertical_N, heavy_frames(plates) & whole
    quiet = np.zeros(len(total), bool)
    ends = np.searchsorted(plates.time_s, plates.time_s + QUIET_S)
    for start, end in enumerate(ends):
        window = slice(start, end)
        if end < len(total) and carried[window].all() and total[window].std() <= QUIET_SD * total[window].mean():
            quiet[window] = True
    return float(total[quiet].mean()) if quiet.any() else None


def compare_weights(measured_N: float, source: str, given_N: float | None, *, trust: bool = True) -> tuple[float, str]:
    """Return the weight that counts, N, and where it is from, also what contradicts it.

    Plates can miss a part of the weight. They hardly measure more than the weight.

    Args:
        measured_N: The weight by the plates.
        source: How it was measured.
        given_N: The weight that somebody says the person has. None: nobody does.
        trust: Whether the plates count before the given weight if both agree.
    """
    if given_N is None:
        return measured_N, source
    if measured_N < (1 - ALIKE) * given_N:
        return given_N, (
            f"{GIVEN}. {DOUBTFUL}: it would be {measured_N:.0f} N by {source}. "
            "The mass is wrong, or a part of the weight is beside the plates"
        )
    if measured_N > (1 + ALIKE) * given_N:
        return measured_N, f"{source}. {DOUBTFUL}: it would be {given_N:.0f} N by {GIVEN}"
    return (measured_N, source) if trust else (given_N, GIVEN)


def heavy_frames(plates: ForcePlates) -> Bool[np.ndarray, "T"]:
    """Return in which frames the plates seem to carry the whole body, whatever it weighs."""
    total = plates.vertical_N
    heavy = total[total > 0.5 * np.percentile(total[total > LOADED_N], 95)]
    return carrying_frames(plates, float(np.median(heavy)))
