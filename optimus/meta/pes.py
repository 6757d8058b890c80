"""The meta-gradient by Persistent Evolution Strategies: unbiased over whole episodes, a few steps at a time.

Source: Vicol, Metz and Sohl-Dickstein, Unbiased Gradient Estimation in Unrolled Computation Graphs with Persistent
Evolution Strategies, ICML 2021, with antithetic pairs.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.estimator import Estimate
from optimus.meta.task import TaskFamily
from optimus.meta.unroll import Episode, begin, check_truncation, finished, is_finite, restarted, staggered, unroll


class Pair(NamedTuple):
    """Two episodes of the same task and start, under opposite perturbations of the meta-parameters.

    perturbation: sum of those that `plus` has had since it began, shaped like the meta-parameters.
    """

    plus: Episode
    minus: Episode
    perturbation: dict[str, Any]


@dataclass(frozen=True)
class PersistentEvolutionStrategies:
    """Perturbations of standard deviation `sigma`, drawn anew every `length` steps of episodes of `horizon` steps.

    Raises OptimusError unless the horizon is a multiple of the length.
    """

    length: int
    horizon: int
    sigma: float = 0.01

    def __post_init__(self) -> None:
        check_truncation(self.length, self.horizon)

    def begin(
        self, family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], key: Key[Array, ""]
    ) -> Pair:
        """A particle: two episodes at their start, of which a random part counts as over."""
        episode = staggered(begin(family, model, key), self.length, self.horizon, key)
        return Pair(episode, episode, jax.tree.map(jnp.zeros_like, params))

    def gradient(
        self,
        family: TaskFamily,
        model: LearnedOptimizer[Any],
        params: dict[str, Any],
        particle: Pair,
        key: Key[Array, ""],
    ) -> Estimate:
        """From the particle's next steps.

        The mean of the estimates over the truncations of an episode is that of its whole meta-loss, smoothed over the
        perturbations. An episode that is over is started afresh, with no perturbation behind it.
        """
        for_perturbation, for_task = jax.random.split(key)
        now = self._perturbation(params, for_perturbation)
        total = jax.tree.map(jnp.add, particle.perturbation, now)
        plus, above = unroll(family, model, jax.tree.map(jnp.add, params, now), particle.plus, self.length)
        minus, below = unroll(family, model, jax.tree.map(jnp.subtract, params, now), particle.minus, self.length)
        slope = (jnp.mean(above) - jnp.mean(below)) / (2 * self.sigma**2)
        gradient = jax.tree.map(lambda each: slope * each, total)
        over = finished(plus, self.horizon) | finished(minus, self.horizon)
        fresh = begin(family, model, for_task)
        after = Pair(
            restarted(plus, fresh, over),
            restarted(minus, fresh, over),
            jax.tree.map(lambda each: jnp.where(over, 0.0, each), total),
        )
        finite = is_finite(plus) & is_finite(minus)
        return Estimate(0.5 * (jnp.mean(above) + jnp.mean(below)), gradient, after, finite)

    def _perturbation(self, params: dict[str, Any], key: Key[Array, ""]) -> dict[str, Any]:
        leaves, structure = jax.tree.flatten(params)
        keys = jax.random.split(key, len(leaves))
        drawn = [self.sigma * jax.random.normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)]
        return jax.tree.unflatten(structure, drawn)
