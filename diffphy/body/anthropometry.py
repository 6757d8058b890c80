"""Segment masses, centres of mass and inertias of adults, by height and mass.

Source of the table: P. de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", Journal of
Biomechanics 29(9), 1996, table 4. It has centres on the lines between joints; how far they are behind is from R. Dumas,
L. Chèze and J.-P. Verriest, "Adjustments to McConville et al. and Young et al. body segment inertial parameters",
Journal of Biomechanics 40, 2007. Stature from the legs: R. Drillis and R. Contini, "Body segment parameters", 1966
(the lengths that Winter's "Biomechanics and Motor Control of Human Movement" reprints).
"""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

Sex = Literal["female", "male", "average"]


class Segment(NamedTuple):
    """A row of the table.

    Attributes:
        mass: Mass over the body's.
        center: Distance of the centre of mass from the segment's first end, over the segment's length.
        gyration: Radii of gyration about the sagittal (forward), transverse (sideways) and longitudinal axes, over the
            segment's length.
    """

    mass: float
    center: float
    gyration: tuple[float, float, float]


_FEMALE = {
    "head": Segment(0.0668, 0.5894, (0.330, 0.359, 0.318)),  # from the vertex
    "upper_trunk": Segment(0.1545, 0.5050, (0.466, 0.314, 0.449)),  # from the seventh cervical vertebra
    "middle_trunk": Segment(0.1465, 0.4512, (0.433, 0.354, 0.415)),  # from the xiphoid process
    "lower_trunk": Segment(0.1247, 0.4920, (0.433, 0.402, 0.444)),  # from the navel
    "upper_arm": Segment(0.0255, 0.5754, (0.278, 0.260, 0.148)),
    "forearm": Segment(0.0138, 0.4559, (0.261, 0.257, 0.094)),
    "hand": Segment(0.0056, 0.7474, (0.531, 0.454, 0.335)),  # to the third knuckle
    "thigh": Segment(0.1478, 0.3612, (0.369, 0.364, 0.162)),
    "shank": Segment(0.0481, 0.4352, (0.267, 0.263, 0.092)),  # knee to ankle joint centre
    "foot": Segment(0.0129, 0.4014, (0.299, 0.279, 0.139)),  # from the heel
}
_MALE = {
    "head": Segment(0.0694, 0.5976, (0.362, 0.376, 0.312)),
    "upper_trunk": Segment(0.1596, 0.5066, (0.505, 0.320, 0.465)),
    "middle_trunk": Segment(0.1633, 0.4502, (0.482, 0.383, 0.468)),
    "lower_trunk": Segment(0.1117, 0.6115, (0.615, 0.551, 0.587)),
    "upper_arm": Segment(0.0271, 0.5772, (0.285, 0.269, 0.158)),
    "forearm": Segment(0.0162, 0.4574, (0.276, 0.265, 0.121)),
    "hand": Segment(0.0061, 0.7900, (0.628, 0.513, 0.401)),
    "thigh": Segment(0.1416, 0.4095, (0.329, 0.329, 0.149)),
    "shank": Segment(0.0433, 0.4395, (0.251, 0.246, 0.102)),
    "foot": Segment(0.0137, 0.4415, (0.257, 0.245, 0.124)),
}

# Lengths of the three trunk segments in mm from the hip line to the seventh cervical vertebra, which is where motion
# capture has the neck: lower, middle, upper.
_TRUNK = {"male": (145.7, 215.5, 242.1), "female": (181.5, 205.3, 228.0)}

# How far the centres of mass are behind the lines between the joints, over the segment's length. For the trunk, whose
# length here is from the hips to the neck, it is 1.6 % (women) and 3.6 % (men) of the length from the lumbar joint to
# the neck, which is 80 and 84 % of it. Arms and head are left out: their offsets are not across a line that is known.
_BEHIND = {
    "female": {"thigh": 0.077, "shank": 0.049, "trunk": 0.016 * 0.80},
    "male": {"thigh": 0.041, "shank": 0.048, "trunk": 0.036 * 0.84},
}

# Over stature. The foot's measures are in `foot`.
LEG_LENGTH = 0.491  # hip to ankle (Drillis and Contini: 0.530 - 0.039)
HAND_LENGTH = 0.108  # wrist to finger tip
# The lengths to which the table's rows of head and hand refer (de Leva's table 4: mean of women and men over their
# stature).
VERTEX_TO_GONION = 0.116
WRIST_TO_THIRD_KNUCKLE = 0.047
NORMAL_BODY_MASS_INDEX = 22.0  # kg/m^2: middle of the World Health Organization's normal range, 18.5 to 25


def segments(sex: Sex) -> dict[str, Segment]:
    """Return the table for one sex. `average` is the mean of the two, row by row."""
    if sex == "female":
        return _FEMALE
    if sex == "male":
        return _MALE
    mean = {}
    for name, female in _FEMALE.items():
        male = _MALE[name]
        gyration = tuple((np.array(female.gyration) + np.array(male.gyration)) / 2)
        mean[name] = Segment((female.mass + male.mass) / 2, (female.center + male.center) / 2, gyration)
    return mean


def trunk_lengths(sex: Sex) -> Float[np.ndarray, "3"]:
    """Return the lengths of the lower, middle and upper trunk over the whole trunk's."""
    rows = [_TRUNK[s] for s in (("female", "male") if sex == "average" else (sex,))]
    return np.mean([np.array(row) / np.sum(row) for row in rows], axis=0)


def behind_line(sex: Sex) -> dict[str, float]:
    """Return how far the centre of mass of "thigh", "shank" and "trunk" is behind its line, over their lengths."""
    rows = [_BEHIND[s] for s in (("female", "male") if sex == "average" else (sex,))]
    return {part: float(np.mean([row[part] for row in rows])) for part in rows[0]}


def estimate_height(thigh_length: float, shank_length: float) -> float:
    """Estimate the stature, m, from the lengths of thigh and shank, m."""
    return (thigh_length + shank_length) / LEG_LENGTH


def estimate_mass(height: float) -> float:
    """Estimate the body mass, kg, from the stature, m, by a body mass index of 22."""
    return NORMAL_BODY_MASS_INDEX * height**2
