"""Gauss-Newton's method along time: beside a dense solution, on an unstable system, and where steps fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from optimus import OptimusError, minimise_along_time
from optimus.gauss_newton import Damping, Plan, plan_step

pytestmark = pytest.mark.usefixtures("float64")

STAGES, STATES, INPUTS, ROWS = 5, 3, 2, 9
Z = STATES + 2 * INPUTS


class Model(NamedTuple):
    transition: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray


class Path(NamedTuple):
    """A trajectory: its inputs (K, U), its states before and after each stage (K + 1, S) and its loss."""

    inputs: np.ndarray
    states: np.ndarray
    loss: float


@dataclass
class System:
    """Stages of a system with residuals, differentiated by JAX.

    Attributes:
        move: The state at the end of a stage, of (state, input before, input).
        residual: Its residuals, of the same and of the state at its end.
        start: The state before the first stage.
        input_unit: Units of the inputs.
        start_unit: Units of the start.
        losses: The loss of each trajectory that was computed.
    """

    move: Callable[..., jax.Array]
    residual: Callable[..., jax.Array]
    start: np.ndarray
    input_unit: np.ndarray
    start_unit: np.ndarray
    losses: list[float] = field(default_factory=list)

    def run(self, start: np.ndarray, choose: Callable[[int, np.ndarray], np.ndarray]) -> Path:
        states, inputs, loss, last = [start], [], 0.0, np.zeros(len(self.input_unit))
        for stage in range(STAGES):
            own = choose(stage, states[-1])
            states.append(np.asarray(self.move(states[-1], last, own)))
            loss += 0.5 * float(jnp.sum(self.residual(states[-2], last, own) ** 2))
            inputs.append(own)
            last = own
        self.losses.append(loss)
        return Path(np.array(inputs), np.array(states), loss)

    def begin(self) -> Path:
        return self.run(self.start, lambda stage, state: np.zeros(len(self.input_unit)))

    def follow(self, about: Path, plan: Plan) -> Path:
        gain, change, start = map(np.asarray, plan)
        last = np.zeros(len(self.input_unit))

        def choose(stage: int, state: np.ndarray) -> np.ndarray:
            nonlocal last
            last = change[stage] + gain[stage] @ np.concatenate([state - about.states[stage], last])
            return about.inputs[stage] + last

        return self.run(about.states[0] + start, choose)

    def linearise(self, at: Path) -> Model:
        before = np.concatenate([np.zeros_like(at.inputs[:1]), at.inputs[:-1]])
        stages = []
        for state, last, own in zip(at.states[:-1], before, at.inputs, strict=True):
            arguments = jnp.asarray(state), jnp.asarray(last), jnp.asarray(own)
            transition = np.concatenate(jax.jacfwd(self.move, (0, 1, 2))(*arguments), axis=1)
            rows = np.concatenate(jax.jacfwd(self.residual, (0, 1, 2))(*arguments), axis=1)
            stages.append(Model(transition, rows.T @ np.asarray(self.residual(*arguments)), rows.T @ rows))
        return Model(*map(np.array, zip(*stages, strict=True)))


@pytest.fixture
def linear() -> System:
    """A random linear system with random linear residuals."""
    rng = np.random.default_rng(0)
    transition, rows = jnp.asarray(rng.normal(size=(STATES, Z))), jnp.asarray(rng.normal(size=(ROWS, Z)))
    target = rng.normal(size=ROWS)
    return System(
        lambda *z: transition @ jnp.concatenate(z),
        lambda *z: rows @ jnp.concatenate(z) - target,
        rng.normal(size=STATES),
        np.array([0.5, 2.0]),
        np.array([0.0, 1.0, 3.0]),
    )


def dense(system: System) -> float:
    """The least loss of a linear system, by least squares over all inputs and what moves of the start."""
    free = np.flatnonzero(system.start_unit)

    def residuals(x: jax.Array) -> jax.Array:
        state, last, found = jnp.asarray(system.start).at[free].add(x[: len(free)]), jnp.zeros(INPUTS), []
        for own in x[len(free) :].reshape(STAGES, INPUTS):
            found.append(system.residual(state, last, own))
            state, last = system.move(state, last, own), own
        return jnp.concatenate(found)

    x = jnp.zeros(len(free) + STAGES * INPUTS)
    jacobian, value = np.asarray(jax.jacfwd(residuals)(x)), np.asarray(residuals(x))
    best = np.linalg.lstsq(jacobian, -value)[0]
    return 0.5 * float(np.sum((value + jacobian @ best) ** 2))


def test_one_step_minimises_a_quadratic(linear: System) -> None:
    found = minimise_along_time(linear, linear.begin(), max_evals=2, damping=Damping(1e-12, 1e-12))
    assert found.loss == pytest.approx(dense(linear), rel=1e-9)
    assert found.loss < 0.7 * linear.losses[0]
    assert found.states[0, 0] == linear.start[0]  # what has no unit is fixed


def test_the_decrease_that_it_foresees_is_that_of_the_damped_model(linear: System) -> None:
    """Against the model's change and the damping's cost, summed stage by stage."""
    first, damping = linear.begin(), 0.3
    model = linear.linearise(first)
    plan, foreseen = plan_step(model, linear.input_unit, linear.start_unit, jnp.asarray(damping))
    after = linear.follow(first, plan)
    steps = (after.inputs - first.inputs) / linear.input_unit
    free = linear.start_unit > 0
    moved = (after.states[0] - first.states[0])[free] / linear.start_unit[free]
    cost = 0.5 * damping * (np.sum(steps**2) + np.sum(moved**2))
    assert float(foreseen) == pytest.approx(first.loss - after.loss - cost, rel=1e-9)


def test_more_damping_makes_smaller_steps(linear: System) -> None:
    first = linear.begin()
    model = linear.linearise(first)
    sizes = []
    for damping in (1e-3, 1.0, 1e5):
        plan, _ = plan_step(model, linear.input_unit, linear.start_unit, jnp.asarray(damping))
        sizes.append(np.abs(linear.follow(first, plan).inputs).max())
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 1e-2 * sizes[0]


@pytest.fixture
def unstable() -> System:
    """A state that grows, with a nonlinear input: without feedback it leaves the model in a few stages."""
    return System(
        lambda state, last, own: 3.0 * state + jnp.array([1.0, 0.5, 0.0]) * jnp.tanh(own[0]) + 0.1 * state**2,
        lambda state, last, own: jnp.concatenate([3.0 * state - 1.0, 0.1 * own, 0.1 * (own - last)]),
        np.array([0.1, -0.2, 0.0]),
        np.ones(INPUTS),
        np.zeros(STATES),
    )


def test_an_unstable_system_is_held(unstable: System) -> None:
    """At the minimum no input changes the loss."""
    found = minimise_along_time(unstable, unstable.begin(), max_evals=60)

    def loss(inputs: jax.Array) -> jax.Array:
        state, last, total = jnp.asarray(unstable.start), jnp.zeros(INPUTS), jnp.zeros(())
        for own in inputs:
            total += 0.5 * jnp.sum(unstable.residual(state, last, own) ** 2)
            state, last = unstable.move(state, last, own), own
        return total

    value, slope = jax.value_and_grad(loss)(jnp.asarray(found.inputs))
    assert float(value) == pytest.approx(found.loss)
    assert np.abs(slope).max() < 1e-6 * unstable.losses[0]
    assert_allclose(found.loss, min(unstable.losses))


def test_no_more_trajectories_are_computed_than_allowed(unstable: System) -> None:
    for most in (1, 2, 5):
        unstable.losses.clear()
        minimise_along_time(unstable, unstable.begin(), max_evals=most)
        assert len(unstable.losses) == most


def test_it_ends_where_steps_bring_little(unstable: System) -> None:
    best = minimise_along_time(unstable, unstable.begin(), max_evals=60).loss
    many = len(unstable.losses)
    unstable.losses.clear()
    found = minimise_along_time(unstable, unstable.begin(), max_evals=60, tolerance=1e-3)
    assert len(unstable.losses) < many
    assert best <= found.loss < 1.01 * best


def test_steps_that_are_not_finite_are_refused(linear: System) -> None:
    """A system that breaks beyond a small step: the damping grows until the step stays within."""
    move = linear.move
    linear.move = lambda state, last, own: jnp.where(jnp.max(jnp.abs(own)) < 0.05, move(state, last, own), jnp.nan)
    found = minimise_along_time(linear, linear.begin(), max_evals=12)
    assert np.isnan(linear.losses).any()
    assert found.loss < linear.losses[0]


def test_a_start_without_a_loss_is_refused(linear: System) -> None:
    with pytest.raises(OptimusError, match="the loss at the start is nan: start from where it is finite"):
        minimise_along_time(linear, linear.begin()._replace(loss=np.nan), max_evals=5)


def test_a_small_step_after_a_failed_one_does_not_end_the_search(unstable: System) -> None:
    """The first plan fails as if it went too far, so the next is damped far more, and brings little."""
    damped = Damping(first=1e3, least=1e-6)
    best = minimise_along_time(unstable, unstable.begin(), max_evals=60).loss

    class FailsOnce(System):
        def follow(self, about: Path, plan: Plan) -> Path:
            found = super().follow(about, plan)
            return found._replace(loss=2 * about.loss) if len(self.losses) == 2 else found

    system = FailsOnce(unstable.move, unstable.residual, unstable.start, unstable.input_unit, unstable.start_unit)
    found = minimise_along_time(system, system.begin(), max_evals=60, damping=damped, tolerance=0.05)
    assert found.loss < 1.2 * best


def test_a_model_that_is_not_definite_costs_no_trajectory(linear: System) -> None:
    class Broken(System):
        def linearise(self, at: Path) -> Model:
            model = super().linearise(at)
            return model._replace(hessian=np.nan * model.hessian)

    system = Broken(linear.move, linear.residual, linear.start, linear.input_unit, linear.start_unit)
    first = system.begin()
    assert minimise_along_time(system, first, max_evals=5) is first
    assert len(system.losses) == 1


def test_single_precision_gives_the_same_plan(linear: System) -> None:
    model = linear.linearise(linear.begin())
    units = linear.input_unit, linear.start_unit
    double, foreseen = plan_step(model, *units, jnp.asarray(2e-2))
    with jax.enable_x64(False):
        single, less_exact = plan_step(
            Model(*(a.astype(np.float32) for a in model)), *(a.astype(np.float32) for a in units), jnp.asarray(2e-2)
        )
    assert single.gain.dtype == np.float32
    for ours, exact in zip(single, double, strict=True):
        assert_allclose(ours, exact, rtol=1e-3, atol=1e-4)
    assert float(less_exact) == pytest.approx(float(foreseen), rel=1e-4)
