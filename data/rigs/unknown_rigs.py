"""The joints of a rig that nobody told us of: by what their names mean, and by their place in the hierarchy.

Names give candidates. Those that follow each other in the hierarchy as in a limb are taken, the clearest names first. A
joint whose name tells nothing is found by its place: between the joints of its limb that are known. The trunk follows
from where the limbs meet.
"""

import itertools
from collections.abc import Sequence

from data.rigs import joint_names

LEG, ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
_SIDES = ("left", "right")


class Hierarchy:
    """The joints of a rig and their parents."""

    def __init__(self, names: Sequence[str], parents: Sequence[int]) -> None:
        """Keep the names and the index of each joint's parent, -1 for the root."""
        self.names, self.parents = tuple(names), tuple(parents)
        self.meanings = [joint_names.meanings(name) for name in names]

    def above(self, joint: int) -> list[int]:
        """Return the joints above a joint, the nearest first."""
        chain: list[int] = []
        while (joint := self.parents[joint]) >= 0:
            chain.append(joint)
        return chain

    def children(self, joint: int) -> list[int]:
        return [child for child, parent in enumerate(self.parents) if parent == joint]

    def candidates(self, side: str | None, called: Sequence[str]) -> list[int]:
        """Return the joints on a side that may be called so: by the clearest name, then by the longest reading."""
        found = [
            (called.index(reading), place, joint)
            for joint, (where, readings) in enumerate(self.meanings)
            for place, reading in enumerate(readings)
            if where == side and reading in called and not self.names[joint].lower().endswith("_end")
        ]
        return list(dict.fromkeys(joint for _, _, joint in sorted(found)))


def find(names: Sequence[str], parents: Sequence[int]) -> dict[str, str]:
    """Return the joints by our names that can be told. Any may be missing.

    Args:
        names: Names of the joints.
        parents: Index of each joint's parent, -1 for the root. Parents come before their children.
    """
    rig = Hierarchy(names, parents)
    found: dict[str, int] = {}
    for side in _SIDES:
        for limb in (LEG, ARM):
            found |= {f"{side}_{part}": joint for part, joint in _limb(rig, side, limb).items()}
    _trunk(rig, found)
    for side in _SIDES:
        _ends(rig, side, found)
    return {ours: rig.names[joint] for ours, joint in found.items()}


def _limb(rig: Hierarchy, side: str, limb: tuple[str, ...]) -> dict[str, int]:
    """Return the joints of a limb: the clearest names that follow each other, or two with the third by its place."""
    choices = [rig.candidates(side, joint_names.SIDED[part]) for part in limb]
    for joints in sorted(itertools.product(*choices), key=lambda each: _rank(choices, each)):
        if all(upper in rig.above(lower) for upper, lower in itertools.pairwise(joints)):
            return dict(zip(limb, joints, strict=True))
    # Names tell where the limb ends: the two joints above the last one are the others.
    for last in choices[2]:
        chain = [joint for joint in rig.above(last) if len(rig.children(joint)) < 3 or joint in choices[0] + choices[1]]
        if len(chain) >= 2:
            return dict(zip(limb, (chain[1], chain[0], last), strict=True))
    return {part: joints[0] for part, joints in zip(limb, choices, strict=True) if joints}


def _rank(choices: list[list[int]], joints: tuple[int, ...]) -> int:
    return sum(each.index(joint) for each, joint in zip(choices, joints, strict=True))


def _trunk(rig: Hierarchy, found: dict[str, int]) -> None:
    """Add the pelvis, where the legs meet, the neck, the spine between them, the head and the clavicles."""
    hips = [found[f"{side}_hip"] for side in _SIDES if f"{side}_hip" in found]
    shoulders = [found[f"{side}_shoulder"] for side in _SIDES if f"{side}_shoulder" in found]
    if len(hips) < len(_SIDES) or len(shoulders) < len(_SIDES):
        return
    meet = _common(rig, *hips, shoulders[0])
    named = [joint for joint in rig.candidates(None, joint_names.TRUNK["pelvis"]) if joint in [meet, *rig.above(meet)]]
    found["pelvis"] = meet if meet in named or not named else named[0]
    chest = _common(rig, *shoulders)
    heads = rig.candidates(None, joint_names.TRUNK["head"])
    necks = [joint for joint in rig.candidates(None, joint_names.TRUNK["neck"]) if found["pelvis"] in rig.above(joint)]
    head = next((joint for joint in heads if found["pelvis"] in rig.above(joint)), None)
    if head is not None:
        way = [joint for joint in rig.above(head)[::-1] if found["pelvis"] in rig.above(joint)]
        between = [joint for joint in way if joint != chest and chest in [joint, *rig.above(joint)]]
        named_between = [joint for joint in way if joint in necks]
        neck = (named_between or between or [head])[0]
        if neck != head:
            found["head"] = head
        found["neck"] = neck
    elif necks:
        found["neck"] = min(necks, key=lambda joint: len(rig.above(joint)))
    else:
        return
    spine = [joint for joint in rig.above(found["neck"])[::-1] if found["pelvis"] in rig.above(joint)]
    if len(spine) > 1:
        found["lower_spine"] = spine[0]
    if spine:
        found["upper_spine"] = spine[1] if len(spine) == 3 else spine[-1]
    for side, shoulder in zip(_SIDES, shoulders, strict=True):
        girdle = [joint for joint in rig.above(shoulder) if chest in rig.above(joint) and joint not in found.values()]
        if girdle:
            named = rig.candidates(side, joint_names.SIDED["clavicle"])
            found[f"{side}_clavicle"] = next((joint for joint in named if joint in girdle), girdle[0])


def _ends(rig: Hierarchy, side: str, found: dict[str, int]) -> None:
    """Add the toes, and the ends of toes, hands and head."""
    ankle, wrist = found.get(f"{side}_ankle"), found.get(f"{side}_wrist")
    if ankle is not None:
        toes = [joint for joint in rig.candidates(side, joint_names.SIDED["toe"]) if ankle in rig.above(joint)]
        if toes:
            found[f"{side}_toe"] = toes[0]
        last = found.get(f"{side}_toe", ankle)
        tips = [joint for joint in rig.children(last) if not rig.children(joint)]
        if len(tips) == 1:
            found[f"{side}_toes_tip"] = tips[0]
    if wrist is not None:
        middle = [joint for joint in _below(rig, wrist) if "middle" in rig.names[joint].lower()]
        tips = middle or [joint for joint in rig.children(wrist) if not rig.children(joint)]
        if tips:
            found[f"{side}_hand_tip"] = tips[-1]
    head = found.get("head", found.get("neck"))
    if head is not None and "head_tip" not in found:
        tips = [joint for joint in rig.children(head) if not rig.children(joint)]
        if len(tips) == 1:
            found["head_tip"] = tips[0]


def _below(rig: Hierarchy, top: int) -> list[int]:
    return [joint for joint in range(len(rig.names)) if top in rig.above(joint)]


def _common(rig: Hierarchy, *joints: int) -> int:
    """Return the lowest joint above all of these."""
    first, *others = joints
    return next(
        (joint for joint in rig.above(first) if all(joint in [other, *rig.above(other)] for other in others)), 0
    )
