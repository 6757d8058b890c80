"""`minimise`: counting, the hard bound, history, the best point, interruption, and bad input."""

import numpy as np
import pytest

from optimus import OPTIMIZERS, OptimusError, get, minimise
from tests.optimus.problems import Counted, quadratic, rosenbrock

ALL = sorted(OPTIMIZERS)


@pytest.mark.parametrize("optimizer", ALL)
@pytest.mark.parametrize("max_evals", [1, 2, 7, 23])
def test_the_budget_is_a_hard_bound_and_every_call_is_counted(optimizer, max_evals):
    evaluate = Counted(rosenbrock)
    result = minimise(evaluate, np.zeros(6), optimizer, max_evals=max_evals)
    assert evaluate.calls == result.evaluations == max_evals
    assert result.stop_reason == "max_evals"


@pytest.mark.parametrize("optimizer", ALL)
def test_the_history_is_what_the_loss_said(optimizer):
    evaluate = Counted(rosenbrock)
    result = minimise(evaluate, np.full(4, -1.0), optimizer, max_evals=15)
    values, gradients = zip(*map(rosenbrock, evaluate.points), strict=True)
    np.testing.assert_array_equal(result.history.value, values)
    np.testing.assert_allclose(result.history.gradient_norm, np.linalg.norm(gradients, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(result.history.best, np.minimum.accumulate(values))
    assert result.history.iteration[0] == 0
    assert np.all(np.diff(result.history.iteration) >= 0)
    assert result.iterations in (result.history.iteration[-1], result.history.iteration[-1] + 1)


def test_the_best_point_is_returned_even_if_the_run_ends_elsewhere():
    diverging = get("momentum", learning_rate=0.05)
    result = minimise(quadratic, np.ones(5), diverging, max_evals=40)
    assert result.history.value[-1] > 10 * result.value
    assert result.value == result.history.value.min()
    assert quadratic(result.x)[0] == result.value


def test_float32_starts_stay_float32_and_the_value_belongs_to_the_point():
    evaluate = Counted(rosenbrock)
    result = minimise(evaluate, np.zeros(3, np.float32), "lbfgs", max_evals=30)
    assert {point.dtype for point in evaluate.points} == {np.dtype(np.float32)}
    assert result.x.dtype == np.float32
    assert result.value == rosenbrock(result.x)[0]


@pytest.mark.parametrize("optimizer", ALL)
def test_an_interrupt_keeps_the_best_so_far(optimizer):
    def evaluate(x):
        if counted.calls == 6:
            raise KeyboardInterrupt
        return rosenbrock(x)

    counted = Counted(evaluate)
    result = minimise(counted, np.zeros(4), optimizer, max_evals=50)
    assert result.interrupted
    assert result.stop_reason == "interrupted"
    assert result.evaluations == 5
    assert result.value == min(rosenbrock(x)[0] for x in counted.points[:5])


def test_an_interrupt_before_anything_is_known_is_not_swallowed():
    def evaluate(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimise(evaluate, np.zeros(4), "lbfgs", max_evals=50)


@pytest.mark.parametrize("optimizer", ALL)
def test_the_callback_sees_each_evaluation_and_may_end_the_run(optimizer):
    seen = []

    def callback(evaluation):
        seen.append((evaluation.index, evaluation.value, evaluation.best))
        if evaluation.index == 8:
            raise StopIteration

    result = minimise(rosenbrock, np.zeros(4), optimizer, max_evals=50, callback=callback)
    assert result.stop_reason == "callback"
    expected = list(zip(range(9), result.history.value, result.history.best, strict=True))
    assert seen == expected


def test_the_same_run_gives_the_same_numbers():
    first, second = (minimise(rosenbrock, np.zeros(5), "adam", max_evals=30) for _ in range(2))
    np.testing.assert_array_equal(first.history.value, second.history.value)
    np.testing.assert_array_equal(first.x, second.x)


@pytest.mark.parametrize(
    ("evaluate", "x0", "optimizer", "max_evals", "message"),
    [
        (quadratic, np.zeros(0), "lbfgs", 5, "no elements"),
        (quadratic, np.zeros((2, 3)), "lbfgs", 5, r"x0 must be a vector, but it has shape \(2, 3\)"),
        (quadratic, np.array([1.0, np.nan]), "lbfgs", 5, "x0 holds NaN or infinity"),
        (quadratic, np.ones(3), "lbfgs", 0, "max_evals must be at least 1, not 0"),
        (
            quadratic,
            np.ones(3),
            "newton",
            5,
            "unknown optimizer 'newton': choose one of adafactor_mlp, adam, bfgs, lbfgs, momentum, optimus",
        ),
        (lambda x: (x, x), np.ones(3), "adam", 5, r"must be one number, but it is an array of shape \(3,\)"),
        (lambda x: (1.0, x[:2]), np.ones(3), "adam", 5, r"gradient has shape \(2,\), but the parameters have"),
        (lambda x: (np.nan, x), np.ones(3), "bfgs", 5, r"not finite at the start \(value nan, gradient norm 1.73205\)"),
        (lambda x: (1.0, x * np.inf), np.ones(3), "adam", 5, r"not finite at the start \(value 1, gradient norm inf\)"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(evaluate, x0, optimizer, max_evals, message):
    with pytest.raises(OptimusError, match=message) as error:
        minimise(evaluate, x0, optimizer, max_evals=max_evals)
    assert "\n" not in str(error.value)


def test_integer_starts_are_taken_as_float64():
    assert minimise(quadratic, np.array([1, 2]), "lbfgs", max_evals=20).x.dtype == np.float64
