"""Where joints of our body sit on a person whose recording lacks them. They stay at zero: only their place matters."""

import numpy as np
from jaxtyping import Float

LOWER_SPINE_FRACTION = 0.4  # of the way from the pelvis to the upper spine: about L5/S1
UPPER_SPINE_FRACTION = 0.5  # of the way from the lower spine to the neck
CLAVICLE_FRACTION = 0.15  # of the shoulder's distance from the midline: the sternoclavicular joint
TOE_FRACTION = 0.6  # of the horizontal way from the ankle to the tip of the toes: the ball of the foot

# The fore foot in shank lengths, after Drillis and Contini (1966): of the body height H the shank is 0.246, the foot
# 0.152 long, the ankle 0.039 high; the ankle lies at a quarter of the foot, the ball at 0.7 and 0.012 H high.
BALL_IN_SHANKS = np.array([0.28, 0.0, -0.11])
TOE_TIP_IN_SHANKS = np.array([0.185, 0.0, 0.0])  # from the ball


def place(
    joint: str, parent: Float[np.ndarray, "3"], points: dict[str, Float[np.ndarray, "3"]], shank: float
) -> Float[np.ndarray, "3"]:
    """The place of a missing joint (one of the spine, a clavicle or a toe) in the frame of the rigid group it belongs
    to.

    Args:
        joint: our name of it.
        parent: place of its parent body's joint, m.
        points: places of the joints and tips that the group carries, m, by our names.
        shank: length of the person's shank, m; used for toes only.
    """
    if joint == "lower_spine":
        above = points["upper_spine"] if "upper_spine" in points else UPPER_SPINE_FRACTION * points["neck"]
        return LOWER_SPINE_FRACTION * above
    if joint == "upper_spine":
        return UPPER_SPINE_FRACTION * points["neck"]
    side, _, part = joint.partition("_")
    if part == "clavicle":
        return parent + np.array([1.0, CLAVICLE_FRACTION, 1.0]) * (points[f"{side}_shoulder"] - parent)
    assert part == "toe", f"{joint} may not be missing"
    tip = points.get(f"{side}_toes_tip")
    return shank * BALL_IN_SHANKS if tip is None else np.array([TOE_FRACTION, TOE_FRACTION, 1.0]) * tip
