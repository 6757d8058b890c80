"""Where joints of our body are on a person whose recording lacks them. Such joints do not move."""

import numpy as np
from jaxtyping import Float

LOWER_SPINE_FRACTION = 0.4  # of the way from the pelvis to the upper spine: near L5/S1
UPPER_SPINE_FRACTION = 0.5  # of the way from the lower spine to the neck
CLAVICLE_FRACTION = 0.15  # of the shoulder's distance from the midline: the sternoclavicular joint
TOE_FRACTION = 0.6  # of the horizontal way from the ankle to the tip of the toes: the ball of the foot

# The forefoot in shank lengths, after Drillis and Contini (1966). Of the body height H, the shank is 0.246 long, the
# foot 0.152 long, the ankle 0.039 high. The ankle is at 0.25 of the foot's length; the ball is at 0.7, 0.012 H high.
BALL_IN_SHANKS = np.array([0.28, 0.0, -0.11])
TOE_TIP_IN_SHANKS = np.array([0.185, 0.0, 0.0])  # relative to the ball


def place(
    joint: str, parent: Float[np.ndarray, "3"], points: dict[str, Float[np.ndarray, "3"]], shank: float
) -> Float[np.ndarray, "3"]:
    """Return the place of a missing joint of the spine, a clavicle or a toe, in the frame of its rigid group, m.

    Args:
        joint: Our name of the joint.
        parent: Place of the parent body's joint, m.
        points: Places of the joints and tips that the group carries, m, by our names.
        shank: Length of the person's shank, m; used for toes only.
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
