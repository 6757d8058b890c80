"""Meta-training: many particles over all devices, one meta-step at a time, on task families in turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.estimator import Estimator
from optimus.meta.task import TaskFamily
from optimus.meta.unroll import begin, unroll
from optimus.objective import OptimusError

_AXIS = "particles"


class TrainingState(NamedTuple):
    """All that changes in training. average: of the meta-parameters, less noisy than they are. particles: of each
    family, with a leading axis. step: meta-steps made."""

    params: dict[str, Any]
    average: dict[str, Any]
    optimizer: Any
    particles: tuple[Any, ...]
    step: Int[Array, ""]


class Progress(NamedTuple):
    """Of one meta-step. loss: mean meta-loss of the particles that had a gradient. gradient_norm: of their mean.
    non_finite: particles whose task or gradient was not finite. Such a particle counts by what gradient it has, from
    steps where it still was; where none has any, nothing is changed."""

    loss: Float[Array, ""]
    gradient_norm: Float[Array, ""]
    non_finite: Int[Array, ""]


@dataclass(frozen=True)
class Trainer:
    """Trains `model` with `optimizer` on `families` in turn, one a meta-step.

    particles: of each family, a multiple of the number of devices. clip: largest norm of a particle's gradient, for
    those that explode not to drown the others; infinite for none, which leaves unbiased estimates unbiased. averaging:
    decay, from one meta-step to the next, of the meta-parameters' running average (Polyak and Juditsky, Acceleration of
    Stochastic Approximation by Averaging, 1992). All devices of all processes share the particles; which devices there
    are changes the numbers by no more than the order of a sum. Raises OptimusError where the particles cannot be shared
    evenly.
    """

    model: LearnedOptimizer[Any]
    families: Sequence[TaskFamily]
    estimator: Estimator
    optimizer: optax.GradientTransformation
    particles: int
    clip: float
    averaging: float
    seed: int

    def __post_init__(self) -> None:
        if self.particles < 1 or self.particles % jax.device_count():
            raise OptimusError(
                f"{self.particles} particles cannot be shared evenly by {jax.device_count()} devices: "
                f"train with a multiple of {jax.device_count()}"
            )

    def start(self, params: dict[str, Any] | None = None) -> TrainingState:
        """Before the first meta-step, from these meta-parameters or from new ones."""
        key = jax.random.key(self.seed)
        started = self.model.init(jax.random.fold_in(key, 0)) if params is None else params
        return self.placed(jax.jit(self._start)(started, key))

    def placed(self, state: TrainingState) -> TrainingState:
        """The state, of arrays that every process has in full, on the devices."""
        return jax.tree.map(self._place, state, self._shardings)

    def gathered(self, state: TrainingState) -> TrainingState:
        """The state as arrays that every process has in full, for a checkpoint."""
        if jax.process_count() == 1:
            return jax.device_get(state)
        return multihost_utils.process_allgather(state, tiled=True)

    @property
    def shapes(self) -> TrainingState:
        """The shapes and dtypes of a state, by which a checkpoint is read."""
        key = jax.random.key(self.seed)
        return jax.eval_shape(lambda: self._start(self.model.init(key), key))

    def step(self, state: TrainingState) -> tuple[TrainingState, Progress]:
        """One meta-step, on the family whose turn it is."""
        turn = int(state.step) % len(self.families)
        after, progress = self._steps[turn](state._replace(particles=state.particles[turn]))
        particles = (*state.particles[:turn], after.particles, *state.particles[turn + 1 :])
        return after._replace(particles=particles), progress

    def _start(self, params: dict[str, Any], key: Key[Array, ""]) -> TrainingState:
        particles = tuple(
            jax.vmap(partial(self.estimator.begin, family, self.model, params))(
                self._keys(jax.random.fold_in(key, turn))
            )
            for turn, family in enumerate(self.families, start=1)
        )
        return TrainingState(params, params, self.optimizer.init(params), particles, jnp.zeros((), jnp.int32))

    def _keys(self, key: Key[Array, ""]) -> Key[Array, " P"]:
        """A key for each particle, the same however many devices there are."""
        return jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(self.particles))

    @cached_property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(jax.devices()), (_AXIS,))

    @cached_property
    def _shardings(self) -> TrainingState:
        """Where each array of a state is: particles shared out, the rest everywhere."""
        everywhere, shared = (NamedSharding(self._mesh, PartitionSpec(*axis)) for axis in ((), (_AXIS,)))
        shapes = jax.tree.map(lambda _: everywhere, self.shapes)
        return shapes._replace(particles=jax.tree.map(lambda _: shared, shapes.particles))

    def _place(self, array: Any, sharding: NamedSharding) -> jax.Array:
        whole = np.asarray(array)
        return jax.make_array_from_callback(whole.shape, sharding, lambda index: whole[index])

    @cached_property
    def _steps(self) -> list[Any]:
        """A compiled meta-step for each family."""
        return [jax.jit(partial(self._step, family)) for family in self.families]

    def _step(self, family: TaskFamily, state: TrainingState) -> tuple[TrainingState, Progress]:
        """The state after a meta-step on this family, whose particles alone are in it."""
        params, average, optimizer, particles, step = state
        shared, everywhere = PartitionSpec(_AXIS), PartitionSpec()
        keys = self._keys(jax.random.fold_in(jax.random.fold_in(jax.random.key(self.seed), 0), step))
        loss, gradient, usable, non_finite, particles = jax.shard_map(
            partial(self._mean_gradient, family),
            mesh=self._mesh,
            in_specs=(everywhere, shared, shared),
            out_specs=(everywhere, everywhere, everywhere, everywhere, shared),
        )(params, particles, keys)
        update, changed = self.optimizer.update(gradient, optimizer, params)
        new = (optax.apply_updates(params, update), changed)
        params, optimizer = jax.tree.map(lambda old, new: jnp.where(usable > 0, new, old), (params, optimizer), new)
        share = jnp.maximum(1 - self.averaging, 1 / (step + 2))  # at first the mean of all so far
        average = jax.tree.map(lambda old, new: old + share * (new - old), average, params)
        progress = Progress(loss, optax.tree.norm(gradient), non_finite)
        return TrainingState(params, average, optimizer, particles, step + 1), progress

    def _mean_gradient(
        self, family: TaskFamily, params: dict[str, Any], particles: Any, keys: Key[Array, " P"]
    ) -> tuple[Float[Array, ""], dict[str, Any], Int[Array, ""], Int[Array, ""], Any]:
        """Mean loss and gradient over those of all devices' particles that have one, their number, that of the ones
        which were not finite, and the particles; runs on each device with its own share of them."""
        local = lax.pcast(params, _AXIS, to="varying")  # or the gradient would be summed over the devices
        estimate = partial(self.estimator.gradient, family, self.model, local)
        loss, gradient, particles, finite = jax.vmap(estimate)(particles, keys)
        norm = jax.vmap(optax.tree.norm)(gradient)
        numbers = jnp.isfinite(norm) & jnp.isfinite(loss)
        usable = numbers & (finite | (norm > 0))
        weight = jnp.where(usable, jnp.minimum(1.0, self.clip / jnp.maximum(norm, 1e-30)), 0.0)
        number = lax.psum(jnp.sum(usable), _AXIS)

        def mean(each: Array) -> Array:
            return lax.psum(each, _AXIS) / jnp.maximum(number, 1)

        def weighted(leaf: Array) -> Array:
            finite = jnp.where(usable.reshape(-1, *[1] * (leaf.ndim - 1)), leaf, 0.0)
            return mean(jnp.einsum("p,p...->...", weight, finite))

        gradient = jax.tree.map(weighted, gradient)
        non_finite = lax.psum(jnp.sum(~(numbers & finite)), _AXIS)
        return mean(jnp.sum(jnp.where(usable, loss, 0.0))), gradient, number, non_finite, particles


@partial(jax.jit, static_argnames=("model", "family", "tasks", "steps"))
def learning_curve(
    model: LearnedOptimizer[Any],
    params: dict[str, Any],
    family: TaskFamily,
    key: Key[Array, ""],
    *,
    tasks: int,
    steps: int,
) -> Float[Array, "tasks steps"]:
    """The meta-loss after every step, of so many tasks of a family, each from its start; model and family hashable."""

    def curve(key: Key[Array, ""]) -> Float[Array, " steps"]:
        return unroll(family, model, params, begin(family, model, key), steps)[1]

    return jax.vmap(curve)(jax.random.split(key, tasks))
