"""The parts of a body mesh: our names, and the names that others use."""

import re

SIDES = ("left", "right")
TORSO = "torso"  # stands for pelvis, abdomen and thorax where a mesh does not tell them apart
_MIDDLE = {
    "pelvis": ("hips",),
    "abdomen": ("belly", "spine", "spine1"),
    "thorax": ("chest", "spine2"),
    TORSO: ("trunk",),
    "head": ("neck", "eyeballs"),
}
_SIDED = {
    "shoulder_girdle": ("shoulder", "clavicle", "collar"),
    "upper_arm": ("arm",),
    "forearm": ("lower_arm",),
    "hand": ("hand_index1", "fingers"),
    "thigh": ("up_leg", "upper_leg"),
    "shank": ("leg", "lower_leg", "shin", "calf"),
    "foot": (),
    "toes": ("toe", "toe_base"),
}
_ALSO_HEAD = ("eye",)  # with a side before it, such as "leftEye"

NAMES = (*_MIDDLE, *(f"{side}_{part}" for side in SIDES for part in _SIDED))
JOINTS = (
    "neck",
    *(f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe")),
)
"""Joints whose positions a mesh file may give, by our names."""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_OURS = (
    {_plain(alias): part for part, aliases in _MIDDLE.items() for alias in (part, *aliases)}
    | {_plain(side + alias): f"{side}_{part}" for side in SIDES for part in _SIDED for alias in (part, *_SIDED[part])}
    | {_plain(side + alias): "head" for side in SIDES for alias in _ALSO_HEAD}
)


def part_of(name: str) -> str | None:
    """Return our name of a part, such as "left_thigh" for "leftUpLeg"; None if the name is unknown."""
    return _OURS.get(_plain(name))


def missing_parts(parts: set[str]) -> list[str]:
    """Return what a mesh with these parts lacks. Toes, shoulder girdles and the trunk's division may be missing."""
    limbs = [part for part in _SIDED if part not in ("shoulder_girdle", "toes")]
    needed = ["head", *(f"{side}_{part}" for side in SIDES for part in limbs)]
    for part in ("shoulder_girdle", "toes"):
        if any(f"{side}_{part}" in parts for side in SIDES):
            needed += [f"{side}_{part}" for side in SIDES]
    if not parts & {"pelvis", "abdomen", "thorax", TORSO}:
        needed.append(TORSO)
    return [part for part in needed if part not in parts]
