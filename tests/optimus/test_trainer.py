"""Meta-training learns, continues from a checkpoint, and survives particles without a gradient."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from optimus import OptimusError, storage
from optimus.adafactor_mlp import AdafactorMLP
from optimus.meta.pes import PersistentEvolutionStrategies
from optimus.meta.task import FunctionFamily
from optimus.meta.trainer import Trainer, learning_curve
from optimus.meta.truncated_gradient import TruncatedGradient
from optimus.meta.truncation import ConstantTruncation

MODEL = AdafactorMLP((8,))
SCHEDULE = ConstantTruncation(5, 10)
FAMILIES = (FunctionFamily(2, ("sphere",)), FunctionFamily(3, ("sphere", "rosenbrock")))


class SometimesNaN(FunctionFamily):
    """Tasks whose loss is NaN if `which` is not 0."""

    def value(self, data, params):
        return jnp.where(data.which == 0, jnp.sum((params - data.offset) ** 2), jnp.nan)


def trainer(estimator: Any = None, families: Any = FAMILIES[:1], **settings: Any) -> Trainer:
    defaults = {"averaging": 0.99, "optimizer": optax.adam(3e-3), "particles": 6, "clip": 1.0, "seed": 0}
    return Trainer(MODEL, families, estimator or TruncatedGradient(SCHEDULE), **{**defaults, **settings})


def steps(made: Trainer, state: Any, number: int) -> tuple[Any, list[Any]]:
    reports = []
    for _ in range(number):
        state, now = made.step(state)
        reports.append(now)
    return state, reports


def test_the_average_is_the_mean_at_first_and_then_forgets() -> None:
    made = trainer()
    states = [made.start()]
    for _ in range(3):
        states.append(made.step(states[-1])[0])
    mean = jax.tree.map(lambda *leaves: sum(leaves) / len(leaves), *(state.params for state in states))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), states[-1].average, mean)
    forgetful = trainer(averaging=0.5)
    before, _ = steps(forgetful, forgetful.start(), 4)
    after, _ = forgetful.step(before)
    half = jax.tree.map(lambda a, b: (a + b) / 2, before.average, after.params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), after.average, half)


def test_it_learns() -> None:
    made = trainer()
    state, _ = steps(made, made.start(), 150)
    curves = [
        learning_curve(MODEL, params, FAMILIES[0], jax.random.key(5), tasks=32, steps=10)
        for params in (made.start().params, state.params)
    ]
    before, after = (np.asarray(curve).mean() for curve in curves)
    assert curves[0].shape == (32, 10)
    assert after < before - 1.0


@pytest.mark.parametrize("estimator", [TruncatedGradient(SCHEDULE), PersistentEvolutionStrategies(SCHEDULE, 0.01)])
def test_going_on_from_a_file_gives_the_same_numbers(estimator: Any, tmp_path: Any) -> None:
    made = trainer(estimator)
    halfway, _ = steps(made, made.start(), 3)
    storage.save(tmp_path / "checkpoint", made.gather(halfway))
    whole, expected = steps(made, halfway, 3)
    again = trainer(estimator)
    resumed, found = steps(again, again.place(storage.load(tmp_path / "checkpoint", again.shapes)), 3)
    jax.tree.map(np.testing.assert_array_equal, whole, resumed)
    assert expected == found


def test_families_have_their_turns() -> None:
    made = trainer(families=FAMILIES)
    start = made.start()
    after, _ = steps(made, start, 1)
    jax.tree.map(np.testing.assert_array_equal, start.particles[1], after.particles[1])
    assert not np.array_equal(start.particles[0].x, after.particles[0].x)


def test_particles_without_a_gradient_do_not_count() -> None:
    sometimes = SometimesNaN(2, ("sphere", "sphere"))
    made = trainer(families=(sometimes,), particles=8)
    _, (report,) = steps(made, made.start(), 1)
    which = np.asarray(made.start().particles[0].task.which)
    assert 0 < int(report.non_finite) == np.sum(which != 0) < 8
    assert np.isfinite(report.loss)
    assert np.isfinite(report.gradient_norm)


def test_where_no_particle_has_a_gradient_nothing_changes() -> None:
    class AlwaysNaN(FunctionFamily):
        def value(self, data, params):
            return jnp.nan * jnp.sum(params)

    made = trainer(families=(AlwaysNaN(2, ("sphere",)),))
    start = made.start()
    after, (report,) = steps(made, start, 1)
    assert int(report.non_finite) == 6
    jax.tree.map(np.testing.assert_array_equal, start.params, after.params)
    jax.tree.map(np.testing.assert_array_equal, start.optimizer, after.optimizer)
    assert int(after.step) == 1


def test_the_gradient_of_one_particle_is_clipped_before_the_mean() -> None:
    (_, (free,)), (_, (clipped,)) = (steps(m, m.start(), 1) for m in (trainer(clip=1e9), trainer(clip=1e-3)))
    assert clipped.gradient_norm <= 1.001e-3 < free.gradient_norm
    assert clipped.loss == free.loss


def test_the_seed_decides() -> None:
    one, same, other = (steps(m, m.start(), 2)[1][1].loss for m in (trainer(), trainer(), trainer(seed=1)))
    assert one == same != other


def test_particles_that_cannot_be_shared_are_refused() -> None:
    with pytest.raises(OptimusError, match="0 particles cannot be shared evenly by 1 devices"):
        trainer(particles=0)
