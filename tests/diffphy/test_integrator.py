"""The implicit step: its matrix, its solution, and what it amounts to in free flight."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from simulators import random_state

from diffphy import contact as contacts
from diffphy import dynamics, integrator
from diffphy import scene as scenes
from diffphy.actuation import Drive, pd_drive
from diffphy.contact import ContactModel
from diffphy.humanoid import Humanoid
from diffphy.rotations import exp, multiply, to_matrix

pytestmark = pytest.mark.usefixtures("float64")

DT = 1 / 120


def start_of_step(humanoid: Humanoid, scene: scenes.Scene, seed: int) -> integrator.Start:
    """A step from a random state in which some bodies touch the scene and all joints are driven."""
    drawn = random_state(humanoid, np.random.default_rng(seed))
    rotation, velocity = jnp.asarray(drawn.rotation), jnp.asarray(drawn.velocity)
    linear, angular = dynamics.split(velocity)
    frame = dynamics.frames(humanoid, rotation)
    motion = dynamics.body_motion(frame, linear, angular)
    target = multiply(rotation[1:], exp(jnp.full((19, 3), 0.1)))
    drive = pd_drive(humanoid, rotation, angular, target, DT)
    contact = contacts.detect(humanoid, scene, ContactModel(), frame, jnp.zeros(3), motion, DT)
    return integrator.Start(
        humanoid, frame, motion, velocity, drive, contact, jnp.asarray(dynamics.GRAVITY), jnp.asarray(DT)
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_the_step_matrix_is_the_slope_of_the_residual(lopsided: Humanoid, seed: int) -> None:
    @jax.jit
    def evaluate():
        start = start_of_step(lopsided, scenes.ground(), seed)
        slope = jax.jacfwd(lambda new: integrator.residual(start, new))(start.velocity)
        new = integrator.implicit_velocity(start)
        return start.contact.force, slope, integrator.step_matrix(start), integrator.residual(start, new)

    force, slope, matrix, left = evaluate()
    assert np.abs(force).max() > 100.0
    assert_allclose(matrix, slope, atol=1e-9 * np.abs(slope).max())
    assert_allclose(matrix, matrix.T, atol=1e-9 * np.abs(slope).max())
    assert (np.linalg.eigvalsh(matrix) > 0).all()
    assert np.abs(left).max() < 1e-9 * np.abs(slope).max()


def test_without_contact_and_control_the_step_is_forward_dynamics(lopsided: Humanoid) -> None:
    @jax.jit
    def evaluate():
        start = start_of_step(lopsided, scenes.empty(), 2)
        start = start._replace(drive=Drive(jnp.zeros((19, 3)), jnp.zeros(19)))
        rotation = jnp.asarray(random_state(lopsided, np.random.default_rng(2)).rotation)
        acceleration = dynamics.forward_dynamics(lopsided, rotation, start.velocity, jnp.zeros(63))
        return integrator.implicit_velocity(start), start.velocity + DT * acceleration

    implicit, explicit = evaluate()
    assert_allclose(implicit, explicit, rtol=1e-8, atol=1e-8)


def test_positions_move_with_the_velocity(lopsided: Humanoid) -> None:
    drawn = random_state(lopsided, np.random.default_rng(3))
    step = jax.jit(integrator.advance, static_argnums=3)
    position, rotation = step(jnp.asarray(drawn.position), jnp.asarray(drawn.rotation), jnp.asarray(drawn.velocity), DT)
    assert_allclose(position, drawn.position + DT * drawn.velocity[:3])
    turn = to_matrix(exp(DT * drawn.velocity[3:].reshape(20, 3)))
    assert_allclose(to_matrix(rotation), to_matrix(drawn.rotation) @ turn, atol=1e-12)
