"""Basin-hopping counts every evaluation, finds deeper basins, and repeats the same numbers with the same seed."""

import numpy as np
import pytest

from optimus import BasinHopping, OptimusError, RelativeDecrease, get, minimise
from tests.optimus.problems import Counted, quadratic, rosenbrock

CLASSICAL = {"bfgs": {}, "lbfgs": {}, "adam": {"learning_rate": 0.05}, "momentum": {"learning_rate": 0.001}}


def ripples(x):
    """x^2 + 2 sin^2(3 x) in each coordinate: one basin for each unit of length, the deepest at 0, with value 0."""
    return np.sum(x**2 + 2 * np.sin(3 * x) ** 2), 2 * x + 6 * np.sin(6 * x)


def hopping(**settings):
    return BasinHopping(get("lbfgs"), **{"hops": 20, "evaluations": 15, "step_size": 2.0, **settings})


def test_it_finds_a_deeper_basin_than_one_descent():
    start = np.array([2.2, -3.1])
    one = minimise(ripples, start, "lbfgs", max_evals=400)
    many = minimise(ripples, start, hopping(), max_evals=400)
    assert one.value > 1.0
    assert many.value < 1e-6
    assert many.stop_reason == "converged"


@pytest.mark.parametrize("name", CLASSICAL)
def test_it_works_with_every_optimizer_and_the_bound_holds(name):
    evaluate = Counted(rosenbrock)
    result = minimise(evaluate, np.zeros(4), BasinHopping(get(name, **CLASSICAL[name]), evaluations=10), max_evals=33)
    assert evaluate.calls == result.evaluations == 33
    assert result.stop_reason == "max_evals"
    assert result.value == min(rosenbrock(x)[0] for x in evaluate.points)


def test_descents_are_as_long_as_they_may_and_start_where_the_hop_went():
    evaluate = Counted(quadratic)
    optimizer = BasinHopping(get("momentum", learning_rate=1e-4), hops=3, evaluations=5, step_size=0.5)
    result = minimise(evaluate, np.ones(3), optimizer, max_evals=1000)
    assert result.evaluations == 4 * 5
    jumps = [np.abs(evaluate.points[5 * k] - evaluate.points[5 * k - 1]).max() for k in (1, 2, 3)]
    assert min(jumps) > 0
    assert max(jumps) <= 0.55


def test_the_criterion_ends_a_descent_not_the_whole():
    climbing = get("momentum", learning_rate=1.0)
    optimizer = BasinHopping(climbing, hops=2, evaluations=50, stopping=RelativeDecrease(window=2))
    result = minimise(quadratic, np.ones(2), optimizer, max_evals=1000)
    assert 3 * 3 <= result.evaluations < 30
    assert result.stop_reason == "converged"


def test_a_hop_to_where_nothing_is_finite_is_not_followed():
    def evaluate(x):
        return quadratic(x) if np.abs(x).max() < 1.0 else (np.nan, np.full_like(x, np.nan))

    result = minimise(evaluate, np.full(3, 0.5), hopping(step_size=3.0), max_evals=500)
    assert result.non_finite > 0
    assert result.value < 1e-8


def test_the_same_seed_hops_to_the_same_places():
    first, second, other = (
        minimise(ripples, np.array([2.2, -3.1]), hopping(seed=seed), max_evals=200).history.value for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_impossible_settings_are_refused():
    with pytest.raises(OptimusError, match="step_size > 0"):
        hopping(step_size=0.0)
