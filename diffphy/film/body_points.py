"""The points of a person that films show, the bones between them, and how much of the mass each carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from diffphy.body import anthropometry
from diffphy.body.foot import BALL

_SIDES = ("left", "right")


def _both(*parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts for side in _SIDES)


POINTS = (*_both("hip", "knee", "ankle", "heel", "big_toe", "shoulder", "elbow", "wrist"), "ears", "nose")
"""Names of the points. "ears" is the middle between the ears."""
SOLES = tuple(POINTS.index(name) for name in _both("heel", "big_toe"))
"""The points that touch the ground: left and right heel, left and right toe."""
SOLE_HEIGHT = 0.02
"""Height of the points of `SOLES` above the ground on which the foot stands, m. Our choice: detectors see the shoe."""
TRUNK_CENTER = 0.55  # of the way from hips to shoulders: the trunk's centre of mass. Our choice
CROWN_FROM_EARS = 1.75  # distance from the base of the neck to the crown, over the distance to the middle of the ears


@dataclass(frozen=True)
class Bone:
    """Points of the body that keep their distance.

    Attributes:
        pairs: Names of the ends, one pair for each side.
        share: Length over stature, between the points that detectors find. Our choice: near the tables of Drillis and
            Contini (1966) and de Leva (1996), and right for two films with markers.
        spread: Standard deviation of the length among people of one stature, over the length.
        give: Standard deviation of the distance from frame to frame, m: shoulders slide, a trunk bends.
    """

    pairs: tuple[tuple[str, str], ...]
    share: float
    spread: float
    give: float


def _sided(start: str, end: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{side}_{start}", f"{side}_{end}") for side in _SIDES)


BONES = {
    "hips": Bone((("left_hip", "right_hip"),), 0.118, 0.03, 0.005),
    "thigh": Bone(_sided("hip", "knee"), 0.240, 0.01, 0.008),
    "shank": Bone(_sided("knee", "ankle"), 0.243, 0.01, 0.006),
    "foot": Bone(_sided("heel", "big_toe"), 0.135, 0.02, 0.006),
    "heel": Bone(_sided("ankle", "heel"), 0.045, 0.06, 0.005),
    "instep": Bone(_sided("ankle", "big_toe"), 0.110, 0.03, 0.006),
    "shoulders": Bone((("left_shoulder", "right_shoulder"),), 0.230, 0.02, 0.015),
    "upper_arm": Bone(_sided("shoulder", "elbow"), 0.175, 0.012, 0.006),
    "forearm": Bone(_sided("elbow", "wrist"), 0.150, 0.012, 0.006),
    "flank": Bone(_sided("hip", "shoulder"), 0.314, 0.012, 0.025),
    "diagonal": Bone((("left_hip", "right_shoulder"), ("right_hip", "left_shoulder")), 0.355, 0.012, 0.025),
    "neck": Bone((("left_shoulder", "ears"), ("right_shoulder", "ears")), 0.150, 0.03, 0.020),
    "face": Bone((("ears", "nose"),), 0.062, 0.05, 0.008),
}

LIMBS = tuple((f"{side}_{a}", f"{side}_{b}", f"{side}_{c}")
              for a, b, c in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")) for side in _SIDES)  # fmt: skip
"""First, middle and last point of each limb: arms, then legs, left before right."""


def index(name: str) -> int:
    """Return the index of a point."""
    return POINTS.index(name)


def combine(parts: Mapping[str, float]) -> Float[np.ndarray, "P"]:
    """Return the weights of points whose weighted sum is a place on the body."""
    weights = np.zeros(len(POINTS))
    for name, weight in parts.items():
        weights[index(name)] += weight
    return weights


def mass_shares() -> Float[np.ndarray, "P"]:
    """Return the share of the mass at each point, so that their mean is the centre of mass (de Leva, 1996).

    Half of the trunk lies on each line from a shoulder to a hip.
    """
    table = anthropometry.segments("average")
    rows = [("thigh", "hip", "knee"), ("shank", "knee", "ankle"), ("foot", "heel", "big_toe")]
    rows += [("upper_arm", "shoulder", "elbow"), ("forearm", "elbow", "wrist")]
    shares = np.zeros(len(POINTS))
    for name, near, far in rows:
        segment = table[name]
        for side in _SIDES:
            shares[index(f"{side}_{near}")] += segment.mass * (1.0 - segment.center)
            shares[index(f"{side}_{far}")] += segment.mass * segment.center
    trunk = sum(table[f"{part}_trunk"].mass for part in ("lower", "middle", "upper"))
    for side in _SIDES:
        shares[index(f"{side}_wrist")] += table["hand"].mass
        shares[index(f"{side}_shoulder")] += trunk / 2 * TRUNK_CENTER
        shares[index(f"{side}_hip")] += trunk / 2 * (1.0 - TRUNK_CENTER)
    shares[index("ears")] += table["head"].mass
    return shares / shares.sum()


@dataclass(frozen=True)
class SeenPlace:
    """A place on the body that a set of keypoints or joints shows.

    Attributes:
        columns: The keypoints whose mean it is.
        weights: Weights of the points whose sum it is.
    """

    columns: tuple[int, ...]
    weights: Float[np.ndarray, "P"]


def places(names: Sequence[str]) -> list[SeenPlace]:
    """Return the places on the body that these keypoints or joints show.

    Args:
        names: Names of keypoints, as in the sets of detectors, or of joints of our body.
    """
    known = {**{name: {name: 1.0} for name in POINTS}, "pelvis": {"left_hip": 0.5, "right_hip": 0.5}}
    for side in _SIDES:  # the ball of the foot, where our body has the toe joint
        ahead = BALL
        known[f"{side}_toe"] = {f"{side}_heel": 1.0 - ahead, f"{side}_big_toe": ahead}
    if not {"left_ear", "right_ear"} <= set(names):
        shoulder = (1.0 - CROWN_FROM_EARS) / 2
        known["head"] = {"ears": CROWN_FROM_EARS, "left_shoulder": shoulder, "right_shoulder": shoulder}
    if not {"left_shoulder", "right_shoulder"} <= set(names):
        known["neck"] = {"left_shoulder": 0.5, "right_shoulder": 0.5}
    found = [SeenPlace((column,), combine(known[name])) for column, name in enumerate(names) if name in known]
    ears = tuple(column for column, name in enumerate(names) if name in ("left_ear", "right_ear"))
    return [*found, SeenPlace(ears, combine({"ears": 1.0}))] if ears else found
