"""The joints of a clip by our names, and what the judgements share: lengths, the centre of mass, upright frames."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float

from data.clip import MotionClip
from data.floor import lowest_point, resting_height

SIDES = ("left", "right")
Track = Float[np.ndarray, "T 3"]

LEG_IN_HEIGHTS = 0.491  # from hip to ankle, over the body's height: Drillis and Contini (1966)
STRAIGHT_LEG = 0.85  # distance from hip to ankle over the length of the leg: a straighter leg can stand
STRAIGHT_TRUNK = 0.8  # cosine of the angle between trunk and legs
RAISED_ARM = 0.15  # of the leg, above the neck: hands that are higher may bear a handstand

# Share of the body's mass, and where its centre is between the two joints. de Leva (1996), mean of both sexes. The
# hand is added to the forearm, the foot to the shank.
_MASSES: tuple[tuple[str, str, float, float], ...] = (
    ("hip", "knee", 0.145, 0.39),
    ("knee", "ankle", 0.059, 0.53),
    ("shoulder", "elbow", 0.026, 0.58),
    ("elbow", "wrist", 0.021, 0.64),
)
_TRUNK_MASS, _HEAD_MASS = 0.43, 0.068
_TRUNK_CENTRE, _HEAD_CENTRE = 0.5, 0.6


@dataclass(frozen=True)
class Person:
    """Positions of joints over time, by our names.

    Attributes:
        joints: (T, 3) positions by the keys of a joint map. All that a joint map requires are there.
        assumed: Our names of joints that were not recorded.
        lowest: (T,) Height of the body's lowest point above where it rests, see `floor.lowest_point`. Empty where up is
            not yet known.
    """

    joints: Mapping[str, Track]
    assumed: frozenset[str] = frozenset()
    lowest: Float[np.ndarray, "_"] = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of_clip(cls, clip: MotionClip, joint_map: Mapping[str, str]) -> "Person":
        """Return the person of a clip."""
        joints = {ours: clip.positions[:, clip.joint(name)] for ours, name in joint_map.items()}
        assumed = frozenset(ours for ours, name in joint_map.items() if name in clip.assumed)
        lowest = lowest_point(clip, joint_map)
        return cls(joints, assumed, lowest - resting_height(lowest))

    def __getitem__(self, name: str) -> Track:
        return self.joints[name]

    def bone(self, start: str, end: str) -> Float[np.ndarray, "T"]:
        """Return the distance between two joints."""
        return np.linalg.norm(self[start] - self[end], axis=1)

    def toe(self, side: str) -> Track | None:
        """Return the joint or the tip of the toes; None where the clip has neither."""
        return next((self[key] for key in (f"{side}_toe", f"{side}_toes_tip") if key in self.joints), None)

    @property
    def recorded_arms(self) -> tuple[str, ...]:
        """The sides whose arm was recorded."""
        arm = ("shoulder", "elbow", "wrist")
        return tuple(side for side in SIDES if not {f"{side}_{joint}" for joint in arm} & self.assumed)

    @cached_property
    def hips(self) -> Track:
        """The middle of the hips."""
        return (self["left_hip"] + self["right_hip"]) / 2

    @cached_property
    def ankles(self) -> Track:
        """The middle of the ankles."""
        return (self["left_ankle"] + self["right_ankle"]) / 2

    @cached_property
    def leg(self) -> float:
        """Length of thigh and shank, the median over time and the mean over the sides."""
        bones = [(f"{s}_{a}", f"{s}_{b}") for s in SIDES for a, b in pairwise(("hip", "knee", "ankle"))]
        return sum(float(np.median(self.bone(*bone))) for bone in bones) / 2

    @cached_property
    def center_of_mass(self) -> Track:
        """The centre of mass, from the joints alone."""
        head = self.joints.get("head_tip", self["neck"] + 0.4 * (self["neck"] - self.hips))
        total = _TRUNK_MASS + _HEAD_MASS
        moment = _TRUNK_MASS * (self.hips + _TRUNK_CENTRE * (self["neck"] - self.hips))
        moment = moment + _HEAD_MASS * (self["neck"] + _HEAD_CENTRE * (head - self["neck"]))
        for side in SIDES:
            for start, end, mass, centre in _MASSES:
                upper, lower = self[f"{side}_{start}"], self[f"{side}_{end}"]
                moment, total = moment + mass * (upper + centre * (lower - upper)), total + mass
        return moment / total

    @cached_property
    def upright(self) -> Bool[np.ndarray, "T"]:
        """The frames in which the body is straight as in standing and walking, whichever way is up."""
        trunk, legs = unit(self["neck"] - self.hips), unit(self.hips - self.ankles)
        long = np.mean([self.bone(f"{s}_hip", f"{s}_ankle") for s in SIDES], axis=0) > STRAIGHT_LEG * self.leg
        axis = unit(self["neck"] - self.ankles)
        reach = [np.einsum("ti,ti->t", self[f"{s}_wrist"] - self["neck"], axis) for s in SIDES]
        low = np.max(reach, axis=0) < RAISED_ARM * self.leg
        return long & low & (np.einsum("ti,ti->t", trunk, legs) > STRAIGHT_TRUNK)

    def limb_time(self, average: Callable[[Float[np.ndarray, "_"]], np.floating]) -> float:
        """Return how fast the limbs swing: the spread of their path relative to the hips over their speed, frames.

        Args:
            average: How speeds are averaged. The median leaves out jumps, the mean leaves out rests.
        """
        names = [f"{side}_{joint}" for side in SIDES for joint in ("ankle", "wrist", "knee", "elbow")]
        path = np.concatenate([self[name] - self.hips for name in names], axis=1)
        speed = float(average(np.linalg.norm(np.diff(path, axis=0), axis=1)))
        spread = float(np.linalg.norm(path - path.mean(axis=0)) / np.sqrt(len(path)))
        return spread / speed if speed > 0 else float("inf")


def unit(vectors: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
    """Return vectors of length 1; zero where they have no length."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
