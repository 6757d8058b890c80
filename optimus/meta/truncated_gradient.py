"""The meta-gradient by back-propagation through a few steps: cheap and of low variance, but blind to later steps."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.estimator import Estimate
from optimus.meta.task import TaskFamily
from optimus.meta.truncation import TruncationSchedule
from optimus.meta.unroll import Episode, begin, is_finite, restart, unroll


@dataclass(frozen=True)
class TruncatedGradient:
    """Back-propagation through one truncation of an episode at a time.

    Attributes:
        schedule: Length of the truncations, and when an episode is over.
    """

    schedule: TruncationSchedule

    def begin(
        self, family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], key: Key[Array, ""]
    ) -> Episode:
        """Return a new particle: an episode at its start."""
        del params
        return self.schedule.stagger(begin(family, model, key), jax.random.split(key, 3)[2])

    def gradient(
        self,
        family: TaskFamily,
        model: LearnedOptimizer[Any],
        params: dict[str, Any],
        particle: Episode,
        key: Key[Array, ""],
        meta_step: Int[Array, ""],
    ) -> Estimate:
        """Return the gradient of the next truncation. An episode that is over gives way to a new one."""

        def mean_loss(params: dict[str, Any]) -> tuple[Float[Array, ""], Episode]:
            after, losses = unroll(family, model, params, particle, self.schedule.length)
            return jnp.mean(losses), after

        (loss, after), gradient = jax.value_and_grad(mean_loss, has_aux=True)(params)
        fresh = begin(family, model, key)
        return Estimate(
            loss, gradient, restart(after, fresh, self.schedule.is_over(after, meta_step)), is_finite(after)
        )
