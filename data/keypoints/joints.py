"""From keypoints that are known in space to the joints of our body."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

CROWN_FROM_EARS = 1.75  # the crown's distance from the base of the neck, over that of the middle of the ears

# Our joint -> the keypoint that is it.
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
# ... or the keypoints in whose middle it is.
_MIDDLE = {"pelvis": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder")}


def joint_positions(
    names: Sequence[str], positions: Float[np.ndarray, "T K 3"]
) -> tuple[dict[str, Float[np.ndarray, "T 3"]], Float[np.ndarray, "T 3"] | None]:
    """Positions of our joints by the keys of a joint map, and of the nose, by which a head is turned.

    A set without a pelvis or a neck has them in the middle of the hips and the shoulders; one without a crown has it
    beyond the ears. What a set lacks is left out.

    Args:
        names: of the keypoints, as in `keypoint_skeletons`.
        positions: in the world, m.
    """
    at = {name: positions[:, index] for index, name in enumerate(names)}
    found = {ours: at[name] for ours, name in _SAME.items() if name in at}
    for ours, pair in _MIDDLE.items():
        if ours not in found and all(name in at for name in pair):
            found[ours] = (at[pair[0]] + at[pair[1]]) / 2
    if "head_tip" not in found and {"left_ear", "right_ear"} <= at.keys() and "neck" in found:
        found["head_tip"] = found["neck"] + CROWN_FROM_EARS * ((at["left_ear"] + at["right_ear"]) / 2 - found["neck"])
    return found, at.get("nose")
