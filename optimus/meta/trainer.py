"""Meta-training: many particles on all devices, one meta-step at a time. Task families take turns."""

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
    """Everything that changes during training.

    Attributes:
        params: Meta-parameters.
        average: Running average of the meta-parameters. It is less noisy than they are.
        optimizer: State of the optimizer that trains them.
        particles: One pytree for each family, with a leading axis over its particles.
        step: Meta-steps made.
    """

    params: dict[str, Any]
    average: dict[str, Any]
    optimizer: Any
    particles: tuple[Any, ...]
    step: Int[Array, ""]


class MetaStepReport(NamedTuple):
    """What happened in one meta-step.

    A particle that is not finite still counts with the gradient of its finite steps, if it has one. If no particle has
    a gradient, the meta-parameters stay as they are.

    Attributes:
        loss: Mean meta-loss of the particles that had a gradient.
        gradient_norm: Norm of their mean gradient.
        non_finite: Number of particles whose loss or gradient was not finite.
    """

    loss: Float[Array, ""]
    gradient_norm: Float[Array, ""]
    non_finite: Int[Array, ""]


@dataclass(frozen=True)
class Trainer:
    """Trains a learned optimizer. All devices of all processes share the particles.

    The number of devices changes the results only by the order in which numbers are added.

    Attributes:
        model: The learned optimizer.
        families: Where tasks come from. They take turns, one a meta-step.
        estimator: How the meta-gradient is estimated.
        optimizer: Moves the meta-parameters along the mean gradient.
        particles: Number for each family, a multiple of the number of devices.
        clip: Largest norm of a particle's gradient, so that gradients that explode do not drown the others. Infinity
            turns clipping off, which keeps unbiased estimates unbiased.
        averaging: Decay, from one meta-step to the next, of the running average of the meta-parameters (Polyak and
            Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992).
        seed: Decides everything random.

    Raises:
        OptimusError: The devices cannot share the particles evenly.
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
        """Return the state before the first meta-step. New meta-parameters are drawn unless some are given."""
        first = self.draw_params() if params is None else params
        return self.place(jax.jit(self._start)(first, jax.random.key(self.seed)))

    def draw_params(self) -> dict[str, Any]:
        """Return new meta-parameters."""
        return self.model.init(jax.random.fold_in(jax.random.key(self.seed), 0))

    def place(self, state: TrainingState) -> TrainingState:
        """Put a state on the devices. Every process must hold its arrays in full."""
        return jax.tree.map(_place_array, state, self._shardings)

    def gather(self, state: TrainingState) -> TrainingState:
        """Return the state with arrays that every process holds in full, for a checkpoint."""
        if jax.process_count() == 1:
            return jax.device_get(state)
        return multihost_utils.process_allgather(state, tiled=True)

    @property
    def shapes(self) -> TrainingState:
        """Shapes and dtypes of a state, which reading a checkpoint needs."""
        key = jax.random.key(self.seed)
        return jax.eval_shape(lambda: self._start(self.model.init(key), key))

    def step(self, state: TrainingState) -> tuple[TrainingState, MetaStepReport]:
        """Make one meta-step on the family whose turn it is."""
        turn = int(state.step) % len(self.families)
        after, report = self._steps[turn](state._replace(particles=state.particles[turn]))
        particles = (*state.particles[:turn], after.particles, *state.particles[turn + 1 :])
        return after._replace(particles=particles), report

    def _start(self, params: dict[str, Any], key: Key[Array, ""]) -> TrainingState:
        particles = tuple(
            jax.vmap(partial(self.estimator.begin, family, self.model, params))(
                self._keys(jax.random.fold_in(key, turn))
            )
            for turn, family in enumerate(self.families, start=1)
        )
        return TrainingState(params, params, self.optimizer.init(params), particles, jnp.zeros((), jnp.int32))

    def _keys(self, key: Key[Array, ""]) -> Key[Array, " P"]:
        """Return a key for each particle, whatever the number of devices."""
        return jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(self.particles))

    @cached_property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(jax.devices()), (_AXIS,))

    @cached_property
    def _shardings(self) -> TrainingState:
        """Where each array of a state lives: particles are divided among the devices, the rest is copied to each."""
        everywhere, shared = (NamedSharding(self._mesh, PartitionSpec(*axis)) for axis in ((), (_AXIS,)))
        shapes = jax.tree.map(lambda _: everywhere, self.shapes)
        return shapes._replace(particles=jax.tree.map(lambda _: shared, shapes.particles))

    @cached_property
    def _steps(self) -> list[Any]:
        """One compiled meta-step for each family."""
        return [jax.jit(partial(self._step, family)) for family in self.families]

    def _step(self, family: TaskFamily, state: TrainingState) -> tuple[TrainingState, MetaStepReport]:
        """Make a meta-step on this family. The state holds the particles of this family only."""
        params, average, optimizer, particles, step = state
        shared, everywhere = PartitionSpec(_AXIS), PartitionSpec()
        keys = self._keys(jax.random.fold_in(jax.random.fold_in(jax.random.key(self.seed), 0), step))
        loss, gradient, usable, non_finite, particles = jax.shard_map(
            partial(self._mean_gradient, family),
            mesh=self._mesh,
            in_specs=(everywhere, shared, shared, everywhere),
            out_specs=(everywhere, everywhere, everywhere, everywhere, shared),
            check_vma=False,  # the check refuses loops of a task that begin with constants
        )(params, particles, keys, step)
        update, changed = self.optimizer.update(gradient, optimizer, params)
        new = (optax.apply_updates(params, update), changed)
        params, optimizer = jax.tree.map(lambda old, new: jnp.where(usable > 0, new, old), (params, optimizer), new)
        share = jnp.maximum(1 - self.averaging, 1 / (step + 2))  # at first, the mean of all meta-steps so far
        average = jax.tree.map(lambda old, new: old + share * (new - old), average, params)
        report = MetaStepReport(loss, optax.tree.norm(gradient), non_finite)
        return TrainingState(params, average, optimizer, particles, step + 1), report

    def _mean_gradient(
        self,
        family: TaskFamily,
        params: dict[str, Any],
        particles: Any,
        keys: Key[Array, " P"],
        step: Int[Array, ""],
    ) -> tuple[Float[Array, ""], dict[str, Any], Int[Array, ""], Int[Array, ""], Any]:
        """Return means over the usable particles of all devices. Runs on each device with its share of the particles.

        Returns:
            Mean loss, mean gradient, number of usable particles (those with a gradient), number of particles that were
            not finite, and this device's particles after the steps.
        """
        estimate = partial(self.estimator.gradient, family, self.model, params)
        loss, gradient, particles, finite = jax.vmap(estimate, in_axes=(0, 0, None))(particles, keys, step)
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


def _place_array(array: Any, sharding: NamedSharding) -> jax.Array:
    whole = np.asarray(array)
    return jax.make_array_from_callback(whole.shape, sharding, lambda index: whole[index])


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
    """Return the meta-loss after every step of new tasks, each from its start.

    Args:
        model: The learned optimizer; must be hashable.
        params: Its meta-parameters.
        family: Where the tasks come from; must be hashable.
        key: Decides the tasks.
        tasks: Number of tasks.
        steps: Number of steps on each.
    """

    def curve(key: Key[Array, ""]) -> Float[Array, " steps"]:
        return unroll(family, model, params, begin(family, model, key), steps)[1]

    return jax.vmap(curve)(jax.random.split(key, tasks))
