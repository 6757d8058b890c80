"""The benchmark: its measures agree with values worked out by hand, and its methods with those of `minimise`."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from optimus import get, minimise
from optimus.benchmark import (
    Descent,
    MethodResult,
    Problem,
    QuasiNewton,
    TunedDescent,
    problems,
    quasi_newton_path,
)
from optimus.benchmark_measures import best_so_far, performance_profile, relative_iterations
from optimus.functions import get_function


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def run(*curves):
    return MethodResult(np.array(curves, float), 0.0, {})


def test_there_are_45_problems():
    assert len({problem.name for problem in problems()}) == 45
    assert {problem.dimension for problem in problems()} == {250, 500, 1000}


def test_starts_are_the_same_each_time_and_differ_by_problem_and_seed():
    problem = Problem("levy", 4)
    starts = problem.starts(3, seed=1)
    assert starts.shape == (3, 4)
    assert np.abs(starts).max() <= 1.0
    np.testing.assert_array_equal(starts, problem.starts(3, seed=1))
    np.testing.assert_array_equal(starts[:2], problem.starts(2, seed=1))
    assert not np.array_equal(starts, problem.starts(3, seed=2))
    assert not np.array_equal(starts, Problem("ackley", 4).starts(3, seed=1))


def test_profiles_worked_out_by_hand():
    """Gaps 1, 2, 10 and, above a minimum of 5, 4, 1, 2."""
    reached = {"a": np.array([1.0, 9.0]), "b": np.array([2.0, 6.0]), "c": np.array([10.0, 7.0])}
    profile = performance_profile(reached, np.array([0.0, 5.0]), np.array([1.0, 2.0, 4.0, 10.0]))
    np.testing.assert_allclose(profile["a"], [0.5, 0.5, 1.0, 1.0])
    np.testing.assert_allclose(profile["b"], [0.5, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(profile["c"], [0.0, 0.5, 0.5, 1.0])


def test_methods_at_the_minimum_share_the_first_place():
    """Up to rounding. No other method is near, and one without a finite value never is."""
    reached = {"a": np.array([1e-17, 3.0, 1.0]), "b": np.array([0.0, 3.0, np.inf]), "c": np.array([1.0, 3.0, 2.0])}
    profile = performance_profile(reached, np.array([0.0, 3.0, 0.0]), np.array([1.0, 1e9]))
    np.testing.assert_allclose(profile["a"], [1.0, 1.0])
    np.testing.assert_allclose(profile["b"], [2 / 3, 2 / 3])
    assert profile["c"][0] == pytest.approx(1 / 3)


def test_a_bad_method_does_not_change_how_the_others_compare():
    reached = {"a": np.array([1e-3]), "b": np.array([600.0])}
    for others in ({}, {"c": np.array([1e18])}):
        profile = performance_profile(reached | others, np.array([0.0]), np.array([1.0, 1e3, 1e6]))
        np.testing.assert_allclose(profile["b"], [0.0, 0.0, 1.0])


def test_relative_iterations_worked_out_by_hand():
    slow = run([9, 8, 7, 6, 5, 4, 3, 2, 2])  # reaches 2 after 7
    fast = run([9, 2, 1, 1, 1, 1, 1, 1, 1])
    assert relative_iterations(fast, slow) == 7.0
    assert relative_iterations(slow, fast) == 0.0
    assert relative_iterations(slow, slow) == 1.0
    assert relative_iterations(run([9, 1, 1]), run([9, 9, 9])) == 1.0  # the other one never moved, both begin there


def test_the_mean_is_of_the_best_so_far():
    np.testing.assert_allclose(best_so_far(run([4, 6, 2], [8, 2, 6])), [6, 3, 2])


@pytest.mark.parametrize("name", ["bfgs", "lbfgs"])
def test_quasi_newton_methods_are_those_of_minimise(name):
    problem = Problem("rosenbrock", 3)
    starts = problem.starts(2, seed=0)
    done = QuasiNewton(get(name))(problem, starts, 12)
    assert done.values.shape == (2, 13)
    evaluate = jax.jit(jax.value_and_grad(get_function("rosenbrock").on_cube(3)))
    for x0, values in zip(starts, done.values, strict=True):
        history = minimise(evaluate, x0, name, max_evals=200, stopping=lambda v: len(v) > 12).history
        ends = [history.value[history.iteration == k][-1] for k in range(1, 12)]
        np.testing.assert_allclose(values[2:], ends, rtol=1e-12)
        path = quasi_newton_path(get(name), evaluate, x0, 12)[0]
        np.testing.assert_allclose([evaluate(x)[0] for x in path], values, rtol=1e-12)


def test_a_method_that_has_converged_keeps_its_value():
    done = QuasiNewton(get("bfgs"))(Problem("sphere", 3), np.full((1, 3), 0.5), 20)
    assert done.values[0, -1] == done.values[0, 10] < 1e-12


def test_descents_are_those_of_minimise():
    problem = Problem("ackley", 5)
    starts = problem.starts(3, seed=0)
    done = Descent(optax.adam(0.05), 2, ("sphere", "ackley"))(problem, starts, 10)
    evaluate = jax.jit(jax.value_and_grad(get_function("ackley").on_cube(5)))
    for x0, values in zip(starts, done.values, strict=True):
        outside = minimise(evaluate, x0, get("adam", learning_rate=0.05), max_evals=11)
        np.testing.assert_allclose(values, outside.history.value, rtol=1e-9)
    assert done.evaluations == 11


def test_the_learning_rate_is_the_best_of_the_candidates():
    problem, rates = Problem("sphere", 4), (1e-6, 1e-3, 0.01, 10.0)
    starts = problem.starts(4, seed=0)
    done = TunedDescent(optax.sgd, rates, 8, 9, ("sphere",))(problem, starts, 10)
    assert done.settings == {"learning_rate": 0.01}
    np.testing.assert_allclose(
        done.values, Descent(optax.sgd(0.01), 64, ("sphere",))(problem, starts, 10).values, rtol=1e-12
    )


def test_what_diverges_to_no_number_is_infinite():
    done = Descent(optax.sgd(1e9), 64, ("rosenbrock",))(Problem("rosenbrock", 4), np.full((1, 4), 0.7), 20)
    assert done.values[0, 0] < np.inf
    assert done.values[0, -1] == np.inf
    assert jnp.isfinite(best_so_far(done)).all()
