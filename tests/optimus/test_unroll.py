"""Episodes: the meta-loss of a learned optimizer on a task, and its gradient in the meta-parameters."""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optimus.adafactor_mlp import AdafactorMLP
from optimus.functions import FUNCTIONS, get_function
from optimus.meta.meta_loss import relative_change, relative_gap
from optimus.meta.task import FunctionFamily
from optimus.meta.truncated_gradient import TruncatedGradient
from optimus.meta.truncation import ConstantTruncation
from optimus.meta.unroll import begin, unroll

MODEL = AdafactorMLP((8,))


@dataclass(frozen=True)
class Linear:
    """A weighted sum of three parameters, from 100 on: its gradient does not depend on them."""

    in_a_tree: bool = False
    bounded: bool = True

    def sample(self, key):
        return jnp.zeros(())

    def start(self, key, data):
        return {"a": jnp.zeros((2, 1)), "b": jnp.zeros(1)} if self.in_a_tree else jnp.zeros(3)

    def value(self, data, params):
        x = jnp.concatenate([params["a"][:, 0], params["b"]]) if self.in_a_tree else params
        return 100.0 + jnp.sum(x * jnp.arange(1.0, 4.0))

    def lower_bound(self, data):
        return jnp.zeros(()) if self.bounded else None


@functools.partial(jax.jit, static_argnames=("family", "length"))
def meta_loss(params, family, length):
    return jnp.sum(unroll(family, MODEL, params, begin(family, MODEL, jax.random.key(3)), length)[1])


@pytest.mark.parametrize("family", [Linear(), Linear(in_a_tree=True, bounded=False)])
def test_the_meta_gradient_is_that_of_the_meta_loss_where_gradients_are_constant(family) -> None:
    params = MODEL.init(jax.random.key(0))
    direction = jax.tree.map(lambda a: jax.random.normal(jax.random.key(a.size), a.shape), params)
    derivative = jax.tree.leaves(jax.tree.map(jnp.vdot, jax.grad(meta_loss)(params, family, 6), direction))
    ahead, behind = (
        meta_loss(jax.tree.map(lambda p, d, s=sign: p + s * 1e-2 * d, params, direction), family, 6) for sign in (1, -1)
    )
    assert float(sum(derivative)) == pytest.approx(float(ahead - behind) / 2e-2, rel=0.02)


def test_the_meta_loss_is_that_of_the_iterates() -> None:
    family = FunctionFamily(5, ("sphere",))
    params = MODEL.init(jax.random.key(0))
    episode = begin(family, MODEL, jax.random.key(3))
    after, losses = unroll(family, MODEL, params, episode, 4)
    gap = family.value(episode.task, after.x) / family.value(episode.task, episode.x)
    assert losses[-1] == pytest.approx(float(jnp.log(gap)), rel=1e-4)
    assert int(after.step) == 4


@pytest.mark.parametrize(("value", "expected"), [(10.0, 0.0), (1.0, np.log(0.1)), (0.0, np.log(1e-8))])
def test_the_relative_gap(value: float, expected: float) -> None:
    assert relative_gap(jnp.array(value), jnp.array(10.0), jnp.array(0.0)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_a_loss_that_is_no_number_is_a_bad_one(value: float) -> None:
    gap = relative_gap(jnp.array(value), jnp.array(1.0), jnp.array(0.0))
    assert np.isfinite(gap)
    assert gap > 60


def test_a_start_without_a_number_is_not_counted_as_solved() -> None:
    gap = relative_gap(jnp.array(1.0), jnp.array(np.inf), jnp.array(0.0))
    assert np.isfinite(gap)
    assert gap > 60


@pytest.mark.parametrize(
    ("value", "expected"), [(10.0, 0.0), (0.0, -np.log(2)), (-80.0, -np.log(10)), (20.0, np.log(2))]
)
def test_the_relative_change(value: float, expected: float) -> None:
    for unit in (1.0, 1e6):
        assert relative_change(jnp.array(value * unit), jnp.array(10.0 * unit)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("value", "first"), [(np.nan, 1.0), (np.inf, 1.0), (1.0, np.nan), (1.0, np.inf)])
def test_a_change_that_is_no_number_is_a_bad_one(value: float, first: float) -> None:
    change = relative_change(jnp.array(value), jnp.array(first))
    assert np.isfinite(change)
    assert change > 60


def test_a_pytree_is_optimized_as_its_vector_is() -> None:
    params = MODEL.init(jax.random.key(0))
    assert meta_loss(params, Linear(in_a_tree=True), 4) == meta_loss(params, Linear(), 4)


def test_a_stretch_draws_coordinates_out_around_the_minimiser() -> None:
    """With an offset, of a function whose minimiser is not in the middle."""
    family = FunctionFamily(3, ("rosenbrock",), stretch=10.0)
    task = family.sample(jax.random.key(4))
    assert 1.0 <= float(task.stretch.min()) < float(task.stretch.max()) <= 10.0
    at = jnp.array([0.2, -0.3, 0.1])
    minimiser = jnp.asarray(get_function("rosenbrock").minimiser_on_cube(3), jnp.float32)
    expected = get_function("rosenbrock").on_cube(3)(minimiser + at)
    np.testing.assert_allclose(family.value(task, task.offset + minimiser + task.stretch * at), expected, rtol=1e-3)


@pytest.mark.parametrize("dimension", [2, 100])
def test_starts_are_where_the_functions_are_defined(dimension: int) -> None:
    """In a hundred dimensions, perm overflows not far outside of its domain."""
    family = FunctionFamily(dimension, ("perm",))
    value = jax.jit(jax.vmap(lambda key: begin(family, MODEL, key).value))(jax.random.split(jax.random.key(0), 64))
    assert float(jnp.max(value)) < 1e10


def test_an_episode_starts_afresh_at_its_horizon() -> None:
    family, estimator = (
        FunctionFamily(4, ("sphere", "rosenbrock")),
        TruncatedGradient(ConstantTruncation(length=3, horizon=6)),
    )
    params = MODEL.init(jax.random.key(0))
    begun = [estimator.begin(family, MODEL, params, jax.random.key(seed)) for seed in range(8)]
    assert {int(particle.step) for particle in begun} == {0, 3}, "they are not staggered"
    particle = next(particle for particle in begun if particle.step == 0)
    task, go_on = particle.task, jax.jit(functools.partial(estimator.gradient, family, MODEL))
    for steps in (3, 0, 3):
        _, _, particle, _ = go_on(params, particle, jax.random.key(2), jnp.array(0))
        assert int(particle.step) == steps
        assert (np.asarray(particle.task.offset) == np.asarray(task.offset)).all() == (steps == 3)
        task = particle.task


@functools.cache
def all_functions():
    """Return a family of all functions in six dimensions, and its compiled value."""
    family = FunctionFamily(6, tuple(FUNCTIONS), offset=0.2, stretch=10.0)
    return family, jax.jit(family.value)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_family_shifts_its_functions_by_the_offset(name: str) -> None:
    family, value = all_functions()
    task = family.sample(jax.random.key(0))._replace(which=jnp.array(list(FUNCTIONS).index(name)))
    minimiser = jnp.asarray(get_function(name).minimiser_on_cube(6), jnp.float32) + task.offset
    assert np.abs(task.offset).max() <= 0.2
    assert value(task, minimiser) == pytest.approx(float(family.lower_bound(task)), rel=1e-3, abs=1e-2)
