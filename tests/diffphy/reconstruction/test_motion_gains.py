"""The feedback gains of a solved motion: in the axes of the targets, across parts, and after a push."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics, scene
from diffphy.physics.feedback import rollout_with_feedback
from diffphy.physics.simulate import Physics, State, Trajectory, rollout
from diffphy.physics.state_change import change_state, state_change
from diffphy.reconstruction.minimiser import Evaluate, Minimum
from diffphy.reconstruction.motion_gains import FindGains, MotionGains, in_own_axes
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.problem import ReconstructionProblem
from diffphy.reconstruction.simulated_window import (
    Feedback,
    SimulatedWindow,
    simulate_feedback,
    simulate_frames,
    simulate_offsets,
)
from diffphy.reconstruction.window_methods import ByGradient, WindowAlongTime
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSizes, WindowSolver
from optimus.gauss_newton import find_gains
from tests.diffphy.motions import identity_rotations, on_the_ground

pytestmark = pytest.mark.usefixtures("float64")

FRAMES, JOINTS, STATES = 8, 19, 126  # frames after the first
INPUTS = 3 * JOINTS
PHYSICS = Physics(substeps=2)
SIZES = WindowSizes(length=8, stride=5)  # so all windows are compiled once
follow = jax.jit(rollout_with_feedback)

WEIGHTS = {"joint_positions": 100.0, "joint_velocities": 0.1, "control_smoothness": 2e-4, "effort": 2e-4}


@pytest.fixture(scope="module")
def standing(humanoid: Humanoid) -> Trajectory:
    """A person who stands."""
    with jax.enable_x64(True):
        start = on_the_ground(humanoid, identity_rotations(humanoid))
        control = jnp.tile(start.rotation[1:], (FRAMES + 1, 1, 1))
        states, effort = jax.jit(rollout)(humanoid, scene.ground(), PHYSICS, start, control)
        states = jax.tree.map(lambda a, b: np.concatenate([a[None], b]), start, states)
        effort = jax.tree.map(lambda a: np.concatenate([0.0 * a[:1], a]), effort)
        return Trajectory(states, effort, np.asarray(control))


@pytest.fixture(scope="module")
def observed(humanoid: Humanoid, standing: Trajectory) -> Keyframes:
    """That motion as a recording."""
    with jax.enable_x64(True):
        position, rotation = (np.asarray(array) for array in standing.state[:2])
        joints = jax.vmap(lambda p, r: kinematics.forward_kinematics(humanoid, p, r).position)(position, rotation)
        return Keyframes(position, rotation, np.asarray(joints), np.ones(20), np.ones(FRAMES + 1))


def solve_nothing(evaluate: Evaluate, x0: np.ndarray) -> Minimum:
    raise AssertionError("the motion is solved already")


def gains_by(find: FindGains, humanoid: Humanoid, standing: Trajectory, observed: Keyframes) -> np.ndarray:
    """The gains about the person who stands."""
    solver = WindowSolver(humanoid, scene.ground(), PHYSICS, WEIGHTS, ByGradient(solve_nothing), solve_nothing, SIZES)
    states, effort, control = standing.state, standing.effort, np.asarray(standing.control)
    last = ResumePoint(FRAMES, jax.tree.map(lambda a: a[-1], states), control[-1], np.zeros((0, JOINTS, 3)))
    window = SolvedWindow(0, states, effort, control, [], last)
    return MotionGains(find, SIZES).about(solver, observed, [window])


@pytest.fixture(scope="module")
def gain(humanoid: Humanoid, standing: Trajectory, observed: Keyframes) -> np.ndarray:
    with jax.enable_x64(True):
        return gains_by(partial(find_gains, damping=2e-3), humanoid, standing, observed)


def push(state: State) -> State:
    """The state with 0.4 m/s more of the root forwards and 0.2 m/s to the left."""
    change = np.zeros(STATES)
    change[63:65] = 0.4, 0.2
    return change_state(jax.tree.map(jnp.asarray, state), jnp.asarray(change))


def test_feedback_leads_a_pushed_body_back(humanoid: Humanoid, standing: Trajectory, gain: np.ndarray) -> None:
    states, _, control = standing
    assert gain.shape == (FRAMES, INPUTS, STATES + INPUTS)
    pushed = push(jax.tree.map(lambda a: a[0], states))
    joints = jax.jit(jax.vmap(lambda p, r: kinematics.forward_kinematics(humanoid, p, r).position))
    planned = joints(states.position[1:], states.rotation[1:])

    def away(share: float) -> float:
        """How far the joints are from where they should be, m, with a share of the gains."""
        found, _, _ = follow(humanoid, scene.ground(), PHYSICS, pushed, states, control, share * gain)
        return float(np.sqrt(np.mean(np.sum((joints(found.position, found.rotation) - planned) ** 2, axis=-1))))

    # In a quarter of a second the limbs can do little about a push, but the gains do what they can.
    assert away(1.0) < 0.95 * away(0.0)
    assert away(-1.0) > 1.05 * away(0.0) > 0.05


def test_the_first_frame_of_a_part_knows_the_control_before_it(gain: np.ndarray) -> None:
    by_last = np.linalg.norm(gain[:, :, STATES:], axis=(1, 2))
    assert by_last[0] == 0.0  # nothing was before the motion
    assert by_last[SIZES.stride] > 0.5 * by_last[SIZES.stride - 1] > 0.0


def test_gains_that_are_not_finite_are_told(humanoid: Humanoid, standing: Trajectory, observed: Keyframes) -> None:
    def fail_in_the_second_part(problem: WindowAlongTime, about: SimulatedWindow) -> np.ndarray:
        gain = np.zeros((len(about.offset), INPUTS, STATES + INPUTS))
        gain[2, 3, 4] = np.nan if np.any(about.start.position != standing.state.position[0]) else 0.0
        return gain

    with pytest.raises(FloatingPointError, match="the feedback of frames 6 to 8 is not finite"):
        gains_by(fail_in_the_second_part, humanoid, standing, observed)


@pytest.fixture(scope="module")
def problem(humanoid: Humanoid, standing: Trajectory, observed: Keyframes) -> ReconstructionProblem:
    """A window whose body sinks into the ground and slides."""
    with jax.enable_x64(True):
        states, _, control = standing
        start = jax.tree.map(lambda a: jnp.asarray(a[0]), states)
        start = start._replace(position=start.position - jnp.array([0.0, 0.0, 0.01]), velocity=jnp.array([0.2, 0, 0.0]))
        return ReconstructionProblem(
            humanoid, scene.ground(), PHYSICS, start, control[0], observed.window(1, FRAMES), WEIGHTS
        )


def test_gains_of_offsets_and_of_turns_give_the_same_motion_to_first_order(problem: ReconstructionProblem) -> None:
    rng = np.random.default_rng(0)
    offset = 0.8 * rng.normal(size=(FRAMES, JOINTS, 3))
    about = simulate_offsets(problem, offset)
    gain = 0.02 * rng.normal(size=(FRAMES, INPUTS, STATES + INPUTS))
    gain[0, :, STATES:] = 0.0
    direction = rng.normal(size=STATES)
    planned = jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), about.start, about.state)

    def ends(size: float, own: jax.Array | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The change of the last state with the gains of offsets, and that with others."""
        change = jnp.asarray(size * direction)
        with_offsets = simulate_feedback(problem, about, Feedback(gain, np.zeros((FRAMES, INPUTS)), change)).state
        moved = change_state(about.start, change)
        scenery, control = problem.scene, problem.control(jnp.asarray(offset))
        with_turns, _, _ = follow(problem.humanoid, scenery, PHYSICS, moved, planned, control, own)
        at_end = (jax.tree.map(lambda a: a[-1], states) for states in (with_offsets, with_turns))
        last = jax.tree.map(lambda a: a[-1], about.state)
        first, second = (np.asarray(state_change(last, each)) for each in at_end)
        return first, second

    converted = in_own_axes(gain, offset)
    size = 1e-4
    first, second = ends(size, converted)
    apart = np.abs(first - second).max()
    halved = np.subtract(*ends(size / 2, converted))
    assert apart < 0.02 * np.abs(first).max()
    assert np.abs(halved).max() < 0.3 * apart  # it falls with the square of the deviation
    unconverted = np.subtract(*ends(size, gain))
    assert np.abs(unconverted).max() > 20.0 * apart


def test_frames_simulated_from_where_the_motion_has_them_are_the_window(problem: ReconstructionProblem) -> None:
    offset = 0.1 * np.random.default_rng(1).normal(size=(FRAMES, JOINTS, 3))
    window = simulate_offsets(problem, offset)
    before = jax.tree.map(lambda a: a[:, 0], window.before)
    again = simulate_frames(problem, before, jnp.asarray(offset))
    for found, wanted in zip(jax.tree.leaves(again), jax.tree.leaves(window), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-8)
