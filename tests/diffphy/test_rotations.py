"""The rotations: their values against scipy and jaxlie, their derivatives everywhere, singular points included."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import jaxlie
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation, Slerp

from diffphy import rotations

pytestmark = pytest.mark.usefixtures("float64")

ANGLES = [0.0, 1e-12, 1e-7, 1e-5, 9.9e-5, 1.1e-4, 1e-3, 1.0, np.pi / 2, np.pi - 1e-2, np.pi - 1e-5]
AXIS = np.array([0.6, -0.48, 0.64])


@pytest.fixture
def turns() -> Rotation:
    return Rotation.random(50, rng=np.random.default_rng(0))


def wxyz(turn: Rotation) -> jax.Array:
    return jnp.asarray(turn.as_quat(scalar_first=True))


def assert_same_rotation(ours: jax.Array, theirs: Rotation) -> None:
    assert_allclose(Rotation.from_quat(np.asarray(ours), scalar_first=True).as_matrix(), theirs.as_matrix(), atol=1e-12)


def test_product_and_inverse_are_those_of_scipy_and_jaxlie(turns: Rotation) -> None:
    a, b = turns[:25], turns[25:]
    assert_same_rotation(rotations.multiply(wxyz(a), wxyz(b)), a * b)
    assert_same_rotation(rotations.inverse(wxyz(a)), a.inv())
    theirs = jax.vmap(lambda p, q: (jaxlie.SO3(p) @ jaxlie.SO3(q)).wxyz)(wxyz(a), wxyz(b))
    assert_allclose(rotations.multiply(wxyz(a), wxyz(b)), theirs, atol=1e-12)


def test_matrix_and_turned_vectors_are_those_of_scipy(turns: Rotation) -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 3))
    assert_allclose(rotations.to_matrix(wxyz(turns)), turns.as_matrix(), atol=1e-12)
    assert_allclose(rotations.rotate(wxyz(turns), vectors), turns.apply(vectors), atol=1e-12)


def test_exp_and_log_are_those_of_scipy_and_jaxlie(turns: Rotation) -> None:
    vector = turns.as_rotvec()
    assert_same_rotation(rotations.exp(vector), turns)
    assert_allclose(rotations.log(wxyz(turns)), vector, atol=1e-12)
    assert_allclose(rotations.log(wxyz(turns)), jax.vmap(lambda q: jaxlie.SO3(q).log())(wxyz(turns)), atol=1e-12)


@pytest.mark.parametrize("angle", [*ANGLES, np.pi])
def test_log_inverts_exp(angle: float) -> None:
    vector = jnp.asarray(angle * AXIS)
    quaternion = rotations.exp(vector)
    assert float(jnp.linalg.norm(quaternion)) == pytest.approx(1.0, abs=1e-15)
    assert_allclose(rotations.log(quaternion), vector, rtol=1e-11, atol=1e-15)


def test_a_quaternion_and_its_negative_are_the_same_rotation(turns: Rotation) -> None:
    a, b = wxyz(turns[:25]), wxyz(turns[25:])
    assert_allclose(rotations.log(-a), rotations.log(a), atol=1e-14)
    assert_allclose(rotations.difference(a, -b), rotations.difference(a, b), atol=1e-14)


def test_difference_leads_from_one_rotation_to_the_other(turns: Rotation) -> None:
    a, b = wxyz(turns[:25]), wxyz(turns[25:])
    reached = rotations.multiply(a, rotations.exp(rotations.difference(a, b)))
    assert_same_rotation(reached, turns[25:])


def test_interpolation_is_slerp_along_the_shorter_arc(turns: Rotation) -> None:
    fraction = np.array([0.0, 0.25, 0.6, 1.0])
    ours = rotations.interpolate(wxyz(turns[0])[None], -wxyz(turns[1])[None], fraction)
    assert_same_rotation(ours, Slerp([0.0, 1.0], turns[:2])(fraction))


def log_of_turned(vector: jax.Array, quaternion: jax.Array) -> jax.Array:
    return rotations.log(rotations.multiply(quaternion, rotations.exp(vector)))


def gradient_of_turned(vector: jax.Array, quaternion: jax.Array) -> jax.Array:
    """A first derivative, whose own derivative is a second one."""
    weight = jnp.arange(1.0, 4.0)
    return jax.grad(lambda v: jnp.sum(weight * log_of_turned(v, quaternion) ** 2))(vector)


@partial(jax.jit, static_argnums=0)
def derivatives(function: Callable, vector: jax.Array, quaternion: jax.Array, step: float = 1e-6):
    """The Jacobian by forward mode, by reverse mode and by central differences."""
    forward = jax.jacfwd(function)(vector, quaternion)
    reverse = jax.jacrev(function)(vector, quaternion)
    ahead, behind = (jax.vmap(lambda h: function(vector + h, quaternion))(sign * step * jnp.eye(3)) for sign in (1, -1))
    return forward, reverse, (ahead - behind).T / (2 * step)


def assert_derivative_is_right(function: Callable, vector: np.ndarray, angle: float) -> None:
    quaternion = rotations.exp(jnp.asarray(angle * AXIS))
    forward, reverse, numerical = derivatives(function, jnp.asarray(vector), quaternion)
    assert_allclose(forward, reverse, atol=1e-10)
    assert_allclose(forward, numerical, atol=1e-7)


def exp(vector: jax.Array, quaternion: jax.Array) -> jax.Array:
    return rotations.multiply(quaternion, rotations.exp(vector))


@pytest.mark.parametrize("angle", ANGLES)
def test_derivative_of_exp(angle: float) -> None:
    assert_derivative_is_right(exp, angle * AXIS, 0.0)


@pytest.mark.parametrize("angle", [*ANGLES, -1.0, 2 * np.pi - 1.0])
def test_derivative_of_log(angle: float) -> None:
    assert_derivative_is_right(log_of_turned, np.zeros(3), angle)


@pytest.mark.parametrize("angle", ANGLES)
def test_second_derivative_of_exp_and_log(angle: float) -> None:
    assert_derivative_is_right(gradient_of_turned, np.array([1e-3, 2e-3, -1e-3]), angle)


def test_derivatives_at_exactly_pi_are_finite() -> None:
    forward, reverse, _ = derivatives(log_of_turned, jnp.zeros(3), jnp.asarray([0.0, *AXIS]))
    assert np.isfinite(forward).all()
    assert_allclose(forward, reverse, atol=1e-10)


@pytest.mark.parametrize("angle", [*ANGLES, 0.031, 0.033, np.pi])
def test_jacobians_of_rotation_vectors_are_those_of_differentiation(angle: float) -> None:
    """On both sides of where the series end."""
    vector = jnp.asarray(angle * AXIS)
    turned = exp_of_change(vector)
    assert_allclose(rotations.right_jacobian(vector), turned, atol=1e-12)
    assert_allclose(rotations.inverse_left_jacobian(vector), np.linalg.inv(turned.T), atol=1e-11)
    assert_allclose(rotations.cross_matrix(vector) @ AXIS[::-1], np.cross(vector, AXIS[::-1]), atol=1e-15)


def exp_of_change(vector: jax.Array) -> jax.Array:
    """How exp(vector) turns in its own axes when the vector changes."""
    return jax.jacfwd(lambda v: rotations.difference(rotations.exp(vector), rotations.exp(v)))(vector)


@pytest.mark.parametrize("function", [rotations.right_jacobian, rotations.inverse_left_jacobian])
def test_jacobians_of_rotation_vectors_keep_their_digits_in_single_precision(function: Callable) -> None:
    vector = np.geomspace(1e-4, 3.1, 300)[:, None] * AXIS
    double, single = function(jnp.asarray(vector)), function(jnp.asarray(vector, jnp.float32))
    assert single.dtype == np.float32
    assert_allclose(single, double, atol=4e-7)


@pytest.mark.parametrize("function", [rotations.right_jacobian, rotations.inverse_left_jacobian])
@pytest.mark.parametrize("angle", [0.0, 1e-5, 0.031, 0.033, 1.0])
def test_derivatives_of_those_jacobians(function: Callable, angle: float) -> None:
    vector = jnp.asarray(angle * AXIS)
    forward, reverse = jax.jacfwd(function)(vector), jax.jacrev(function)(vector)
    ahead, behind = (function(vector[None] + sign * 1e-6 * jnp.eye(3)) for sign in (1, -1))
    assert_allclose(forward, reverse, atol=1e-11)
    assert_allclose(forward, jnp.moveaxis(ahead - behind, 0, -1) / 2e-6, atol=1e-8)
