"""The ways to make joints of our body from the points of a marker set, or of a model fitted to it.

A joint centre that the recording has is used as it is. Otherwise the joint is between two markers, or beside one, at a
distance from the literature. `RECIPES` lists the ways in the order in which they are tried.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from data.markers.joint_centres import SIGN, harrington, hinge, median_along, median_length, sole, unit
from data.trajectories import Trajectory

Points = Mapping[str, Trajectory]
"""Landmarks, and the joints that follow from them, by name, m. The up axis is not yet known."""

CROWN_FROM_BAND = 1.3  # distance from the base of the neck to the crown, over the distance to a band around the head
# Of the distance between the acromions. Rab et al., A method for determination of upper extremity kinematics, 2002.
SHOULDER_BELOW_ACROMION = 0.17
# Distance from a marker to the joint centre beside it, over the length of the leg. In an adult with a leg of 0.9 m it
# is half the joint's width (knee 9.5 cm, ankle 7.5 cm, elbow 7 cm) and the marker's radius, 0.7 cm.
BESIDE = {"knee": 0.06, "ankle": 0.05, "elbow": 0.047}
MARKER_RADIUS = 0.007  # m
BALL_BELOW_MARKER = 0.025  # of the leg's length; a marker on the forefoot is twice as high as the joint below it


@dataclass(frozen=True)
class Recipe:
    """A way to make a joint from other points.

    Attributes:
        joint: The joint.
        needs: The points that it needs: landmarks, or joints that were made before.
        how: What a note says about it.
        make: Returns the joint from its side ("" for the trunk) and the known points.
    """

    joint: str
    needs: tuple[str, ...]
    how: str
    make: Callable[[str, Points], Trajectory]


@dataclass(frozen=True)
class Feet:
    """What the markers tell of the feet with the sole flat.

    Attributes:
        balls: By side, how far the ball of the foot is ahead of the ankle and above it, m.
        sole_depth: How far the sole is below the ankle, m.
        heel_length: How far the heel is behind the ankle, m.
    """

    balls: dict[str, tuple[float, float]]
    sole_depth: float
    heel_length: float


def _same(name: str) -> Callable[[str, Points], Trajectory]:
    return lambda side, at: at[name.format(side)]


def _middle(*names: str) -> Callable[[str, Points], Trajectory]:
    return lambda side, at: np.mean([at[name.format(side)] for name in names], axis=0)


def _hip(*back: str) -> Callable[[str, Points], Trajectory]:
    return lambda side, at: harrington((at["left_asis"], at["right_asis"]), _middle(*back)(side, at), side)


def _leg_length(at: Points, side: str) -> float:
    """Return the length of thigh and shank, m. Where a joint is not yet made, its outer marker replaces it."""
    knee, ankle = (at.get(f"{side}_{joint}", at.get(f"{side}_{joint}_lateral")) for joint in ("knee", "ankle"))
    assert knee is not None
    assert ankle is not None
    return median_length(at[f"{side}_hip"] - knee) + median_length(knee - ankle)


def _ankle(forefoot: str) -> Callable[[str, Points], Trajectory]:
    """Return the recipe of an ankle: beside the outer malleolus, at right angles to shank and foot."""

    def make(side: str, at: Points) -> Trajectory:
        marker = at[f"{side}_ankle_lateral"]
        outwards = np.cross(at[f"{side}_knee_lateral"] - marker, at[forefoot.format(side)] - at[f"{side}_heel"])
        return marker - SIGN[side] * BESIDE["ankle"] * _leg_length(at, side) * unit(outwards)

    return make


def _knee(side: str, at: Points) -> Trajectory:
    distance = BESIDE["knee"] * _leg_length(at, side)
    return hinge(at[f"{side}_hip"], at[f"{side}_knee_lateral"], at[f"{side}_ankle"], distance, -SIGN[side])


def _elbow(side: str, at: Points) -> Trajectory:
    distance = BESIDE["elbow"] * _leg_length(at, side)
    return hinge(at[f"{side}_shoulder"], at[f"{side}_elbow_lateral"], at[f"{side}_wrist"], distance, SIGN[side])


def _ball(*markers: str) -> Callable[[str, Points], Trajectory]:
    """Return the recipe of the ball of a foot: below the markers, towards the sole, parallel to heel and forefoot."""

    def make(side: str, at: Points) -> Trajectory:
        marker = _middle(*markers)(side, at)
        _, up = sole(marker, at[f"{side}_heel"], at[f"{side}_ankle"])
        return marker - BALL_BELOW_MARKER * _leg_length(at, side) * up

    return make


def read_feet(at: Points) -> Feet | None:
    """Return what heels and balls tell of the feet; None where a ball is missing."""
    if not all(f"{side}_toe" in at for side in SIGN):
        return None
    balls: dict[str, tuple[float, float]] = {}
    soles, heels = [], []
    for side in SIGN:
        ball, heel, ankle = (at[f"{side}_{name}"] for name in ("toe", "heel", "ankle"))
        below = BALL_BELOW_MARKER * _leg_length(at, side)
        ahead, up = sole(ball, heel, ankle, below)
        balls[side] = median_along(ball - ankle, ahead), median_along(ball - ankle, up)
        soles.append(below - balls[side][1])  # the ball is as far above the sole as below its marker
        heels.append(median_along(ankle - heel, ahead) - MARKER_RADIUS)
    return Feet(balls, float(np.mean(soles)), max(float(np.mean(heels)), 0.0))


def _crown(side: str, at: Points) -> Trajectory:
    band = _middle("left_head_front", "right_head_front", "left_head_back", "right_head_back")(side, at)
    return at["neck"] + CROWN_FROM_BAND * (band - at["neck"])


def _shoulder(side: str, at: Points) -> Trajectory:
    apart = median_length(at["left_acromion"] - at["right_acromion"])
    return at[f"{side}_acromion"] - SHOULDER_BELOW_ACROMION * apart * unit(at["neck"] - at["pelvis"])


_CENTRE = "joint centres of the recording"
_TRUNK = (
    Recipe("pelvis", ("left_hip", "right_hip"), "the middle of the hips", _middle("left_hip", "right_hip")),
    Recipe("neck", ("neck_centre",), _CENTRE, _same("neck_centre")),
    Recipe("neck", ("c7", "jugular_notch"), "the middle of C7 and CLAV", _middle("c7", "jugular_notch")),
    Recipe(
        "neck",
        ("left_shoulder_centre", "right_shoulder_centre"),
        "the middle of the shoulders",
        _middle("left_shoulder_centre", "right_shoulder_centre"),
    ),
    Recipe(
        "neck",
        ("left_acromion", "right_acromion"),
        "the middle of the acromions",
        _middle("left_acromion", "right_acromion"),
    ),
    Recipe("neck", ("c7",), "C7", _same("c7")),
    Recipe("upper_spine", ("t10", "sternum", "neck"), "the middle of T10 and STRN", _middle("t10", "sternum")),
    Recipe(
        "head_tip",
        ("neck", "left_head_front", "right_head_front", "left_head_back", "right_head_back"),
        "from the markers around it",
        _crown,
    ),
    Recipe("head_tip", ("neck", "head_top"), "the top of the head in the recording", _same("head_top")),
)


def _sided(side: str) -> tuple[Recipe, ...]:
    def recipe(joint: str, needs: tuple[str, ...], how: str, make: Callable[[str, Points], Trajectory]) -> Recipe:
        return Recipe(f"{side}_{joint}", tuple(need.format(side) for need in needs), how, make)

    malleoli, condyles = ("{}_ankle_lateral", "{}_ankle_medial"), ("{}_knee_lateral", "{}_knee_medial")
    epicondyles, styloids = ("{}_elbow_lateral", "{}_elbow_medial"), ("{}_wrist_thumb", "{}_wrist_little")
    asis, outer = ("left_asis", "right_asis"), ("{}_ankle_lateral", "{}_knee_lateral", "{}_hip", "{}_heel")
    psis, outer_five = ("left_psis", "right_psis"), (*outer, "{}_metatarsal_5")
    by_harrington = "by the regression of Harrington et al., 2007, from ASIS and "
    beside = f"{BESIDE['ankle']:.3f} of the leg inside the outer malleolus"
    return (
        recipe("hip", ("{}_hip_centre",), _CENTRE, _same("{}_hip_centre")),
        recipe("hip", (*asis, *psis), by_harrington + "PSIS", _hip(*psis)),
        recipe("hip", (*asis, "sacrum"), by_harrington + "sacrum", _hip("sacrum")),
        recipe("ankle", ("{}_ankle_centre",), _CENTRE, _same("{}_ankle_centre")),
        recipe("ankle", malleoli, "the middle of the malleoli", _middle(*malleoli)),
        recipe("ankle", (*outer, "{}_metatarsal_2"), beside, _ankle("{}_metatarsal_2")),
        recipe("ankle", outer_five, beside, _ankle("{}_metatarsal_5")),
        recipe("knee", ("{}_knee_centre",), _CENTRE, _same("{}_knee_centre")),
        recipe("knee", condyles, "the middle of the epicondyles", _middle(*condyles)),
        recipe(
            "knee",
            ("{}_knee_lateral", "{}_hip", "{}_ankle"),
            f"{BESIDE['knee']:.3f} of the leg inside the outer epicondyle, in the leg's plane",
            _knee,
        ),
        recipe("toe", ("{}_metatarsal_2", "{}_heel"), "below the second metatarsal's marker", _ball("{}_metatarsal_2")),
        recipe(
            "toe",
            ("{}_metatarsal_1", "{}_metatarsal_5", "{}_heel"),
            "below the middle of the first and the fifth metatarsal's markers",
            _ball("{}_metatarsal_1", "{}_metatarsal_5"),
        ),
        recipe("toes_tip", ("{}_toes_end",), "the ends of the big toes", _same("{}_toes_end")),
        recipe("shoulder", ("{}_shoulder_centre",), _CENTRE, _same("{}_shoulder_centre")),
        recipe(
            "shoulder",
            ("left_acromion", "right_acromion", "neck", "pelvis"),
            f"below the acromions by {SHOULDER_BELOW_ACROMION:g} of their distance (Rab et al., 2002)",
            _shoulder,
        ),
        recipe("wrist", ("{}_wrist_centre",), _CENTRE, _same("{}_wrist_centre")),
        recipe("wrist", styloids, "the middle of the wrist's markers", _middle(*styloids)),
        recipe("elbow", ("{}_elbow_centre",), _CENTRE, _same("{}_elbow_centre")),
        recipe("elbow", epicondyles, "the middle of the epicondyles", _middle(*epicondyles)),
        recipe(
            "elbow",
            ("{}_elbow_lateral", "{}_shoulder", "{}_wrist"),
            f"{BESIDE['elbow']:.3f} of the leg inside the outer epicondyle, in the arm's plane",
            _elbow,
        ),
    )


_LEFT, _RIGHT = _sided("left"), _sided("right")
_LEGS = tuple(f"{side}_{joint}" for joint in ("hip", "ankle", "knee") for side in SIGN)
LEGS = frozenset(_LEGS)
ORDER = (
    *(*_LEGS, "pelvis", "left_toe", "right_toe", "left_toes_tip", "right_toes_tip", "neck", "upper_spine"),
    *(f"{side}_{joint}" for joint in ("shoulder", "wrist", "elbow") for side in SIGN),
    "head_tip",
)
"""The order in which joints are made. A joint comes after the joints that it needs; the least important come last."""

RECIPES = {joint: [each for each in (*_LEFT, *_RIGHT, *_TRUNK) if each.joint == joint] for joint in ORDER}
"""Joint -> the ways to make it, the best first."""
