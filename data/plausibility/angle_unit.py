"""Whether the angles of a file are in radians, where its format says degrees.

No walk in degrees has all angles below 7. If a file has, it is read in both ways. The angles are in radians where that
makes an upright person with toes and knees ahead, whose feet stand still more of the time.
"""

import numpy as np

from data.finding import Finding
from data.plausibility.person import SIDES, Person
from data.plausibility.sides import AHEAD, ahead_of_body

SMALLEST, LARGEST = 0.3, 7.0  # the largest angle of a walk in radians is between these: 17 degrees and a full turn
STILLER = 0.6  # the feet must slip less than this share of what they slip in degrees
UPRIGHT = 0.3  # share of the frames
RADIANS = Finding(
    "doubtful",
    "angles",
    f"all below {LARGEST:g}",
    "degrees",
    f"the angles are doubtful: all are below {LARGEST:g}, and only in radians do they make a person whose feet stand "
    "still, so radians are taken; write degrees, as the format has it",
)


def are_radians(in_degrees: Person, in_radians: Person) -> bool:
    """Return whether a motion is a person's in radians rather than in degrees.

    Args:
        in_degrees: The joints where all angles are taken as degrees. All are below `LARGEST`.
        in_radians: The joints where they are taken as radians.
    """
    person = in_radians.upright.mean() >= UPRIGHT and float(np.mean(ahead_of_body(in_radians))) >= AHEAD
    return bool(person and _slip(in_radians) < STILLER * _slip(in_degrees))


def _slip(person: Person) -> float:
    """Return the median speed of the foot that is slower, a frame."""
    feet = [np.linalg.norm(np.diff(person[f"{side}_ankle"], axis=0), axis=1) for side in SIDES]
    return float(np.median(np.min(feet, axis=0)))
