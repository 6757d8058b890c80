"""The stopping criterion, compared with values worked out by hand, and in runs."""

import numpy as np
import pytest

from optimus import OptimusError, RelativeDecrease, get, minimise
from tests.optimus.problems import rosenbrock


def test_it_compares_with_the_mean_of_the_previous_five():
    previous = [10.0, 8.0, 6.0, 4.0, 2.0]  # mean 6
    assert not RelativeDecrease()([*previous, 6.0])
    assert RelativeDecrease()([*previous, 6.001])
    assert not RelativeDecrease()([1e9, *previous, 6.0])
    assert RelativeDecrease()([-1e9, *previous, 6.001])


def test_it_is_not_applied_to_the_first_five():
    rising = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert not any(RelativeDecrease()(rising[:n]) for n in range(6))
    assert RelativeDecrease()([*rising, 6.0])


def test_beta_scales_the_mean_and_epsilon_is_added_once():
    values = [2.0, 4.0]  # mean 3; 0.5 * 3 + 0.25 = 1.75
    criterion = RelativeDecrease(window=2, beta=0.5, epsilon=0.25)
    assert not criterion([*values, 1.75])
    assert criterion([*values, 1.76])


def test_a_window_of_nothing_is_refused():
    with pytest.raises(OptimusError, match="at least 1 step, not 0"):
        RelativeDecrease(window=0)


def test_a_diverging_run_stops_at_the_first_step_that_may_be_tested():
    diverging = get("momentum", learning_rate=1.0)
    result = minimise(lambda x: (x @ x, 2 * x), np.ones(2), diverging, max_evals=50, stopping=RelativeDecrease())
    assert result.stop_reason == "stopping_criterion"
    assert result.evaluations == 6
    assert result.iterations == 5


def test_line_search_trials_are_not_steps():
    told = []

    def record(values):
        told.append(list(values))
        return False

    result = minimise(rosenbrock, np.full(4, -1.0), "lbfgs", max_evals=40, stopping=record)
    assert result.evaluations > result.iterations + 1
    assert len(told) == result.iterations
    assert told[-1][0] == rosenbrock(np.full(4, -1.0))[0]
    assert set(told[-1]) <= set(result.history.value)
    assert np.all(np.diff(told[-1]) < 0)


@pytest.mark.parametrize("optimizer", ["bfgs", "lbfgs", "adam", "momentum"])
def test_it_ends_every_optimizer(optimizer):
    result = minimise(rosenbrock, np.zeros(4), optimizer, max_evals=50, stopping=RelativeDecrease(beta=0.0))
    assert result.stop_reason == "stopping_criterion"
    assert result.iterations == 5
