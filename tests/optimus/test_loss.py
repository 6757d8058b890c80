"""A JAX loss on a pytree becomes a function of one vector."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optimus import OptimusError, flatten_loss, minimise


def line_fit(params):
    x = jnp.linspace(-1.0, 1.0, 11)
    return jnp.mean((params["slope"] * x + params["intercept"][0] - (3.0 * x - 2.0)) ** 2)


def test_a_pytree_is_minimised_and_comes_back_as_it_was():
    evaluate, x0, unravel = flatten_loss(line_fit, {"slope": jnp.zeros(()), "intercept": (jnp.zeros(1),)[0]})
    fit = unravel(minimise(evaluate, x0, "lbfgs", max_evals=50).x)
    np.testing.assert_allclose(fit["slope"], 3.0, atol=1e-4)
    np.testing.assert_allclose(fit["intercept"], [-2.0], atol=1e-4)


def test_the_gradient_is_that_of_the_pytree():
    params = {"slope": jnp.asarray(0.5), "intercept": jnp.asarray([1.0])}
    evaluate, x0, unravel = flatten_loss(line_fit, params)
    value, gradient = evaluate(x0)
    expected = jax.grad(line_fit)(params)
    np.testing.assert_allclose(value, line_fit(params), rtol=1e-6)
    for name, entry in unravel(gradient).items():
        np.testing.assert_allclose(entry, expected[name], rtol=1e-6)


def test_it_is_traced_once():
    traces = []

    def loss(x):
        traces.append(x)
        return jnp.sum(x**2)

    evaluate, x0, _ = flatten_loss(loss, jnp.ones(3))
    minimise(evaluate, x0, "lbfgs", max_evals=5)
    before = len(traces)
    minimise(evaluate, x0 + 1, "adam", max_evals=20)
    assert len(traces) == before


@pytest.mark.parametrize(
    ("loss", "params", "message"),
    [
        (jnp.sum, {}, "no elements"),
        (jnp.sum, jnp.zeros((0, 3)), "no elements"),
        (jnp.sum, jnp.zeros(3, jnp.int32), "floating point, but they are int32"),
        (lambda x: x**2, jnp.ones(3), r"one number, but it returns .*\(3,\)"),
        (lambda x: (jnp.sum(x), x), jnp.ones(3), "one number, but it returns"),
    ],
)
def test_what_cannot_be_minimised_is_said(loss, params, message):
    with pytest.raises(OptimusError, match=message):
        flatten_loss(loss, params)


def test_a_loss_that_is_no_floating_point_number_is_refused():
    with pytest.raises(OptimusError, match="must be floating point, but it returns int32: convert it"):
        flatten_loss(lambda x: jnp.sum(x > 0).astype(jnp.int32), jnp.ones(3))
    with pytest.raises(OptimusError, match=r"returns an array of shape \(3,\): reduce it"):
        flatten_loss(lambda x: 2.0 * x, jnp.ones(3))
