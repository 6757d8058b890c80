"""Positions of joints over time, as markers, a model or another system have them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data.resample import lerp

ROUNDING_S = 1e-6
"""Times that differ by less are equal, s."""


@dataclass(frozen=True)
class JointTracks:
    """Where J joints are at T times, in a Z-up right-handed world.

    Attributes:
        names: Our names of the joints, such as "left_knee".
        time_s: Increasing times, s. They need no constant rate.
        positions: Positions, m. NaN where a joint is not known.
    """

    names: tuple[str, ...]
    time_s: Float[np.ndarray, "T"]
    positions: Float[np.ndarray, "T J 3"]

    def select(self, names: Sequence[str]) -> "JointTracks":
        """Return these joints, in this order."""
        return replace(self, names=tuple(names), positions=self.positions[:, [self.names.index(n) for n in names]])

    def between(self, start_s: float, end_s: float) -> "JointTracks":
        """Return the frames from one time to another."""
        inside = (self.time_s >= start_s - ROUNDING_S) & (self.time_s <= end_s + ROUNDING_S)
        return replace(self, time_s=self.time_s[inside], positions=self.positions[inside])

    def at(self, time_s: Float[np.ndarray, "S"]) -> Float[np.ndarray, "S J 3"]:
        """Return the positions at other times, by linear interpolation. NaN outside of the track."""
        inside = (time_s >= self.time_s[0] - ROUNDING_S) & (time_s <= self.time_s[-1] + ROUNDING_S)
        positions = lerp(self.time_s, self.positions, np.clip(time_s, self.time_s[0], self.time_s[-1]))
        return np.where(inside[:, None, None], positions, np.nan)
