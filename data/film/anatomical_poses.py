"""Poses of limbs that anatomy allows, for what recorded motions lack: sitting, arms that hang and bend, hands on
the body.

A limb hangs down, swings outwards and then forwards, turns about its upper bone, and bends at elbow or knee. Ranges of
motion: American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and Recording", 1965. All else is
our choice.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

Draw = Callable[[np.random.Generator, int], Float[np.ndarray, " N"]]


def evenly(low: float, high: float) -> Draw:
    """Return how angles are drawn that are equally likely between two limits, degrees."""
    return lambda rng, number: rng.uniform(low, high, number)


def about(mean: float, sd: float) -> Draw:
    """Return how angles are drawn that are normally distributed, degrees."""
    return lambda rng, number: rng.normal(mean, sd, number)


@dataclass(frozen=True)
class Habit:
    """A way to hold a limb.

    Attributes:
        limb: "arm" or "leg".
        share: How often, among all poses of the limb.
        forwards: Angle of the upper bone forwards, degrees.
        outwards: Its angle to the side, degrees.
        inward_turn: Turn of the upper bone about itself. 0: elbow and knee bend in the plane of the swing, degrees.
        bend: Angle of elbow or knee, 0 where it is straight, degrees.
    """

    limb: str
    share: float
    forwards: Draw
    outwards: Draw
    inward_turn: Draw
    bend: Draw

    def draw(self, rng: np.random.Generator, number: int) -> Float[np.ndarray, "N 6"]:
        """Return poses, as `limb_prior.limb_pose` defines them."""
        forwards, outwards, turn, bend = (
            draw(rng, number) for draw in (self.forwards, self.outwards, self.inward_turn, self.bend)
        )
        sense = -1.0 if self.limb == "arm" else 1.0  # elbows bend forwards, knees backwards
        upper = Rotation.from_euler("XYZ", -np.stack([forwards, outwards, turn], axis=1), degrees=True)
        lower = upper * Rotation.from_euler("X", sense * bend[:, None], degrees=True)
        down = [0.0, 0.0, -1.0]
        return np.concatenate([upper.apply(down), lower.apply(down)], axis=1)


HABITS = {
    # The trunk leans forwards by some 10 degrees on average; arms hang down, not along the trunk.
    "arms hang and bend": Habit(
        "arm", 0.15, about(10.0, 27.0), about(12.0, 14.0), about(25.0, 35.0), evenly(0.0, 145.0)
    ),
    # Hands on the body, as tests of patients ask for them. Without these the prior pulls them off.
    "hands on hips": Habit("arm", 0.015, about(-10.0, 12.0), about(45.0, 10.0), about(80.0, 15.0), about(95.0, 15.0)),
    "arms folded": Habit("arm", 0.015, about(30.0, 15.0), about(-8.0, 15.0), about(70.0, 18.0), about(95.0, 25.0)),
    "hands at the face": Habit(
        "arm", 0.015, about(80.0, 30.0), about(0.0, 20.0), about(35.0, 25.0), about(125.0, 12.0)
    ),
    "hands behind the head": Habit(
        "arm", 0.015, about(165.0, 20.0), about(70.0, 20.0), about(75.0, 20.0), about(125.0, 12.0)
    ),
    "arms overhead": Habit("arm", 0.015, about(170.0, 15.0), about(12.0, 15.0), about(0.0, 40.0), about(20.0, 20.0)),
    # Flexion 180, extension 60, abduction 90 (beyond it, flexion reaches the same), rotation in 70 and out 90.
    "arms anywhere": Habit(
        "arm", 0.05, evenly(-60.0, 180.0), evenly(-15.0, 90.0), evenly(-90.0, 70.0), evenly(0.0, 150.0)
    ),
    "legs sit": Habit("leg", 0.1, about(85.0, 20.0), about(8.0, 12.0), about(0.0, 12.0), about(90.0, 22.0)),
    # Flexion 120, extension 30, abduction 45, adduction 30, rotation 45, knee 135.
    "legs anywhere": Habit(
        "leg", 0.05, evenly(-30.0, 120.0), evenly(-30.0, 45.0), evenly(-45.0, 45.0), evenly(0.0, 135.0)
    ),
}
