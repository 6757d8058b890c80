"""A person's measurements: bones, stature and mass, and what follows where something is not given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from diffphy.body import anthropometry, foot
from diffphy.body.anthropometry import Sex
from diffphy.body.humanoid import BODY_NAMES, ROOT, split_side


@dataclass(frozen=True)
class Measurements:
    """What is known of a person.

    Attributes:
        joint_offset: Every joint in its parent body's frame in the zero pose, m. Row 0 is zero.
        tips: Ends of the segments without a child joint ("head", "left_hand", "right_hand", "left_toes",
            "right_toes"), in the body's frame, m.
        height: Stature, m; None: it is estimated from the legs.
        mass: Body mass, kg; None: it is estimated from the stature.
        sex: Whose proportions of mass the person has.
        sole: Height of the ankle joint over the sole, m; None: it is estimated from the stature.
        heel: How far the foot reaches behind the ankle, m; None: it is estimated from the stature.
    """

    joint_offset: Float[np.ndarray, "20 3"]
    tips: Mapping[str, Float[np.ndarray, "3"]] = field(default_factory=dict)
    height: float | None = None
    mass: float | None = None
    sex: Sex = "average"
    sole: float | None = None
    heel: float | None = None

    @property
    def stature(self) -> float:
        """Height, m: the one given, or an estimate from the lengths of the legs."""
        if self.height is not None:
            return self.height
        lengths = [
            np.mean([np.linalg.norm(self.offset(f"{side}_{bone}")) for side in ("left", "right")])
            for bone in ("shank", "foot")
        ]
        return anthropometry.estimate_height(float(lengths[0]), float(lengths[1]))

    @property
    def body_mass(self) -> float:
        """Mass, kg: the one given, or that of a body mass index of 22."""
        return self.mass if self.mass is not None else anthropometry.estimate_mass(self.stature)

    @property
    def ankle_height(self) -> float:
        """Height of the ankle joint over the sole, m."""
        return self.sole or foot.ANKLE_HEIGHT * self.stature

    @property
    def heel_length(self) -> float:
        """How far the foot reaches behind the ankle, m."""
        return self.heel if self.heel is not None else foot.HEEL_LENGTH * self.stature

    def offset(self, body: str) -> Float[np.ndarray, "3"]:
        """Return the joint of a body in its parent's frame, m."""
        return np.asarray(self.joint_offset, float)[BODY_NAMES.index(body)]

    def tip(self, body: str) -> Float[np.ndarray, "3"]:
        """Return the far end of a segment that carries no further joint, in its own frame, m.

        It is the one given, unless that is shorter than a hundredth of the stature.
        """
        if body in self.tips and np.linalg.norm(self.tips[body]) > 0.01 * self.stature:
            return np.asarray(self.tips[body], float)
        side, kind = split_side(body)
        lateral = 1.0 if side == "left" else -1.0
        lengths = {"head": (0.0, 0.0, 0.16), "hand": (0.0, 0.6 * lateral * anthropometry.HAND_LENGTH, 0.0)}
        direction = lengths.get(kind, (foot.TOES_LENGTH, 0.0, 0.0))
        return self.stature * np.array(direction)


def segment_ends(person: Measurements) -> dict[str, np.ndarray]:
    """Return the far end of every body's segment in its own frame, m.

    For the pelvis it is the middle of the hips. The feet also have the points "sole" (its height) and "heel" (its
    depth).
    """
    ends = {ROOT: (person.offset("left_thigh") + person.offset("right_thigh")) / 2}
    child = {"abdomen": "thorax", "thorax": "head"}
    for side in ("left", "right"):
        for chain in (("shoulder_girdle", "upper_arm", "forearm", "hand"), ("thigh", "shank", "foot", "toes")):
            child |= {f"{side}_{near}": f"{side}_{far}" for near, far in pairwise(chain)}
    for body in BODY_NAMES[1:]:
        ends[body] = person.offset(child[body]) if body in child else person.tip(body)
    ends["sole"] = np.array([0.0, 0.0, -person.ankle_height])
    ends["heel"] = np.array([-person.heel_length, 0.0, 0.0])
    return ends
