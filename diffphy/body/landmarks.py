"""Where on our body detectors see their keypoints: at its joints, and at points of head, hands and feet."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES
from diffphy.body.measurements import Measurements

# Of the head, ahead, to the left and up: the first two in statures, the third in the way from neck to crown. Breadth
# and depth of a head are 0.087 and 0.11 of the stature; the ears are at half of its depth, the nose before it.
_HEAD = {
    "nose": (0.070, 0.0, 0.50),
    "eye_inner": (0.058, 0.010, 0.62),
    "eye": (0.055, 0.018, 0.62),
    "eye_outer": (0.050, 0.027, 0.62),
    "ear": (0.0, 0.044, 0.57),
    "mouth": (0.060, 0.014, 0.36),
}
_FINGERS = {"index": 1.0, "pinky": 0.9, "thumb": 0.7}  # knuckles and thumb, along the hand to where a recording ends


def landmarks(
    person: Measurements, names: Sequence[str]
) -> tuple[tuple[int, ...], Float[np.ndarray, "K 3"], list[str]]:
    """Body and place in its frame, m, of the keypoints that our body has.

    Args:
        person: whose body it is.
        names: of keypoints, as detectors' sets have them: "left_knee", "nose", "right_heel".

    Returns:
        Indices of the bodies, the places, and the names that are left: those that our body does not have are not there.
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
        return f"{side}_toes", toes * np.array([0.5, 1.0, 1.0]) + np.array([0.0, lateral * 0.035 * person.stature, 0.0])
    return None


def _sided(name: str) -> tuple[str, str]:
    """Side and part of "left_knee" and of "mouth_left"; no side of "nose"."""
    parts = name.split("_")
    if parts[0] in ("left", "right"):
        return parts[0], "_".join(parts[1:])
    if parts[-1] in ("left", "right"):
        return parts[-1], "_".join(parts[:-1])
    return "", name
