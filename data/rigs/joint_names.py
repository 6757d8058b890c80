"""What the names of joints mean, whatever program wrote them: sides, separators, prefixes and synonyms.

A name is split into words at separators, at capitals and at numbers. A word may be a side: left, l, or r at the
beginning or at the end, as in LeftUpLeg, l_thigh, thigh.L and bip01_L_Thigh. The words that are left name the part.
"""

import re
from collections.abc import Sequence

# Part of the body -> what programs call it, without separators and side.
_SYNONYMS = {
    "pelvis": ("pelvis", "hips", "hip", "root", "midhip", "mhip", "hipcenter", "hipcentre", "centerhip", "bodycenter"),
    "neck": ("neck", "thorax", "spineshoulder", "shouldercenter", "uppertorso", "neckbase"),
    "spine": ("spine", "torso", "chest", "spinemid", "belly"),
    "head": ("head", "headtop", "tophead", "headtip", "crown", "headend"),
    "nose": ("nose",),
    "shoulder": ("shoulder", "upperarm", "arm", "humerus", "shoulderjoint"),
    "elbow": ("elbow", "forearm", "lowerarm", "radius", "elbowjoint"),
    "wrist": ("wrist", "hand", "wristjoint"),
    "hip": ("hip", "upleg", "upperleg", "thigh", "femur", "hipjoint"),
    "knee": ("knee", "leg", "lowerleg", "shin", "calf", "shank", "tibia", "kneejoint"),
    "ankle": ("ankle", "foot", "anklejoint"),
    "big_toe": ("bigtoe", "toe", "toes", "toebase", "toetip", "ltoe"),
    "heel": ("heel",),
    "ear": ("ear",),
    "eye": ("eye",),
}
_PART = {name: part for part, names in _SYNONYMS.items() for name in names}
_SIDED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "big_toe", "heel", "ear", "eye")
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}


def words(name: str) -> list[str]:
    """Return the words of a name in lower case: "LeftUpLeg" and "left_up_leg" have the same ones."""
    plain = name.rpartition(":")[2]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return re.findall(r"[a-z]+|\d+", spaced.lower())


def side_and_part(name: str) -> tuple[str | None, str]:
    """Return the side in a name, "left", "right" or None, and the rest of its words, joined."""
    parts = words(name)
    for at in (0, -1):
        if len(parts) > 1 and parts[at] in _SIDES:
            return _SIDES[parts[at]], "".join(parts[1:] if at == 0 else parts[:-1])
    joined = "".join(parts)
    for word in ("left", "right"):
        if word in joined and joined != word:
            return word, joined.replace(word, "", 1)
    if joined[:1] in "lr" and joined[1:] in _PART:
        return _SIDES[joined[0]], joined[1:]
    return None, joined


def to_keypoints(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of `keypoints.sets` for names of joints in space; the name itself where it means nothing."""
    found = []
    for name in names:
        side, rest = side_and_part(name)
        part = _PART.get(rest)
        if side is not None and part in _SIDED:
            found.append(f"{side}_{part}")
        elif side is None and part is not None and part not in _SIDED:
            found.append(part)
        else:
            found.append("pelvis" if side is None and rest == "hip" else name)
    return tuple(found)
