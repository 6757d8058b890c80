"""Any optax-style transformation drops in, and gets what a learned optimizer needs."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from optimus import TransformationOptimizer, minimise
from tests.optimus.problems import quadratic


def polyak() -> optax.GradientTransformationExtraArgs:
    """Step value / |grad|^2 along -grad, from the extra arguments only; counts its steps in its state."""

    def update(updates, state, params=None, **extra):
        del updates, params
        return -extra["value"] / jnp.sum(extra["grad"] ** 2) * extra["grad"], state + 1

    return optax.GradientTransformationExtraArgs(lambda params: jnp.zeros((), jnp.int32), update)


def test_value_and_gradient_are_those_of_the_present_iterate():
    result = minimise(quadratic, np.array([2.0, 1.0], np.float32), TransformationOptimizer(polyak()), max_evals=8)
    x = np.array([2.0, 1.0], np.float32)
    expected = []
    for _ in range(8):
        value, gradient = quadratic(x)
        expected.append(value)
        x = x - value / (gradient @ gradient) * gradient
    np.testing.assert_allclose(result.history.value, expected, rtol=1e-4)


def test_the_parameters_are_passed():
    towards_zero = optax.stateless(lambda updates, params: jax.tree.map(lambda p: -0.5 * p, params))
    result = minimise(quadratic, np.ones(3, np.float32), TransformationOptimizer(towards_zero), max_evals=4)
    np.testing.assert_allclose(result.x, 0.5**3, rtol=1e-6)


def test_every_run_starts_with_a_fresh_state():
    optimizer = TransformationOptimizer(optax.adam(0.1))
    first, second = (minimise(quadratic, np.ones(3), optimizer, max_evals=12) for _ in range(2))
    np.testing.assert_array_equal(first.history.value, second.history.value)


def test_one_evaluation_a_step():
    result = minimise(quadratic, np.ones(3), TransformationOptimizer(optax.adam(0.1)), max_evals=12)
    assert result.iterations == 11
    np.testing.assert_array_equal(result.history.iteration, [0, *range(11)])
