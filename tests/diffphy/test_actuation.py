"""PD control: what it asks for, where it saturates, that it never feeds the motion."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.actuation import Drive, pd_drive, torques
from diffphy.humanoid import Humanoid

pytestmark = pytest.mark.usefixtures("float64")

DT = 1 / 120


@jax.jit
def drive(humanoid: Humanoid, error: jax.Array, angular_velocity: jax.Array) -> Drive:
    """The drive of joints whose targets are `error` (rotation vectors, child's axes) away, at these velocities."""
    rotation = rotations.exp(jnp.linspace(-1.0, 1.0, 60).reshape(20, 3))
    target = rotations.multiply(rotation[1:], rotations.exp(error))
    return pd_drive(humanoid, rotation, angular_velocity, target, DT)


@pytest.fixture
def direction() -> jax.Array:
    vectors = np.random.default_rng(0).normal(size=(19, 3))
    return jnp.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_small_errors_get_the_gains(humanoid: Humanoid, direction: jax.Array) -> None:
    angular_velocity = jnp.concatenate([jnp.ones((1, 3)), 0.01 * direction[::-1]])
    ours = drive(humanoid, 0.01 * direction, angular_velocity)
    resistance = humanoid.kd + DT * humanoid.kp
    assert_allclose(ours.torque, 0.01 * humanoid.kp[:, None] * direction, rtol=1e-6)
    assert_allclose(ours.resistance, resistance, rtol=1e-6)
    expected = 0.01 * (humanoid.kp[:, None] * direction - resistance[:, None] * direction[::-1])
    assert_allclose(torques(ours, angular_velocity), expected, rtol=1e-5, atol=1e-6)


def test_torque_saturates_at_the_limit_in_the_direction_of_the_error(humanoid: Humanoid, direction: jax.Array) -> None:
    sizes = np.linspace(0.01, 3.0, 40)
    still = jnp.zeros((20, 3))
    torque = np.stack([drive(humanoid, size * direction, still).torque for size in sizes])
    length = np.linalg.norm(torque, axis=-1)
    assert_allclose(torque, length[..., None] * np.asarray(direction), atol=1e-9)
    assert (length <= humanoid.torque_limit * (1 + 1e-12)).all()
    assert (np.diff(length, axis=0) > 0).all()
    asked = sizes[:, None] * humanoid.kp
    gentle = asked < 0.65 * humanoid.torque_limit
    assert_allclose(length[gentle], asked[gentle], rtol=5e-3)
    assert_allclose(length[-1], humanoid.torque_limit, rtol=1e-2)


def test_a_saturated_joint_still_resists_motion(humanoid: Humanoid, direction: jax.Array) -> None:
    ours = drive(humanoid, 3.0 * direction, jnp.zeros((20, 3)))
    assert (ours.resistance > 0).all()


def test_at_the_target_control_only_takes_energy(humanoid: Humanoid) -> None:
    angular_velocity = jnp.asarray(np.random.default_rng(1).normal(size=(20, 3)) * np.array([0.1, 10.0, 100.0]))
    ours = drive(humanoid, jnp.zeros((19, 3)), angular_velocity)
    assert (jnp.sum(torques(ours, angular_velocity) * angular_velocity[1:], axis=-1) < 0).all()


def test_the_sign_of_the_target_quaternion_means_nothing(humanoid: Humanoid) -> None:
    rotation = rotations.exp(jnp.linspace(-1.0, 1.0, 60).reshape(20, 3))
    target = rotations.exp(jnp.linspace(-0.9, 1.1, 57).reshape(19, 3))
    one = pd_drive(humanoid, rotation, jnp.zeros((20, 3)), target, DT)
    other = pd_drive(humanoid, rotation, jnp.zeros((20, 3)), -target, DT)
    assert_allclose(one.torque, other.torque, rtol=1e-12)
