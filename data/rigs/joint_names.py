"""What the names of joints mean, whatever program wrote them: sides, separators, prefixes and synonyms.

A name is split into words at separators, capitals and numbers. A word may be a side: left, right, l or r, as in
LeftUpLeg, l_thigh, thigh.L, Bip01 L Thigh and Character1_LeftUpLeg. The other words, with or without what stands before
them, name the part.
"""

import re
from collections.abc import Sequence

SIDES = {"left": "left", "l": "left", "lt": "left", "right": "right", "r": "right", "rt": "right"}

# Part -> what programs call it, the clearest names first. A name may mean two parts: the place in the rig decides.
SIDED: dict[str, tuple[str, ...]] = {
    "clavicle": ("clavicle", "collar", "collarbone", "scapula", "shoulderblade", "clav", "innershoulder", "shoulder"),
    "shoulder": (
        "upperarm",
        "uparm",
        "uarm",
        "arm",
        "humerus",
        "shldr",
        "shoulderjoint",
        "glenohumeral",
        "bicep",
        "shoulder",
    ),
    "elbow": ("elbow", "elbowjoint", "forearm", "lowerarm", "loarm", "lowarm", "farm", "radius", "ulna"),
    "wrist": ("wrist", "wristjoint", "hand", "palm"),
    "hip": ("upleg", "upperleg", "thigh", "femur", "uleg", "hip", "hipjoint", "leg"),
    "knee": ("knee", "kneejoint", "lowerleg", "loleg", "lowleg", "lleg", "shin", "calf", "shank", "tibia", "leg"),
    "ankle": ("ankle", "anklejoint", "talus", "foot"),
    "toe": ("toebase", "toe", "toes", "ball", "forefoot", "toejoint", "metatarsal", "mtp", "toesbase", "foot"),
}
TRUNK: dict[str, tuple[str, ...]] = {
    "pelvis": ("hips", "pelvis", "hip", "midhip", "hipcenter", "hipcentre", "bodycenter", "spinebase", "root"),
    "neck": ("lowerneck", "neck", "neckbase", "shouldercenter", "neckjoint"),
    "head": ("head", "upperneck", "skull", "headjoint"),
}
# Beside these, names of keypoints in space.
_POINTS = {
    "neck": ("neck", "lowerneck", "neckbase", "thorax", "shouldercenter", "spineshoulder"),
    "spine": ("spine", "torso", "chest", "spinemid", "belly"),
    "head": ("head", "headtop", "tophead", "headtip", "crown", "headend"),
    "nose": ("nose",),
    "big_toe": ("bigtoe", "toe", "toes", "toebase", "toetip"),
    "heel": ("heel",),
    "ear": ("ear",),
    "eye": ("eye",),
}
_NOISE = frozenset({"joint", "jnt", "bone", "bn", "def", "org", "skin", "bind", "sk", "jt"})


def words(name: str) -> list[str]:
    """Return the words of a name in lower case, without numbers: "Left_Up_Leg2" and "leftUpLeg" have the same ones."""
    plain = name.rpartition(":")[2]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    found = re.findall(r"[a-z]+", spaced.lower())
    return [word for word in found if word not in _NOISE] or found


def meanings(name: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the side in a name, "left", "right" or None, and what the part may be called, the longest reading first.

    "Character1_LeftUpLeg" is left, and "upleg" or "leg"; "Armature_Hips" is "armaturehips" or "hips".
    """
    found = words(name)
    at = next((index for index, word in enumerate(found) if word in SIDES and len(found) > 1), None)
    if at is not None:
        rest = found[at + 1 :] or found[:at]
        return SIDES[found[at]], _readings(rest)
    joined = "".join(found)
    for word, side in (("left", "left"), ("right", "right")):
        if joined.startswith(word) and joined != word:
            return side, (joined.removeprefix(word),)
        if joined.endswith(word) and joined != word:
            return side, (joined.removesuffix(word),)
    known = {each for names in SIDED.values() for each in names}
    for reading in _readings(found):
        if reading[:1] in ("l", "r") and reading[1:] in known:
            return SIDES[reading[0]], (reading[1:],)
    return None, _readings(found)


def to_keypoints(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of `keypoints.sets` for names of joints in space; the name itself where it means nothing."""
    return tuple(_keypoint(name) or name for name in names)


def _readings(found: list[str]) -> tuple[str, ...]:
    return tuple("".join(found[start:]) for start in range(len(found)))


def _keypoint(name: str) -> str | None:
    side, readings = meanings(name)
    sided = {part: names for part, names in SIDED.items() if part not in ("clavicle", "toe")}
    middle = {"pelvis": TRUNK["pelvis"]}
    for reading in readings:
        for part, called in (_POINTS | (sided if side else middle)).items():
            if reading in called:
                return f"{side}_{part}" if side else part
    return None
