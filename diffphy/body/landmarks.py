"""Where on our body detectors see their keypoints: at its joints, and at points of head, hands and feet."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from diffphy.body import foot
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, split_side
from diffphy.body.measurements import Measurements

# Points of the head: ahead and to the left over stature, upward over the distance from neck to crown. The breadth of a
# head is 0.087 of the stature, its depth 0.11. The ears are at half of the depth, the nose is in front of it.
_HEAD = {
    "nose": (0.070, 0.0, 0.50),
    "eye_inner": (0.058, 0.010, 0.62),
    "eye": (0.055, 0.018, 0.62),
    "eye_outer": (0.050, 0.027, 0.62),
    "ear": (0.0, 0.044, 0.57),
    "mouth": (0.060, 0.014, 0.36),
}
_FINGERS = {
    "index": 1.0,
    "pinky": 0.9,
    "thumb": 0.7,
}  # knuckles and thumb, over the distance to the recorded end of the hand


def landmarks(
    person: Measurements, names: Sequence[str]
) -> tuple[tuple[int, ...], Float[np.ndarray, "K 3"], list[str]]:
    """Return where our body has keypoints.

    Args:
        person: Whose body it is.
        names: Names of keypoints, as in the sets of detectors: "left_knee", "nose", "right_heel".

    Returns:
        Indices of the bodies, the places in their frames, m, and the names. Keypoints that our body does not have are
        left out.
    """
    found = {name: place for name in names if (place := _place(person, name)) is not None}
    bodies = tuple(BODY_NAMES.index(body) for body, _ in found.values())
    places = np.array([place for _, place in found.values()]).reshape(-1, 3)
    return bodies, places, list(found)


def _place(person: Measurements, name: str) -> tuple[str, Float[np.ndarray, "3"]] | None:
    if name in ("pelvis", "upper_spine", "lower_spine", "neck"):
        return (name if name == "pelvis" else BODY_NAMES[1 + JOINT_NAMES.index(name)]), np.zeros(3)
    if name == "spine":
        return _place(person, "upper_spine")
    if name == "head":
        return "head", person.tip("head")
    side, part = _sided(name)
    lateral = {"left": 1.0, "right": -1.0, "": 0.0}[side]
    if part in _HEAD:
        ahead, aside, up = _HEAD[part]
        return "head", np.array([ahead * person.stature, lateral * aside * person.stature, up * person.tip("head")[2]])
    if not side:
        return None
    if f"{side}_{part}" in JOINT_NAMES:
        return BODY_NAMES[1 + JOINT_NAMES.index(f"{side}_{part}")], np.zeros(3)
    if part in _FINGERS:
        return f"{side}_hand", _FINGERS[part] * person.tip(f"{side}_hand")
    if part == "heel":
        return f"{side}_foot", np.array([-person.heel_length, 0.0, -person.ankle_height / 2])
    toes = person.tip(f"{side}_toes")
    if part == "big_toe":
        return f"{side}_toes", toes
    if part == "small_toe":
        return f"{side}_toes", toes * np.array([0.5, 1.0, 1.0]) + np.array(
            [0.0, lateral * foot.SMALL_TOE_OFFSET * person.stature, 0.0]
        )
    return None


def _sided(name: str) -> tuple[str, str]:
    """Split a keypoint's name into side and part: "left_knee" and "mouth_left" have a side, "nose" has none."""
    part, _, last = name.rpartition("_")
    return (last, part) if last in ("left", "right") else split_side(name)
