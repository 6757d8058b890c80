"""The 15 functions: value and gradient at the minimiser are right, and no value around it is lower."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from optimus.functions import FUNCTIONS, get_function
from optimus.objective import OptimusError

DIMENSIONS = [2, 3, 10, 250]
ALL = sorted(FUNCTIONS)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def test_there_are_fifteen_by_their_names():
    assert len(FUNCTIONS) == 15
    assert all(FUNCTIONS[name].name == name and FUNCTIONS[name].source for name in FUNCTIONS)


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("name", ALL)
def test_the_minimum_is_at_the_minimiser(name, dimension):
    f = get_function(name)
    low, high = f.domain(dimension)
    x = jnp.asarray(f.minimiser(dimension))
    assert x.shape == (dimension,)
    assert low <= float(x.min())
    assert float(x.max()) <= high
    evaluate = jax.jit(jax.value_and_grad(f.value))
    scale = abs(float(evaluate(jnp.full(dimension, 0.5 * (low + high) + 0.1 * (high - low)))[0]))
    value, gradient = evaluate(x)
    np.testing.assert_allclose(value, f.minimum(dimension), rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(gradient * (high - low), 0.0, atol=1e-8 * max(scale, 1.0))


@pytest.mark.parametrize("name", ALL)
def test_nothing_in_the_domain_is_lower(name):
    f = get_function(name)
    low, high = f.domain(6)
    rng = np.random.default_rng(0)
    anywhere = rng.uniform(low, high, (2000, 6))
    lengths = 10.0 ** rng.uniform(-4, -1, (2000, 1))
    near = f.minimiser(6) + lengths * (high - low) * rng.standard_normal((2000, 6))
    values = jax.jit(jax.vmap(f.value))(jnp.asarray(np.concatenate([anywhere, np.clip(near, low, high)])))
    assert float(values.min()) > f.minimum(6)


@pytest.mark.parametrize("name", ALL)
def test_nothing_outside_the_domain_is_lower_either(name):
    """Otherwise an optimizer that runs away would be the best."""
    f = get_function(name)
    rng = np.random.default_rng(3)
    far = rng.choice([-1.0, 1.0], (4000, 3)) * 10.0 ** rng.uniform(-1.0, 2.0, (4000, 3))
    values = jax.jit(jax.vmap(f.on_cube(3)))(jnp.asarray(far))
    assert float(values.min()) > f.minimum(3)


def test_schwefel_s_function_is_smooth_at_the_edge_of_its_domain():
    gradient = jax.grad(lambda x: get_function("schwefel").value(jnp.stack([x, x])))
    for edge in (-500.0, 500.0):
        np.testing.assert_allclose(gradient(edge - 1e-9), gradient(edge + 1e-9), rtol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_gradients_agree_with_differences(name):
    loss = jax.jit(get_function(name).on_cube(7))
    x = jnp.asarray(np.random.default_rng(1).uniform(-0.9, 0.9, 7))
    scale = float(jnp.linalg.norm(jax.grad(loss)(x)))
    check_grads(
        lambda y: loss(jnp.asarray(y)) / scale, (x,), order=1, modes=("fwd", "rev"), eps=1e-6, atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize("name", ALL)
def test_values_and_slopes_are_finite_in_large_dimensions_and_at_zero(name):
    evaluate = jax.jit(jax.value_and_grad(get_function(name).on_cube(1000)))
    for x in (jnp.zeros(1000), jnp.asarray(np.random.default_rng(2).uniform(-1, 1, 1000))):
        value, gradient = evaluate(x)
        assert np.isfinite(value)
        assert jnp.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        ("sphere", [1.0, 2.0], 5.0),
        ("sum_squares", [1.0, 2.0], 9.0),
        ("rotated_hyper_ellipsoid", [1.0, 2.0], 1.0 + 1.0 + 4.0),
        ("ackley", [1.0, 1.0], 20 - 20 * np.exp(-0.2)),
        ("rastrigin", [0.5, 1.0], 20 + 0.25 + 1.0 + 10 - 10),
        ("rosenbrock", [2.0, 3.0], 101.0),
        ("griewank", [np.pi, 0.0], np.pi**2 / 4000 + 2.0),
        ("dixon_price", [2.0, 3.0], 1.0 + 2 * 16.0**2),
        ("zakharov", [1.0, 1.0], 2.0 + 1.5**2 + 1.5**4),
        ("styblinski_tang", [1.0, 2.0], 0.5 * (1 - 16 + 5 + 16 - 64 + 10)),
        ("trid", [2.0, 3.0], 1.0 + 4.0 - 6.0),
        ("schwefel", [0.0, 0.0], 2 * 418.98288727243369),
        ("powell", [3.0, -1.0, 0.0, 1.0], 49.0 + 5.0 + 1.0 + 160.0),
        ("perm", [0.5, 0.5], (11 * (0.5 - 1) + 12 * (0.5 - 0.5)) ** 2 + (11 * (0.25 - 1) + 12 * (0.25 - 0.25)) ** 2),
        ("levy", [5.0, 1.0], np.sin(2 * np.pi) ** 2 + 1 + 10 * np.sin(2 * np.pi + 1) ** 2),
    ],
)
def test_values_worked_out_by_hand(name, x, value):
    np.testing.assert_allclose(get_function(name).value(jnp.array(x)), value, rtol=1e-12)


def test_the_cube_is_the_domain_and_an_offset_moves_the_minimum():
    f = get_function("rosenbrock")
    np.testing.assert_allclose(f.on_cube(3)(jnp.array([-1.0, 0.0, 1.0])), f.value(jnp.array([-5.0, 2.5, 10.0])))
    offset = jnp.array([0.1, -0.2, 0.3])
    np.testing.assert_allclose(f.on_cube(3, offset)(jnp.asarray(f.minimiser_on_cube(3)) + offset), 0.0, atol=1e-20)


def test_an_unknown_name_is_answered_with_the_valid_ones():
    with pytest.raises(OptimusError, match="unknown function 'spere': choose one of ackley, "):
        get_function("spere")
