"""A learned optimizer at work on a task, a few steps at a time, and how well it does."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.task import TaskFamily
from optimus.objective import OptimusError

# Relative to the first value: decreases beyond it are not told apart, and float32 does not hold much more than it.
_SMALLEST_GAP, _LARGEST_GAP = 1e-8, 1e30


class Episode(NamedTuple):
    """An optimization under way.

    task: its data. x, value, gradient: the present iterate, loss and gradient there, the last two as the optimizer
    gets them. first_value: at the start. optimizer: its state. step: steps of the horizon that are over.
    """

    task: Any
    x: Float[Array, " N"]
    value: Float[Array, ""]
    gradient: Float[Array, " N"]
    first_value: Float[Array, ""]
    optimizer: Any
    step: Int[Array, ""]


def begin(family: TaskFamily, model: LearnedOptimizer[Any], key: Key[Array, ""]) -> Episode:
    """A new task, at its start."""
    for_task, for_start, _ = jax.random.split(key, 3)  # the third is that of `staggered`
    task = family.sample(for_task)
    x = family.start(for_start, task)
    value, gradient = jax.value_and_grad(family.value, argnums=1)(task, x)
    state = model.start(family.dimension)
    return Episode(task, x, value, gradient, value, state, jnp.zeros((), jnp.int32))


def unroll(
    family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], episode: Episode, length: int
) -> tuple[Episode, Float[Array, " T"]]:
    """`length` steps on, and the meta-loss of each: the logarithm of the loss's gap relative to that at the start.

    The meta-loss is differentiable in the meta-parameters, to first order: the gradients that the optimizer gets count
    as constants, so that no second derivative of the task is taken, and a task is evaluated once a step.
    """
    bound = lax.stop_gradient(family.lower_bound(episode.task))

    def step(episode: Episode, _: None) -> tuple[Episode, Float[Array, ""]]:
        change, state = model.update(params, episode.optimizer, episode.gradient, episode.x)
        x = episode.x + change
        here = lax.stop_gradient(x)
        value, gradient = jax.value_and_grad(family.value, argnums=1)(episode.task, here)
        episode = episode._replace(x=x, value=value, gradient=gradient, optimizer=state, step=episode.step + 1)
        # The value at `here`, with its slope, but without the derivative of its slope.
        slope = jnp.nan_to_num(gradient, posinf=1e30, neginf=-1e30)
        loss = relative_gap(value, episode.first_value, bound)
        weight = jnp.where(jnp.isfinite(value), jnp.exp(-loss) / _scale(episode.first_value, bound), 0.0)
        return episode, loss + jnp.sum(weight * slope * (x - here))

    return lax.scan(jax.checkpoint(step), episode, length=length)


def check_truncation(length: int, horizon: int) -> None:
    """Raises OptimusError unless episodes of `horizon` steps end where one of their truncations does."""
    if length < 1 or horizon % length:
        raise OptimusError(f"the horizon of {horizon} steps must be a multiple of the {length} steps of a truncation")


def staggered(episode: Episode, length: int, horizon: int, key: Key[Array, ""]) -> Episode:
    """With a random number of truncations counted as over, so that the first episodes of a batch do not end at once."""
    over = jax.random.randint(jax.random.split(key, 3)[2], (), 0, horizon // length)
    return episode._replace(step=length * over)


def finished(episode: Episode, horizon: int) -> Bool[Array, ""]:
    """Whether it is at its end, or has gone where nothing is finite."""
    return (episode.step >= horizon) | ~is_finite(episode)


def is_finite(episode: Episode) -> Bool[Array, ""]:
    """Whether the point, the loss there and that at the start, by which it is measured, are numbers."""
    return jnp.isfinite(episode.value) & jnp.isfinite(episode.first_value) & jnp.all(jnp.isfinite(episode.x))


def restarted(episode: Episode, fresh: Episode, over: Bool[Array, ""]) -> Episode:
    """The fresh one if this is over."""
    return jax.tree.map(lambda new, old: jnp.where(over, new, old), fresh, episode)


def relative_gap(value: Float[Array, ""], first: Float[Array, ""], bound: Float[Array, ""]) -> Float[Array, ""]:
    """log((value - bound) / (first - bound) + 1e-8); large, but finite, where either value is not."""
    gap = jnp.maximum(value - bound, 0.0) / _scale(first, bound)
    gap = jnp.where(jnp.isfinite(first), gap, jnp.nan)
    return jnp.log(jnp.clip(jnp.nan_to_num(gap, nan=_LARGEST_GAP), 0.0, _LARGEST_GAP) + _SMALLEST_GAP)


def _scale(first: Float[Array, ""], bound: Float[Array, ""]) -> Float[Array, ""]:
    return jnp.maximum(first - bound, 1e-20)
