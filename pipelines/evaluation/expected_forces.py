"""What a recording says of the forces on plates: whether it covers a step, and what the person weighs then."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from data.force_plates import SIDES
from data.plate_steps import LEAST_COVERED_S, PlateStep
from diffphy.recorded_forces import RecordedForces

LEAST_COVERED = 0.5
"""A step counts if the recording tells the forces in this share of it, or for `LEAST_COVERED_S`."""
TELLS_WEIGHT_S = 0.1
"""A foot that carries all for a shorter time does not tell the weight, s."""
NEGLIGIBLE = 0.02
"""Share of the weight that a foot beside the plates may carry."""


@dataclass(frozen=True)
class ExpectedForces:
    """What the recording says of the forces, on the clock of the plates.

    Attributes:
        time_s: The times of the plates, s.
        recorded: The forces of the recording.
        start_s: When they begin on this clock, s.
    """

    time_s: Float[np.ndarray, "T"]
    recorded: RecordedForces
    start_s: float

    @cached_property
    def known(self) -> Bool[np.ndarray, "T"]:
        """Return when the recording tells the forces."""
        return self._at(self.recorded.known.astype(float)) == 1.0

    @cached_property
    def foot(self) -> Float[np.ndarray, "T 2"]:
        """Return the vertical force on each foot, body weights."""
        return np.stack([self._at(each) for each in self.recorded.foot.T], axis=1)

    def _at(self, values: Float[np.ndarray, "N"]) -> Float[np.ndarray, "T"]:
        return np.interp(self.time_s - self.start_s, self.recorded.time_s, values, left=0.0, right=0.0)

    def covers(self, step: PlateStep) -> bool:
        """Return whether the recording tells the forces of enough of a step."""
        known = self.known[_inside(step, self.time_s)]
        return bool(known.mean() >= LEAST_COVERED) or bool(known.sum() * np.diff(self.time_s).mean() >= LEAST_COVERED_S)

    def weight_alone(self, step: PlateStep) -> float | None:
        """Return the weight by the time in which the foot of a step carries all, N. None if that is short."""
        side = SIDES.index(step.side)
        single = _inside(step, self.time_s) & self.known & (self.foot[:, side] > 0) & (self.foot[:, 1 - side] == 0)
        if single.sum() * (self.time_s[1] - self.time_s[0]) < TELLS_WEIGHT_S:
            return None
        return float(step.force_N[single, 2].sum() / self.foot[single, side].sum())

    def on_plates(self, steps: tuple[PlateStep, ...]) -> Bool[np.ndarray, "T"]:
        """Return when no foot carries beside the plates of these steps, and one carries on them."""
        owned = self._owned(steps)
        return self.known & (owned | (self.foot < NEGLIGIBLE)).all(axis=1) & owned.any(axis=1)

    def weight_of_steps(self, steps: tuple[PlateStep, ...]) -> float:
        """Return the weight by the time in which the plates of these steps carry all; by all their time if never, N."""
        measured = np.sum([step.force_N[:, 2] for step in steps], axis=0)
        whole = self.on_plates(steps)
        if whole.any():
            return float(measured[whole].sum() / self.foot[whole].sum())
        own = self.known[:, None] & self._owned(steps)
        return float(measured[self.known].sum() / self.foot[own].sum())

    def _owned(self, steps: tuple[PlateStep, ...]) -> Bool[np.ndarray, "T 2"]:
        """Return when each foot is in one of these steps."""
        owned = np.zeros(self.foot.shape, bool)
        for step in steps:
            owned[:, SIDES.index(step.side)] |= _inside(step, self.time_s)
        return owned


def _inside(step: PlateStep, time_s: Float[np.ndarray, "T"]) -> Bool[np.ndarray, "T"]:
    return (time_s >= step.start_s) & (time_s <= step.end_s)
