"""Losses of NaN and infinity are counted, never the best, and avoided where possible."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from optimus import OPTIMIZERS, TransformationOptimizer, get, minimise
from tests.optimus.problems import NARROW_BARRIER_MINIMUM, Counted, narrow_barrier, quadratic

AROUND_THE_BARRIER = {
    "bfgs": get("bfgs"),
    "lbfgs": get("lbfgs"),
    "adam": get("adam", learning_rate=0.6),
    "momentum": get("momentum", learning_rate=0.05, decay=0.1),
}


@pytest.mark.parametrize("name", sorted(AROUND_THE_BARRIER))
def test_a_step_out_of_the_domain_is_shortened_and_the_minimum_found(name):
    result = minimise(narrow_barrier, np.array([0.25]), AROUND_THE_BARRIER[name], max_evals=300)
    assert result.non_finite > 0
    assert result.non_finite == np.sum(~np.isfinite(result.history.value))
    assert np.all(np.isfinite(result.history.best))
    np.testing.assert_allclose(result.value, NARROW_BARRIER_MINIMUM, atol=1e-4)


@pytest.mark.parametrize("name", ["bfgs", "lbfgs"])
def test_a_line_search_retreats_to_a_quarter_of_the_step(name):
    evaluate = Counted(narrow_barrier)
    result = minimise(evaluate, np.array([0.2]), name, max_evals=3)
    steps = [0.2 - point[0] for point in evaluate.points]
    assert not np.isfinite(result.history.value[1])
    np.testing.assert_allclose(steps[2] / steps[1], 0.25, rtol=1e-6)


def only_finite_at(start, bad_value, bad_gradient):
    def evaluate(x):
        value, gradient = quadratic(x)
        return (value, gradient) if np.array_equal(x, start) else (bad_value, gradient * bad_gradient)

    return evaluate


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
@pytest.mark.parametrize(
    ("bad_value", "bad_gradient"),
    [(np.nan, np.nan), (np.inf, 1.0), (-np.inf, 1.0), (-1.0, np.nan)],
    ids=["NaN", "infinite value", "minus infinity", "lower value with NaN gradient"],
)
def test_with_nothing_finite_ahead_it_stops_at_the_start_and_says_so(name, bad_value, bad_gradient):
    start = np.full(4, 0.5)
    result = minimise(only_finite_at(start, bad_value, bad_gradient), start, name, max_evals=500)
    assert result.stop_reason == "non_finite"
    np.testing.assert_array_equal(result.x, start)
    assert result.value == quadratic(start)[0]
    assert result.non_finite > 0
    assert result.iterations == 0
    assert result.evaluations < 100


def test_a_transformation_that_returns_nan_is_not_followed():
    broken = optax.stateless(lambda updates, params: jax.tree.map(lambda u: u * jnp.nan, updates))
    evaluate = Counted(quadratic)
    result = minimise(evaluate, np.ones(3), TransformationOptimizer(broken), max_evals=50)
    assert result.stop_reason == "non_finite"
    assert evaluate.calls == 1


def test_a_gradient_whose_norm_does_not_fit_into_a_number_is_not_finite():
    def evaluate(x):
        return float(x @ x), 2 * x if np.abs(x).max() < 1.5 else np.full_like(x, 1e200)

    result = minimise(evaluate, np.ones(2), get("momentum", learning_rate=2.0), max_evals=10)
    assert result.non_finite > 0
    assert np.isinf(result.history.gradient_norm).any()
