"""Truncation schedules: how many steps an estimator unrolls at a time, and when an episode is over."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
from jaxtyping import Array, Bool, Int, Key

from optimus.meta.unroll import Episode, is_finite
from optimus.objective import OptimusError


@runtime_checkable
class TruncationSchedule(Protocol):
    """Cuts episodes into truncations. An estimator makes one truncation of each particle in a meta-step.

    Attributes:
        length: Steps of a truncation.
    """

    @property
    def length(self) -> int: ...

    def stagger(self, episode: Episode, key: Key[Array, ""]) -> Episode:
        """Return a new episode that counts as begun earlier, so that the first episodes of a batch end apart."""
        ...

    def is_over(self, episode: Episode, meta_step: Int[Array, ""]) -> Bool[Array, ""]:
        """Return whether an episode ends at this meta-step: it is long enough, or no longer finite."""
        ...


@dataclass(frozen=True)
class ConstantTruncation:
    """All episodes have the same number of steps, all through training.

    Attributes:
        length: Steps of a truncation.
        horizon: Steps of an episode.

    Raises:
        OptimusError: The horizon is no multiple of the length.
    """

    length: int
    horizon: int

    def __post_init__(self) -> None:
        if not 1 <= self.length <= self.horizon or self.horizon % self.length:
            raise OptimusError(
                f"the horizon of {self.horizon} steps must be a multiple of the {self.length} steps of a truncation"
            )

    def stagger(self, episode: Episode, key: Key[Array, ""]) -> Episode:
        """Return the episode with a random number of its truncations counted as made."""
        made = jax.random.randint(key, (), 0, self.horizon // self.length)
        return episode._replace(step=self.length * made)

    def is_over(self, episode: Episode, meta_step: Int[Array, ""]) -> Bool[Array, ""]:
        """Return whether the episode has reached the horizon, or is no longer finite."""
        del meta_step
        return (episode.step >= self.horizon) | ~is_finite(episode)
