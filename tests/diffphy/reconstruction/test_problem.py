"""A window as a minimization problem: the effect of the parameters, the loss and its gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics, scene
from diffphy.physics.simulate import Physics
from diffphy.reconstruction import losses
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import ReconstructionProblem, loss_and_gradient
from diffphy.reconstruction.simulated_window import simulate_parameters
from tests.diffphy.motions import identity_rotations, on_the_ground

pytestmark = pytest.mark.usefixtures("float64")

FRAMES = 3
PHYSICS = Physics(substeps=2)


@pytest.fixture(scope="module")
def problem(humanoid: Humanoid) -> ReconstructionProblem:
    """Follow joints that bend from standing, with all loss terms."""
    with jax.enable_x64(True):
        start = on_the_ground(humanoid, identity_rotations(humanoid))
        bend = 0.05 * np.random.default_rng(0).normal(size=(20, 3))
        rotation = np.asarray(rotations.exp(np.arange(1, FRAMES + 1)[:, None, None] * bend))
        position = np.tile(start.position, (FRAMES, 1))
        joints = jax.vmap(lambda p, r: kinematics.forward_kinematics(humanoid, p, r).position)(position, rotation)
        observed = Keyframes(position, rotation, joints, np.ones(20), np.ones(FRAMES))
        weights = {name: jnp.asarray(0.1 + 0.01 * i) for i, name in enumerate(losses.TERMS)}
        return ReconstructionProblem(
            humanoid, scene.ground(), PHYSICS, start, np.asarray(start.rotation[1:]), observed, weights
        )


def drawn(seed: int, size: float) -> Parameters:
    rng = np.random.default_rng(seed)
    return Parameters(size * rng.normal(size=(FRAMES, 19, 3)), size * rng.normal(size=(21, 3)))


NONE = drawn(0, 0.0)


def test_without_offsets_the_control_is_the_reference(problem: ReconstructionProblem) -> None:
    control = problem.control(NONE.offset)
    assert_allclose(control[0], problem.first_control)
    assert_allclose(control[1:], problem.observed.rotation[:, 1:], atol=1e-15)


def test_offsets_turn_the_control_in_the_joints_own_axes(problem: ReconstructionProblem) -> None:
    offset = drawn(1, 0.3).offset
    turned = rotations.difference(problem.observed.rotation[:, 1:], problem.control(offset)[1:])
    assert_allclose(turned, offset, atol=1e-12)


def test_a_push_changes_the_initial_velocities_only(problem: ReconstructionProblem) -> None:
    push = drawn(2, 1.0).push
    state = problem.apply_push(push)
    assert_allclose(state.velocity - problem.state.velocity, push[0])
    assert_allclose(state.angular_velocity - problem.state.angular_velocity, push[1:])
    assert_allclose(state.position, problem.state.position)
    assert_allclose(state.rotation, problem.state.rotation)


def test_the_loss_is_that_of_the_simulated_motion(problem: ReconstructionProblem) -> None:
    parameters = drawn(3, 0.1)
    window = simulate_parameters(problem, parameters)
    state, effort, control = window.state, window.effort, problem.control(window.offset)[1:]
    assert_allclose(control, problem.control(parameters.offset)[1:], atol=1e-12)

    @jax.jit
    def terms_of(state, effort, offset):
        motion = losses.simulated_motion(problem.humanoid, problem.scene, PHYSICS.control_rate, state, effort, offset)
        return losses.evaluate(dict.fromkeys(losses.TERMS, 1.0), motion, problem.observed)[1]

    (loss, terms), _ = loss_and_gradient(problem, parameters)
    expected = {
        name: float(problem.weights[name] * value)
        for name, value in terms_of(state, effort, jnp.asarray(parameters.offset)).items()
    }
    assert {name: float(value) for name, value in terms.items()} == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert float(loss) == pytest.approx(sum(expected.values()), rel=1e-9)


@pytest.mark.parametrize("size", [0.0, 0.1])
def test_the_gradient_is_the_slope_of_the_loss(problem: ReconstructionProblem, size: float) -> None:
    """For offsets and push, at a random motion and where all parameters are zero."""
    at, direction, step = drawn(4, size), drawn(5, 1.0), 1e-6
    _, gradient = loss_and_gradient(problem, at)

    def loss(sign: int, alone: Parameters) -> float:
        moved = Parameters(*(a + sign * step * d for a, d in zip(at, alone, strict=True)))
        return float(loss_and_gradient(problem, moved)[0][0])

    for name in Parameters._fields:
        alone = drawn(0, 0.0)._replace(**{name: getattr(direction, name)})
        slope = float(np.vdot(getattr(gradient, name), getattr(direction, name)))
        assert slope == pytest.approx((loss(1, alone) - loss(-1, alone)) / (2 * step), rel=1e-5)
