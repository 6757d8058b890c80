"""PD control: what it asks for, where it saturates, that it never feeds the motion."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics.actuation import Drive, pd_drive, resistance, torques

pytestmark = pytest.mark.usefixtures("float64")

DT = 1 / 120


@jax.jit
def drive(humanoid: Humanoid, error: jax.Array) -> Drive:
    """The drive of joints whose targets are `error` (rotation vectors, child's axes) away."""
    rotation = rotations.exp(jnp.linspace(-1.0, 1.0, 60).reshape(20, 3))
    target = rotations.multiply(rotation[1:], rotations.exp(error))
    return pd_drive(humanoid, rotation, target, DT)


@pytest.fixture
def direction() -> jax.Array:
    vectors = np.random.default_rng(0).normal(size=(19, 3))
    return jnp.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_small_errors_get_the_gains(humanoid: Humanoid, direction: jax.Array) -> None:
    angular_velocity = jnp.concatenate([jnp.ones((1, 3)), 0.01 * direction[::-1]])
    torque = torques(drive(humanoid, 0.01 * direction), angular_velocity)
    damping = humanoid.kd + DT * humanoid.kp
    expected = 0.01 * (humanoid.kp[:, None] * direction - damping[:, None] * direction[::-1])
    assert_allclose(torque, expected, rtol=1e-5, atol=1e-6)


def test_torque_saturates_at_the_limit_in_the_direction_of_the_error(humanoid: Humanoid, direction: jax.Array) -> None:
    sizes = np.linspace(0.01, 3.0, 40)
    still = jnp.zeros((20, 3))
    torque = np.stack([torques(drive(humanoid, size * direction), still) for size in sizes])
    length = np.linalg.norm(torque, axis=-1)
    assert_allclose(torque, length[..., None] * np.asarray(direction), atol=1e-9)
    assert (length <= humanoid.torque_limit * (1 + 1e-12)).all()
    assert (np.diff(length, axis=0) > 0).all()
    asked = sizes[:, None] * humanoid.kp
    gentle = asked < 0.65 * humanoid.torque_limit
    assert_allclose(length[gentle], asked[gentle], rtol=5e-3)
    assert_allclose(length[-1], humanoid.torque_limit, rtol=1e-2)


@pytest.mark.parametrize("size", [0.01, 0.3, 3.0])
def test_no_motion_takes_a_torque_over_its_limit(humanoid: Humanoid, direction: jax.Array, size: float) -> None:
    spin = jnp.asarray(np.random.default_rng(1).normal(size=(20, 3)) * 100.0)
    torque = torques(drive(humanoid, size * direction), spin)
    assert (jnp.linalg.norm(torque, axis=-1) <= humanoid.torque_limit * (1 + 1e-12)).all()


@pytest.mark.parametrize("size", [0.0, 0.01, 0.3, 3.0])
def test_resistance_is_minus_the_jacobian_of_the_torque(humanoid: Humanoid, direction: jax.Array, size: float) -> None:
    ours = drive(humanoid, size * direction)
    spin = jnp.concatenate([jnp.zeros((1, 3)), 3.0 * direction[::-1]])
    jacobian = jax.jacfwd(lambda w: torques(ours, w))(spin)
    expected = -np.stack([np.asarray(jacobian)[joint, :, joint + 1] for joint in range(19)])
    tangent, viscous = resistance(ours, spin), resistance(ours, spin, saturation=0.0)
    assert_allclose(tangent, expected, rtol=1e-9, atol=1e-12)
    assert (np.linalg.eigvalsh(tangent) > 0).all()
    assert (np.linalg.eigvalsh(viscous - tangent) > -1e-12).all()


def test_at_the_target_control_only_takes_energy(humanoid: Humanoid) -> None:
    angular_velocity = jnp.asarray(np.random.default_rng(1).normal(size=(20, 3)) * np.array([0.1, 10.0, 100.0]))
    ours = drive(humanoid, jnp.zeros((19, 3)))
    assert (jnp.sum(torques(ours, angular_velocity) * angular_velocity[1:], axis=-1) < 0).all()


def test_the_sign_of_the_target_quaternion_means_nothing(humanoid: Humanoid) -> None:
    rotation = rotations.exp(jnp.linspace(-1.0, 1.0, 60).reshape(20, 3))
    target = rotations.exp(jnp.linspace(-0.9, 1.1, 57).reshape(19, 3))
    one = pd_drive(humanoid, rotation, target, DT)
    other = pd_drive(humanoid, rotation, -target, DT)
    assert_allclose(one.torque, other.torque, rtol=1e-12)
