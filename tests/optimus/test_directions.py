"""The cosines between the steps of a path, the gradient and Newton's direction."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from optimus.directions import descent_path, similarity

CURVATURE = jnp.array([[3.0, 1.0], [1.0, 2.0]])


def loss(x):
    return 0.5 * x @ CURVATURE @ x


def test_gradient_descent_goes_along_the_gradient():
    path = descent_path(optax.sgd(0.1), loss, jnp.array([1.0, -2.0]), 5)
    found = similarity(loss, path)
    np.testing.assert_allclose(found["gradient"], 1.0, rtol=1e-5)
    assert (found["newton"] < found["gradient"] - 1e-4).all()


def test_newton_s_method_goes_its_own_way():
    newton = optax.stateless(lambda g, x: -0.3 * jnp.linalg.solve(CURVATURE, g))
    found = similarity(loss, descent_path(newton, loss, jnp.array([1.0, -2.0]), 5))
    np.testing.assert_allclose(found["newton"], 1.0, rtol=1e-5)


def test_the_path_is_that_of_the_transformation():
    path = descent_path(optax.sgd(0.1), loss, jnp.array([1.0, -2.0]), 3)
    assert path.shape == (4, 2)
    x = jnp.array([1.0, -2.0])
    for point in path:
        np.testing.assert_allclose(point, x, rtol=1e-5)
        x = x - 0.1 * jax.grad(loss)(x)


def test_a_step_of_no_length_has_no_direction():
    found = similarity(loss, jnp.ones((3, 2)))
    assert np.isnan(found["gradient"]).all()
    assert found["newton"].shape == pytest.approx((2,))
