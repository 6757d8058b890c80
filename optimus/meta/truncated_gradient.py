"""The meta-gradient by back-propagation through a few steps: cheap, of low variance, blind to what comes later."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.estimator import Estimate
from optimus.meta.task import TaskFamily
from optimus.meta.unroll import Episode, begin, check_truncation, finished, is_finite, restarted, staggered, unroll


@dataclass(frozen=True)
class TruncatedGradient:
    """Back-propagation through `length` steps at a time of episodes of `horizon` steps.

    Raises OptimusError unless the horizon is a multiple of the length.
    """

    length: int
    horizon: int

    def __post_init__(self) -> None:
        check_truncation(self.length, self.horizon)

    def begin(
        self, family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], key: Key[Array, ""]
    ) -> Episode:
        """A particle: an episode at its start, of which a random part counts as over."""
        del params
        return staggered(begin(family, model, key), self.length, self.horizon, key)

    def gradient(
        self,
        family: TaskFamily,
        model: LearnedOptimizer[Any],
        params: dict[str, Any],
        particle: Episode,
        key: Key[Array, ""],
    ) -> Estimate:
        """From the particle's next steps; at its end it is started afresh."""

        def meta_loss(params: dict[str, Any]) -> tuple[Float[Array, ""], Episode]:
            after, losses = unroll(family, model, params, particle, self.length)
            return jnp.mean(losses), after

        (loss, after), gradient = jax.value_and_grad(meta_loss, has_aux=True)(params)
        fresh = begin(family, model, key)
        return Estimate(loss, gradient, restarted(after, fresh, finished(after, self.horizon)), is_finite(after))
