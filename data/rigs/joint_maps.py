"""Which joint of a file's rig is which of ours, for the usual rigs and for the user's own.

A joint map is a dict from our names to the clip's. Its keys are "pelvis" (the root) and the joints of our body.
Optional keys are:
    "<body>_tip" for head, left_hand, right_hand, left_toes and right_toes: the joint or end site where the body ends;
    "head", "left_hand", "right_hand": the joint whose orientation the body follows, if it is not the joint at its base.
"""

import itertools
import re
from pathlib import Path

import numpy as np
import yaml
from jaxtyping import Float

from data.clip import InputError, MotionClip
from data.rigs import shape_of_rig, unknown_rigs

_SIDED = ("clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe")
REQUIRED = (
    "pelvis",
    "neck",
    *(f"{side}_{j}" for side in ("left", "right") for j in _SIDED if j not in ("clavicle", "toe")),
)
OPTIONAL = (
    "lower_spine",
    "upper_spine",
    *(f"{side}_{joint}" for side in ("left", "right") for joint in ("clavicle", "toe")),
    *("head", "left_hand", "right_hand"),
    *(f"{body}_tip" for body in ("head", "left_hand", "right_hand", "left_toes", "right_toes")),
)

FEW = 3  # required joints: where the names tell no more, the shape of the skeleton does

# Along each chain, each mapped joint of the clip must be a descendant of the one before. It is left free where on the
# trunk a limb begins: in some rigs the arms hang on the neck.
_CHAINS = (
    ("pelvis", "lower_spine", "upper_spine", "neck", "head_tip"),
    *(
        tuple(f"{side}_{part}" for part in limb)
        for side in ("left", "right")
        for limb in (
            ("clavicle", "shoulder", "elbow", "wrist", "hand_tip"),
            ("hip", "knee", "ankle", "toe", "toes_tip"),
        )
    ),
)
_FOLLOWERS = {"head": "neck", "left_hand": "left_wrist", "right_hand": "right_wrist"}  # body -> the joint at its base

# Our name -> the rig's names; the first one that the clip has is used. {S} stands for Left/Right, {s} for l/r, {side}
# for left/right.
_Names = dict[str, tuple[str, ...]]

_FULL_NAMES: _Names = {
    "clavicle": ("{S}Shoulder",),
    "shoulder": ("{S}Arm",),
    "elbow": ("{S}ForeArm",),
    "wrist": ("{S}Hand",),
    "hip": ("{S}UpLeg",),
    "knee": ("{S}Leg",),
    "ankle": ("{S}Foot",),
    "toe": ("{S}ToeBase", "{S}Toe"),
    "toes_tip": ("{S}Toe_End", "{S}ToeBase_end", "{S}Toe_end"),
}

# Rigs in the order in which they are tried.
_RIGS: dict[str, tuple[_Names, _Names]] = {  # name -> (names of the trunk, names of one side)
    # The upper spine is the second of three spine joints. The third is no choice: neck and shoulders are at its place,
    # so that the thorax would have no length.
    "CMU BVH": (
        {
            "pelvis": ("Hips",),
            "lower_spine": ("LowerBack",),
            "upper_spine": ("Spine",),
            "neck": ("Neck",),
            "head": ("Head",),
            "head_tip": ("Head_end",),
        },
        _FULL_NAMES | {"hand": ("{S}FingerBase",), "hand_tip": ("{S}HandIndex1_end",)},
    ),
    # The wrist bone is the lower third of the forearm.
    "CMU ASF": (
        {
            "pelvis": ("root",),
            "lower_spine": ("lowerback",),
            "upper_spine": ("thorax",),
            "neck": ("lowerneck",),
            "head": ("head",),
            "head_tip": ("head_end",),
        },
        {
            "clavicle": ("{s}clavicle",),
            "shoulder": ("{s}humerus",),
            "elbow": ("{s}radius",),
            "wrist": ("{s}hand",),
            "hand_tip": ("{s}fingers_end",),
            "hip": ("{s}femur",),
            "knee": ("{s}tibia",),
            "ankle": ("{s}foot",),
            "toe": ("{s}toes",),
            "toes_tip": ("{s}toes_end",),
        },
    ),
    # Names of Mixamo (its prefix is stripped), MotionBuilder, and programs that copy them. Shoulders and neck hang on
    # the last spine joint.
    "Mixamo or MotionBuilder": (
        {
            "pelvis": ("Hips",),
            "lower_spine": ("Spine",),
            "upper_spine": ("Spine3", "Spine2", "Spine1"),
            "neck": ("Neck",),
            "head": ("Head",),
            "head_tip": ("HeadTop_End", "Head_end"),
        },
        _FULL_NAMES | {"hand_tip": ("{S}HandMiddle4", "{S}HandMiddle3", "{S}Hand_end")},
    ),
    "DAZ": (
        {
            "pelvis": ("hip",),
            "lower_spine": ("abdomen",),
            "upper_spine": ("chest",),
            "neck": ("neck",),
            "head": ("head",),
            "head_tip": ("head_end",),
        },
        {
            "clavicle": ("{s}Collar",),
            "shoulder": ("{s}Shldr",),
            "elbow": ("{s}ForeArm",),
            "wrist": ("{s}Hand",),
            "hand_tip": ("{s}Mid3_end", "{s}Mid2_end", "{s}Hand_end"),
            "hip": ("{s}Thigh",),
            "knee": ("{s}Shin",),
            "ankle": ("{s}Foot",),
            "toe": ("{s}Toe", "{s}Foot_end"),
            "toes_tip": ("{s}Toe_end",),
        },
    ),
    "ours": (  # what `bvh.write` writes of our body
        {
            "pelvis": ("pelvis",),
            "lower_spine": ("lower_spine",),
            "upper_spine": ("upper_spine",),
            "neck": ("neck",),
            "head_tip": ("neck_end",),
        },
        {joint: (f"{{side}}_{joint}",) for joint in _SIDED}
        | {"hand_tip": ("{side}_wrist_end",), "toes_tip": ("{side}_toe_end",)},
    ),
    # The neck and the collars hang on the third joint of the spine.
    "SMPL": (
        {
            "pelvis": ("pelvis",),
            "lower_spine": ("spine1",),
            "upper_spine": ("spine3",),
            "neck": ("neck",),
            "head": ("head",),
            "head_tip": ("head_end",),
        },
        {
            "clavicle": ("{side}_collar",),
            **{each: (f"{{side}}_{each}",) for each in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")},
            "hand_tip": ("{side}_wrist_end",),
            "toe": ("{side}_foot",),
            "toes_tip": ("{side}_foot_end",),
        },
    ),
    "DeepMimic": (
        {"pelvis": ("root",), "upper_spine": ("chest",), "neck": ("neck",), "head_tip": ("neck_end",)},
        {
            "shoulder": ("{side}_shoulder",),
            "elbow": ("{side}_elbow",),
            "wrist": ("{side}_wrist",),
            "hip": ("{side}_hip",),
            "knee": ("{side}_knee",),
            "ankle": ("{side}_ankle",),
            "toes_tip": ("{side}_ankle_end",),
        },
    ),
}


def detect(clip: MotionClip, overrides: dict[str, str] | None = None) -> dict[str, str]:
    """Return the joint map of a clip: the known rig that names most of its joints, with the user's `overrides` on top.

    Letter case and a prefix up to a colon, or "mixamorig", do not count.

    Raises:
        InputError: A required joint is missing, an override names an unknown joint, two of our joints are one joint of
            the clip, or joints do not follow each other as in the clip's hierarchy.
    """
    overrides = overrides or {}
    joint_map = match(clip.joint_names, clip.parents)
    if len(joint_map.keys() & set(REQUIRED)) <= FEW:
        joint_map = by_shape(clip.joint_names, clip.parents, clip.positions) or joint_map
    joint_map |= overrides
    missing = [name for name in REQUIRED if name not in joint_map]
    if missing:
        raise InputError(
            f"{clip.name} is on an unknown rig: no joint found for {', '.join(missing)} among "
            f"{', '.join(clip.joint_names)}; name them in a file given with --joint-map, which diffphy info "
            "--write-joint-map begins"
        )
    unknown = sorted(set(joint_map.values()) - set(clip.joint_names))
    if unknown:
        raise InputError(
            f"the joint map names {', '.join(unknown)}, but {clip.name} has no such joint: "
            f"use its joints, {', '.join(clip.joint_names)}"
        )
    _check_distinct(joint_map)
    _check_order(joint_map, clip)
    return joint_map


def match(joint_names: tuple[str, ...], parents: tuple[int, ...]) -> dict[str, str]:
    """Return the joints, by our names, that can be told from names and hierarchy. Any may be missing.

    They are those of the known rig that has most of these names. Where it lacks required joints, and what the names
    mean tells more, they are found by that.
    """
    candidates = [_match(trunk, side, joint_names) for trunk, side in _RIGS.values()]
    best = max(candidates, key=_completeness)
    if set(REQUIRED) <= best.keys():
        return best
    return max(best, unknown_rigs.find(joint_names, parents), key=_completeness)


def by_shape(
    joint_names: tuple[str, ...], parents: tuple[int, ...], positions: Float[np.ndarray, "T J 3"]
) -> dict[str, str]:
    """Return the joints, by our names, that follow from the shape of a skeleton; none where it is no person's."""
    found = {ours: joint_names[joint] for ours, joint in shape_of_rig.find(parents, positions).items()}
    return found if set(REQUIRED) <= found.keys() else {}


def _completeness(found: dict[str, str]) -> tuple[int, int]:
    return sum(name in found for name in REQUIRED), len(found)


def _check_distinct(joint_map: dict[str, str]) -> None:
    """Raise InputError if two of our joints are the same joint of the clip."""
    ours: dict[str, str] = {}
    for joint, name in joint_map.items():
        if joint in _FOLLOWERS:  # the joint that a body follows may be the joint at its base or its tip
            continue
        if name in ours:
            raise InputError(
                f"the joint map has {name} for both {ours[name]} and {joint}: name another joint for one of them"
            )
        ours[name] = joint


def _check_order(joint_map: dict[str, str], clip: MotionClip) -> None:
    """Raise InputError if a joint is not a descendant, in the clip's hierarchy, of the joint before it in its chain."""
    for chain in _CHAINS:
        mapped = [joint for joint in chain if joint in joint_map]
        for above, below in itertools.pairwise(mapped):
            _require_below(above, below, joint_map, clip)
    for body, base in _FOLLOWERS.items():
        if body in joint_map and joint_map[body] != joint_map[base]:
            _require_below(base, body, joint_map, clip)


def _require_below(above: str, below: str, joint_map: dict[str, str], clip: MotionClip) -> None:
    top, joint = clip.joint(joint_map[above]), clip.joint(joint_map[below])
    while joint != top:
        joint = clip.parents[joint]
        if joint < 0:
            raise InputError(
                f"the joint map has {below} ({joint_map[below]}) below {above} ({joint_map[above]}), but {clip.name} "
                "has not: name them as they follow each other there"
            )


def propose(clip: MotionClip) -> str:
    """Return the text of a joint map to complete: what was found, and the joints that are free for what was not."""
    found = match(clip.joint_names, clip.parents)
    if len(found.keys() & set(REQUIRED)) <= FEW:
        found = by_shape(clip.joint_names, clip.parents, clip.positions) or found
    free = [name for name in clip.joint_names if name not in found.values()]
    lines = [
        f"# Joint map of {clip.name}: our name, then the file's. Correct or complete it, and give it with --joint-map."
    ]
    for ours in (*REQUIRED, *OPTIONAL):
        if ours in found:
            lines.append(yaml.safe_dump({ours: found[ours]}, allow_unicode=True).strip())
        elif ours in REQUIRED:
            lines.append(f"# {ours}: one of {', '.join(free)}")
    return "\n".join(lines) + "\n"


def read(path: str | Path) -> dict[str, str]:
    """Return the user's joint map from a YAML file of lines "our_name: its_name".

    Raises:
        InputError: The file cannot be read, or has an unknown name. The message lists the valid names.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the joint map {path}: {error.strerror}; correct its path or name") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"the joint map {path} is not YAML: {' '.join(str(error).split())}; correct it") from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise InputError(f"the joint map {path} must hold lines such as 'left_knee: LeftLeg': write one for each joint")
    unknown = [str(key) for key in content if key not in REQUIRED + OPTIONAL]
    if unknown:
        raise InputError(
            f"the joint map {path} has the unknown names {', '.join(unknown)}: use {', '.join(REQUIRED + OPTIONAL)}"
        )
    return content


def _match(trunk: _Names, side: _Names, joint_names: tuple[str, ...]) -> dict[str, str]:
    """Return the joints of a rig that are among these names."""
    actual = {_plain(name): name for name in joint_names}
    wanted = dict(trunk)
    for ours, long, short in (("left", "Left", "l"), ("right", "Right", "r")):
        for part, names in side.items():
            wanted[f"{ours}_{part}"] = tuple(name.format(S=long, s=short, side=ours) for name in names)
    return {
        ours: next(actual[_plain(name)] for name in names if _plain(name) in actual)
        for ours, names in wanted.items()
        if any(_plain(name) in actual for name in names)
    }


def _plain(name: str) -> str:
    return re.sub(r"^(.*:|mixamorig\d*_?)", "", name, flags=re.IGNORECASE).lower()
