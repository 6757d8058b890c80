"""The frame models of a window beside automatic differentiation of its loss and of its residuals."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics, scene
from diffphy.physics.simulate import Physics, State, rollout
from diffphy.reconstruction import losses
from diffphy.reconstruction.camera import Camera
from diffphy.reconstruction.linearised_window import FrameModels, linearise_window
from diffphy.reconstruction.observation import Detections, Keyframes, ObservedForces
from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import ReconstructionProblem, loss_and_gradient
from diffphy.reconstruction.simulated_window import Feedback, simulate_feedback, simulate_offsets
from tests.diffphy.motions import identity_rotations, on_the_ground

pytestmark = pytest.mark.usefixtures("float64")

FRAMES, JOINTS, STATES = 4, 19, 126
INPUTS = 3 * JOINTS
PHYSICS = Physics(substeps=2)


def observed_motion(humanoid: Humanoid, start: State) -> Keyframes:
    """Joints that bend from standing, with all that a recording can tell. The last frame pads the window."""
    rng = np.random.default_rng(0)
    bend = 0.05 * rng.normal(size=(20, 3))
    rotation = np.asarray(rotations.exp(np.arange(1, FRAMES + 1)[:, None, None] * bend))
    position = np.tile(start.position, (FRAMES, 1))
    joints = jax.vmap(lambda p, r: kinematics.forward_kinematics(humanoid, p, r).position)(position, rotation)
    ahead = Camera(
        rotation=np.array([np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0]),  # it looks along y
        translation=np.array([0.0, 1.0, 4.0]),
        focal=np.full(2, 900.0),
        principal=np.full(2, 500.0),
        distortion=np.zeros(8),
    )
    detections = Detections(
        ahead, 500.0 + 100.0 * rng.normal(size=(FRAMES, 3, 2)), np.ones((FRAMES, 3)), np.zeros((3, 3)), (5, 9, 15)
    )
    forces = ObservedForces(
        np.tile([0.0, 0.0, 1.0], (FRAMES, 1)), np.full((FRAMES, 2), 0.5), np.ones(FRAMES), np.full(FRAMES, 0.7)
    )
    return Keyframes(
        position,
        rotation,
        np.asarray(joints) + 0.02,
        np.ones(20),
        np.array([1.0, 1.0, 1.0, 0.0]),
        standing=np.full((FRAMES, len(humanoid.contact_body)), 0.5),
        detections=(detections,),
        forces=forces,
    )


@pytest.fixture(scope="module")
def problem(humanoid: Humanoid) -> ReconstructionProblem:
    """A window whose loss has every term, with a body that sinks into the ground and slides."""
    with jax.enable_x64(True):
        pose = identity_rotations(humanoid)
        turn = np.array([0.36, 0.48, 0.0])  # half an angle, rad, beyond the elbow's range
        pose[humanoid.body("left_forearm")] = [0.8, *turn]
        rest = on_the_ground(humanoid, pose)
        start = rest._replace(position=rest.position - jnp.array([0.0, 0.0, 0.03]), velocity=jnp.array([0.3, 0.1, 0.0]))
        weights = {name: jnp.asarray(0.1 + 0.01 * i) for i, name in enumerate(losses.TERMS)}
        observed = observed_motion(humanoid, rest)
        return ReconstructionProblem(
            humanoid, scene.ground(), PHYSICS, start, np.asarray(start.rotation[1:]), observed, weights
        )


def offsets(seed: int, size: float) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=(FRAMES, JOINTS, 3))


def gradient_of(models: FrameModels) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of the loss by the inputs (F, U) and by the state before the window, by the adjoint."""
    transition, gradient = np.asarray(models.transition), np.asarray(models.gradient)
    by_state, by_last, by_input = np.zeros(STATES), np.zeros(INPUTS), []
    for each, slope in zip(transition[::-1], gradient[::-1], strict=True):
        total = slope + each.T @ by_state
        by_input.append(total[STATES + INPUTS :] + by_last)
        by_state, by_last = total[:STATES], total[STATES : STATES + INPUTS]
    return np.array(by_input[::-1]), by_state


def test_without_feedback_it_is_the_window(problem: ReconstructionProblem) -> None:
    offset = offsets(1, 0.1)
    (loss, terms), _ = loss_and_gradient(problem, Parameters(offset, np.zeros((21, 3))))
    window = simulate_offsets(problem, offset)
    assert_allclose(window.loss, loss, rtol=1e-10)
    assert {name: float(value) for name, value in window.terms.items()} == pytest.approx(
        {name: float(value) for name, value in terms.items()}, rel=1e-8, abs=1e-12
    )
    assert min(float(value) for value in terms.values()) > 0  # every term is there


@pytest.mark.parametrize("name", losses.TERMS)
def test_the_gradient_of_each_term_is_that_of_differentiation(problem: ReconstructionProblem, name: str) -> None:
    only = {term: jnp.asarray(1.0 if term == name else 0.0) for term in losses.TERMS}
    alone = ReconstructionProblem(**{**vars(problem), "weights": only})
    offset = offsets(1, 0.1)
    _, expected = loss_and_gradient(alone, Parameters(offset, np.zeros((21, 3))))
    by_input, by_state = gradient_of(linearise_window(alone, simulate_offsets(alone, offset)))
    wanted = np.asarray(expected.offset).reshape(FRAMES, INPUTS)
    assert np.abs(wanted).max() > 0
    assert_allclose(by_input, wanted, rtol=1e-7, atol=1e-8 * np.abs(wanted).max())
    pushed = np.ravel(expected.push)
    assert_allclose(by_state[STATES // 2 :], pushed, rtol=1e-7, atol=1e-8 * max(np.abs(pushed).max(), 1e-12))


def assert_gradient_is_that_of_differentiation(problem: ReconstructionProblem, offset: np.ndarray) -> None:
    _, expected = loss_and_gradient(problem, Parameters(offset, np.zeros((21, 3))))
    by_input, by_state = gradient_of(linearise_window(problem, simulate_offsets(problem, offset)))
    for found, wanted in (
        (by_input.ravel(), np.ravel(expected.offset)),
        (by_state[STATES // 2 :], np.ravel(expected.push)),
    ):
        assert np.abs(wanted).max() > 0
        assert_allclose(found, wanted, rtol=1e-7, atol=1e-8 * np.abs(wanted).max())


def test_on_a_slope_a_box_and_a_ball_too(problem: ReconstructionProblem) -> None:
    """With offsets and without, where many rotations are at their singular point."""
    scenery = (
        scene.empty(0.7)
        .with_plane((0.2, -0.1, 1.0), (0.0, 0.0, 0.02))
        .with_box((0.1, 0.1, 0.0), (0.14, 0.11, 0.06), (0.9, 0.1, 0.3, 0.2))
        .with_sphere((0.0, -0.1, -0.1), 0.2)
    )
    uneven = replace(problem, scene=scenery)
    assert_gradient_is_that_of_differentiation(uneven, offsets(1, 0.1))
    assert_gradient_is_that_of_differentiation(uneven, offsets(1, 0.0))


def test_at_rest_without_offsets(problem: ReconstructionProblem) -> None:
    still = jax.tree.map(jnp.zeros_like, problem.state)
    at_rest = replace(problem, state=problem.state._replace(velocity=still.velocity))
    assert_gradient_is_that_of_differentiation(at_rest, offsets(1, 0.0))


def test_a_single_frame_without_terms_of_contact(problem: ReconstructionProblem) -> None:
    contact = {term.__name__ for term in losses.OF_CONTACT}
    weights = {name: weight for name, weight in problem.weights.items() if name not in contact}
    single = replace(problem, weights=weights, observed=problem.observed.window(0, 1))
    assert_gradient_is_that_of_differentiation(single, offsets(1, 0.1)[:1])


def test_in_single_precision_it_is_nearly_that_in_double(problem: ReconstructionProblem) -> None:
    double = linearise_window(problem, simulate_offsets(problem, offsets(1, 0.1)))
    narrow = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), problem)
    single = linearise_window(narrow, simulate_offsets(narrow, offsets(1, 0.1).astype(np.float32)))
    for found, wanted in zip(single, double, strict=True):
        assert found.dtype == jnp.float32
        assert_allclose(found, wanted, atol=1e-2 * np.abs(wanted).max())


@pytest.fixture(scope="module")
def residuals(problem: ReconstructionProblem):
    """All residuals of the window as a function of the inputs (F x U) and of the push of the initial velocity."""

    def of(inputs: jax.Array, push: jax.Array) -> jax.Array:
        offset = jnp.asarray(offsets(1, 0.1)) + inputs.reshape(FRAMES, JOINTS, 3)
        start = problem.apply_push(push.reshape(-1, 3))
        state, effort = rollout(problem.humanoid, problem.scene, PHYSICS, start, problem.control(offset))
        motion = losses.simulated_motion(problem.humanoid, problem.scene, PHYSICS.control_rate, state, effort, offset)
        found = losses.residuals(problem.weights, motion, problem.observed)
        return jnp.concatenate([jnp.ravel(each) for each in found.values()])

    return of


def test_the_hessian_is_that_of_gauss_and_newton(problem: ReconstructionProblem, residuals) -> None:
    """Half of the square of the change of all residuals, along random changes."""
    rng = np.random.default_rng(2)
    models = linearise_window(problem, simulate_offsets(problem, offsets(1, 0.1)))
    push_along = jax.jit(lambda inputs, push: jax.jvp(residuals, (0 * inputs, 0 * push), (inputs, push))[1])
    for _ in range(3):
        inputs, push = rng.normal(size=(FRAMES, INPUTS)), rng.normal(size=63)
        expected = float(jnp.sum(push_along(inputs.ravel(), push) ** 2))
        state, last, found = np.concatenate([np.zeros(63), push]), np.zeros(INPUTS), 0.0
        for transition, hessian, own in zip(models.transition, models.hessian, inputs, strict=True):
            z = np.concatenate([state, last, own])
            found += z @ hessian @ z
            state, last = transition @ z, own
        assert found == pytest.approx(expected, rel=1e-8)


def test_feedback_acts_on_what_deviates(problem: ReconstructionProblem) -> None:
    """A pushed body turns its targets by the gains times the change of its state, and changes its loss as predicted."""
    rng = np.random.default_rng(3)
    window = simulate_offsets(problem, offsets(1, 0.1))
    gain = np.zeros((FRAMES, INPUTS, STATES + INPUTS))
    gain[0, 5, 70] = 0.2
    start = np.zeros(STATES)
    start[70] = 1e-3
    change = np.zeros((FRAMES, INPUTS))
    change[2] = 1e-3 * rng.normal(size=INPUTS)
    found = simulate_feedback(problem, window, Feedback(gain, change, start))
    turned = np.array(found.offset - window.offset).reshape(FRAMES, INPUTS)
    assert_allclose(turned[0, 5], 0.2e-3, rtol=1e-9)
    turned[0, 5] = 0.0
    assert_allclose(turned, change, atol=1e-12)
    moved = found.start.angular_velocity - window.start.angular_velocity
    assert_allclose(moved.ravel()[70 - 63 - 3], 1e-3, rtol=1e-9)
