"""Episodes: a learned optimizer works on a task, a few steps at a time, and each step has a meta-loss."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.meta_loss import meta_loss
from optimus.meta.task import TaskFamily, parameter_shapes

_EVALUATION = "evaluation"


class Episode(NamedTuple):
    """An optimization under way.

    Attributes:
        task: Data of the task.
        x: The present iterate, as one vector.
        value: Loss at `x`, as the optimizer gets it.
        gradient: Gradient at `x`, as the optimizer gets it.
        first_value: Loss at the start.
        optimizer: State of the learned optimizer.
        step: Steps since the start; more in an episode that counts as begun earlier (see `TruncationSchedule`).
    """

    task: Any
    x: Float[Array, " N"]
    value: Float[Array, ""]
    gradient: Float[Array, " N"]
    first_value: Float[Array, ""]
    optimizer: Any
    step: Int[Array, ""]


def begin(family: TaskFamily, model: LearnedOptimizer[Any], key: Key[Array, ""]) -> Episode:
    """Draw a new task and return its episode at the start."""
    for_task, for_start, _ = jax.random.split(key, 3)  # the third is for `TruncationSchedule.stagger`
    task = family.sample(for_task)
    params = family.start(for_start, task)
    x, unravel = ravel_pytree(params)
    value, gradient = jax.value_and_grad(lambda x: family.value(task, unravel(x)))(x)
    return Episode(task, x, value, gradient, value, model.start(params), jnp.zeros((), jnp.int32))


def unroll(
    family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], episode: Episode, length: int
) -> tuple[Episode, Float[Array, " T"]]:
    """Make `length` steps, and return the episode after them and the meta-loss after each.

    The meta-loss is differentiable in the meta-parameters `params`, to first order: the gradients that the optimizer
    gets count as constants. So no second derivative of the task is taken, and a task is evaluated once a step.
    """
    bound = lax.stop_gradient(family.lower_bound(episode.task))
    _, unravel = ravel_pytree(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), parameter_shapes(family)))

    def step(episode: Episode, _: None) -> tuple[Episode, Float[Array, ""]]:
        change, state = model.update(params, episode.optimizer, episode.gradient, episode.x, episode.value)
        x = episode.x + change
        here = lax.stop_gradient(x)
        evaluation = jax.value_and_grad(lambda x: family.value(episode.task, unravel(x)))(here)
        value, gradient = checkpoint_name(evaluation, _EVALUATION)
        episode = episode._replace(x=x, value=value, gradient=gradient, optimizer=state, step=episode.step + 1)
        # The second term is zero. It gives the loss its gradient in x, but not the derivative of that gradient.
        constant_gradient = jnp.nan_to_num(gradient, posinf=1e30, neginf=-1e30)
        loss, derivative = meta_loss(value, episode.first_value, bound)
        return episode, loss + jnp.sum(derivative * constant_gradient * (x - here))

    # The reverse pass computes the optimizer's step again, but not the evaluation of the task, which may take long.
    policy = jax.checkpoint_policies.save_only_these_names(_EVALUATION)
    return lax.scan(jax.checkpoint(step, policy=policy), episode, length=length)


def is_finite(episode: Episode) -> Bool[Array, ""]:
    """Return whether the iterate, its loss and the loss at the start are all finite."""
    return jnp.isfinite(episode.value) & jnp.isfinite(episode.first_value) & jnp.all(jnp.isfinite(episode.x))


def restart(episode: Episode, fresh: Episode, over: Bool[Array, ""]) -> Episode:
    """Return the fresh episode if this one is over, else this one."""
    return jax.tree.map(lambda new, old: jnp.where(over, new, old), fresh, episode)
