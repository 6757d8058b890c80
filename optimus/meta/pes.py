"""The meta-gradient by Persistent Evolution Strategies: unbiased over whole episodes, a few steps at a time.

Source: Vicol, Metz and Sohl-Dickstein, Unbiased Gradient Estimation in Unrolled Computation Graphs with Persistent
Evolution Strategies, ICML 2021, with antithetic pairs.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.estimator import Estimate
from optimus.meta.task import TaskFamily
from optimus.meta.truncation import TruncationSchedule
from optimus.meta.unroll import Episode, begin, is_finite, restart, unroll


class Pair(NamedTuple):
    """Two episodes with the same task and start, and with opposite perturbations of the meta-parameters.

    Attributes:
        plus: The episode under the perturbations.
        minus: The episode under the opposite perturbations.
        perturbation: Sum of the perturbations of `plus` since its start, shaped like the meta-parameters.
    """

    plus: Episode
    minus: Episode
    perturbation: dict[str, Any]


@dataclass(frozen=True)
class PersistentEvolutionStrategies:
    """Perturbs the meta-parameters anew in every truncation.

    Attributes:
        schedule: Length of the truncations, and when an episode is over.
        sigma: Standard deviation of a perturbation.
    """

    schedule: TruncationSchedule
    sigma: float = 0.01

    def begin(
        self, family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], key: Key[Array, ""]
    ) -> Pair:
        """Return a new particle: two equal episodes at their start."""
        episode = self.schedule.stagger(begin(family, model, key), jax.random.split(key, 3)[2])
        return Pair(episode, episode, jax.tree.map(jnp.zeros_like, params))

    def gradient(
        self,
        family: TaskFamily,
        model: LearnedOptimizer[Any],
        params: dict[str, Any],
        particle: Pair,
        key: Key[Array, ""],
        meta_step: Int[Array, ""],
    ) -> Estimate:
        """Return the estimate of the next truncation: (L+ - L-) / (2 sigma^2) times the sum of the perturbations.

        The mean of the estimates over the truncations of an episode estimates the gradient of the mean meta-loss of the
        whole episode, smoothed over the perturbations. A pair that is over gives way to a new one, whose sum of
        perturbations is zero.
        """
        for_perturbation, for_task = jax.random.split(key)
        perturbation = self._draw_perturbation(params, for_perturbation)
        total = jax.tree.map(jnp.add, particle.perturbation, perturbation)
        length = self.schedule.length
        plus, losses_plus = unroll(family, model, jax.tree.map(jnp.add, params, perturbation), particle.plus, length)
        minus, losses_minus = unroll(
            family, model, jax.tree.map(jnp.subtract, params, perturbation), particle.minus, length
        )
        weight = (jnp.mean(losses_plus) - jnp.mean(losses_minus)) / (2 * self.sigma**2)
        gradient = jax.tree.map(lambda each: weight * each, total)
        over = self.schedule.is_over(plus, meta_step) | self.schedule.is_over(minus, meta_step)
        fresh = begin(family, model, for_task)
        after = Pair(
            restart(plus, fresh, over),
            restart(minus, fresh, over),
            jax.tree.map(lambda each: jnp.where(over, 0.0, each), total),
        )
        loss = 0.5 * (jnp.mean(losses_plus) + jnp.mean(losses_minus))
        return Estimate(loss, gradient, after, is_finite(plus) & is_finite(minus))

    def _draw_perturbation(self, params: dict[str, Any], key: Key[Array, ""]) -> dict[str, Any]:
        leaves, structure = jax.tree.flatten(params)
        keys = jax.random.split(key, len(leaves))
        drawn = [self.sigma * jax.random.normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)]
        return jax.tree.unflatten(structure, drawn)
