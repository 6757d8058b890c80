"""From the keypoints of a set in space to the joints of our body."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

CROWN_FROM_EARS = 1.75  # distance from the base of the neck to the crown, over the distance to the middle of the ears

# Our joint -> the keypoint at the same place.
_SAME = {
    "pelvis": "pelvis",
    "upper_spine": "spine",
    "neck": "neck",
    "head_tip": "head",
    **{
        f"{side}_{joint}": f"{side}_{keypoint}"
        for side in ("left", "right")
        for joint, keypoint in (
            *((each, each) for each in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
            ("toes_tip", "big_toe"),
        )
    },
}
# Our joint -> the two keypoints that have it in their middle.
_MIDDLE = {"pelvis": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder")}


def joint_positions(
    names: Sequence[str], positions: Float[np.ndarray, "T K 3"]
) -> tuple[dict[str, Float[np.ndarray, "T 3"]], Float[np.ndarray, "T 3"] | None]:
    """Return the positions of our joints by the keys of a joint map, and the nose, which tells how the head is turned.

    In a set without a pelvis or a neck, they are the middle of the hips and of the shoulders. In a set without a crown,
    it lies beyond the ears. Joints that do not follow from the set are left out. Without a nose it is None.

    Args:
        names: Names of the keypoints, as in `sets`.
        positions: World positions of the keypoints, m.
    """
    at = {name: positions[:, index] for index, name in enumerate(names)}
    found = {ours: at[name] for ours, name in _SAME.items() if name in at}
    for ours, pair in _MIDDLE.items():
        if ours not in found and all(name in at for name in pair):
            found[ours] = (at[pair[0]] + at[pair[1]]) / 2
    if "head_tip" not in found and {"left_ear", "right_ear"} <= at.keys() and "neck" in found:
        found["head_tip"] = found["neck"] + CROWN_FROM_EARS * ((at["left_ear"] + at["right_ear"]) / 2 - found["neck"])
    return found, at.get("nose")
