"""An adult of average proportions, for a simulation without any recording.

Sources of the proportions, all over stature:

- Upper arm, forearm, thigh, shank and trunk: P. de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia
  parameters", Journal of Biomechanics 29(9), 1996, table 4. The masses of every humanoid come from the same table.
- Height of the shoulders, and the foot: R. Drillis and R. Contini, "Body segment parameters", 1966.
- The other proportions are our choice and are marked below.
"""

from typing import get_args

import numpy as np
from jaxtyping import Float

from diffphy.body import anthropometry, foot
from diffphy.body.anthropometry import Sex
from diffphy.body.build import build_humanoid
from diffphy.body.humanoid import BODY_NAMES, Humanoid, by_joint
from diffphy.body.measurements import Measurements

# mm, in de Leva's table 4: upper arm, forearm, thigh, shank, and the trunk from the hips to the neck; last the stature.
_LENGTHS = {
    "female": (275.1, 264.3, 368.5, 432.3, 614.8, 1735.0),
    "male": (281.7, 268.9, 422.2, 434.0, 603.3, 1741.0),
}
SHOULDER_HEIGHT = 0.818  # over stature (Drillis and Contini)

# Our choice, over stature. The centres of the shoulder joints are inside of and below the tips of the shoulders, whose
# half distance is 0.129 (Drillis and Contini); the hip joints are half as far apart as the hips are wide (0.191).
SHOULDER_ASIDE = 0.100
CLAVICLE_ASIDE = 0.017
HIP_ASIDE = 0.048


def average_person(stature: float = 1.75, mass: float | None = None, sex: Sex = "average") -> Humanoid:
    """Build the humanoid of an adult of average proportions, in float64 numpy.

    Args:
        stature: Height, m.
        mass: Body mass, kg; None: that of a body mass index of 22.
        sex: Whose proportions of length and mass it has.

    Raises:
        ValueError: Stature or mass is no positive number, or there is no such sex.
    """
    return build_humanoid(average_measurements(stature, mass, sex))


def average_measurements(stature: float = 1.75, mass: float | None = None, sex: Sex = "average") -> Measurements:
    """Return the measurements of an adult of average proportions. The arguments are those of `average_person`."""
    for name, value in (("stature", stature), ("mass", mass)):
        if value is not None and not 0 < value < np.inf:
            raise ValueError(f"{name} is {value}: give a positive number")
    if sex not in get_args(Sex):
        raise ValueError(f"sex is {sex!r}: choose one of {', '.join(get_args(Sex))}")
    sexes = ("female", "male") if sex == "average" else (sex,)
    upper_arm, forearm, thigh, shank, trunk = np.mean([np.array(_LENGTHS[s][:-1]) / _LENGTHS[s][-1] for s in sexes], 0)
    lower, middle, upper = trunk * anthropometry.trunk_lengths(sex)
    hips = foot.ANKLE_HEIGHT + shank + thigh
    toe_joint = (foot.BALL * foot.LENGTH - foot.HEEL_LENGTH, 0.0, foot.TOES_HALF_HEIGHT - foot.ANKLE_HEIGHT)
    offset: dict[str, tuple[float, float, float]] = {  # by kind of joint, of the left side
        "lower_spine": (0.0, 0.0, lower),
        "upper_spine": (0.0, 0.0, middle),
        "neck": (0.0, 0.0, upper),
        "clavicle": (0.0, CLAVICLE_ASIDE, SHOULDER_HEIGHT - (hips + lower + middle)),
        "shoulder": (0.0, SHOULDER_ASIDE - CLAVICLE_ASIDE, 0.0),
        "elbow": (0.0, upper_arm, 0.0),
        "wrist": (0.0, forearm, 0.0),
        "hip": (0.0, HIP_ASIDE, 0.0),
        "knee": (0.0, 0.0, -thigh),
        "ankle": (0.0, 0.0, -shank),
        "toe": toe_joint,
    }
    offsets = stature * np.array([(0.0, 0.0, 0.0), *by_joint(offset)])
    offsets *= np.array([_mirror(body) for body in BODY_NAMES])
    tips = {"head": np.array([0.0, 0.0, stature * (1.0 - hips - trunk)])}
    for side in ("left", "right"):
        tips[f"{side}_hand"] = stature * np.array([0.0, anthropometry.HAND_LENGTH, 0.0]) * _mirror(f"{side}_hand")
        tips[f"{side}_toes"] = stature * np.array([(1.0 - foot.BALL) * foot.LENGTH, 0.0, 0.0])
    return Measurements(offsets, tips, height=stature, mass=mass, sex=sex)


def _mirror(body: str) -> Float[np.ndarray, "3"]:
    """Return what takes a vector of the left side to the side of a body."""
    return np.array([1.0, -1.0 if body.startswith("right") else 1.0, 1.0])
