"""Reconstruction window by window: one continuous simulation, also if it is resumed or padded."""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.transform import Rotation

from diffphy import rotations
from diffphy.body.humanoid import BODY_NAMES, Humanoid
from diffphy.physics import kinematics, scene
from diffphy.physics.simulate import Physics, State
from diffphy.reconstruction.initial_state import first_state, remove_penetration
from diffphy.reconstruction.minimiser import Minimum
from diffphy.reconstruction.observation import Keyframes, ObservedForces
from diffphy.reconstruction.polish import Polish
from diffphy.reconstruction.simulated_window import SimulatedWindow
from diffphy.reconstruction.window_methods import FIRST_ROUNDS, ByGradient, BySquares, WindowAlongTime
from diffphy.reconstruction.windows import SolvedWindow, WindowSizes, WindowSolver
from optimus.gauss_newton import minimise_along_time, rejoin
from optimus.minimisation import minimise
from pipelines.config import LOSS_WEIGHTS
from tests.diffphy.motions import compiled_rollout, on_the_ground

# Frames, window, physics and loss terms are those of tests/pipelines, so that both share one compiled program.
FRAMES, RATE = 39, 30.0
SUNK = 0.03  # m: depth of the recording's feet in the floor
WINDOWS = WindowSizes(length=12, stride=6)
EVALUATIONS = 15


def at_most(evaluations: int) -> Callable[..., Minimum]:
    return lambda evaluate, x0: minimise(evaluate, x0, "lbfgs", max_evals=evaluations)


@pytest.fixture(scope="module")
def observed(humanoid: Humanoid) -> Keyframes:
    """A person bends the knees and swings the arms, 3 cm inside the floor; float32."""
    swing = np.sin(0.4 * np.arange(FRAMES))
    vectors = np.zeros((FRAMES, 20, 3))
    for body, turn in (("thigh", -0.3), ("shank", 0.6), ("foot", -0.3), ("upper_arm", 0.4)):
        for side in ("left", "right"):
            vectors[:, BODY_NAMES.index(f"{side}_{body}"), 1] = turn * swing
    rotation = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True).reshape(FRAMES, 20, 4)
    position = np.array([on_the_ground(humanoid, frame).position for frame in rotation]) - [0.0, 0.0, SUNK]
    joints = jax.vmap(lambda p, r: kinematics.forward_kinematics(humanoid, p, r).position)(position, rotation)
    arrays = (position, rotation, joints, np.ones(20), np.ones(FRAMES))
    forces = ObservedForces(*(np.zeros((FRAMES, *size), np.float32) for size in ((3,), (2,), (), ())))  # none is known
    return Keyframes(*(np.asarray(array, np.float32) for array in arrays), forces=forces)


def by_squares(problem: WindowAlongTime, first: SimulatedWindow) -> SimulatedWindow:
    return minimise_along_time(problem, first, max_evals=8)


METHODS = {"gradient": ByGradient(at_most(EVALUATIONS)), "squares": BySquares(by_squares, by_squares)}


@pytest.fixture(scope="module", params=METHODS)
def solver(humanoid: Humanoid, request: pytest.FixtureRequest) -> WindowSolver:
    weights = {name: weight for name, weight in LOSS_WEIGHTS.items() if weight > 0}
    return WindowSolver(
        humanoid.astype(np.float32),
        scene.ground().astype(np.float32),
        Physics(RATE),
        weights,
        METHODS[request.param],
        at_most(EVALUATIONS),
        WINDOWS,
    )


@pytest.fixture(scope="module")
def windows(solver: WindowSolver, observed: Keyframes) -> list[SolvedWindow]:
    return list(solver.reconstruct(observed))


def states(windows: list[SolvedWindow]) -> State:
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *(window.state for window in windows))


def assert_same(window: SolvedWindow, other: SolvedWindow) -> None:
    """Equal to the last bit."""
    assert (window.start, window.terms) == (other.start, other.terms)
    for ours, theirs in zip(
        jax.tree.leaves((window.state, window.effort, window.control)),
        jax.tree.leaves((other.state, other.effort, other.control)),
        strict=True,
    ):
        assert_array_equal(ours, theirs)


def test_every_observed_frame_is_simulated_once(windows: list[SolvedWindow]) -> None:
    assert [window.start for window in windows] == [0, 1, 7, 13, 19, 25, 31]
    assert [len(window.control) for window in windows] == [1, 6, 6, 6, 6, 6, 8]  # the last keeps what the clip has
    for window in windows:
        leaves = jax.tree.leaves((window.state, window.effort))
        assert {len(leaf) for leaf in leaves} == {len(window.control)}
        assert all(np.isfinite(leaf).all() and leaf.dtype == np.float32 for leaf in leaves)


def test_the_windows_form_one_continuous_simulation(solver: WindowSolver, windows: list[SolvedWindow]) -> None:
    """A rollout of the saved control from the saved initial state gives the saved states."""
    saved, control = states(windows), np.concatenate([window.control for window in windows])
    start = jax.tree.map(lambda leaf: leaf[0], saved)
    again, _ = compiled_rollout(solver.humanoid, solver.scene, solver.physics, start, control)
    assert_allclose(again.position, saved.position[1:], atol=1e-5)
    assert np.linalg.norm(rotations.difference(again.rotation, saved.rotation[1:]), axis=-1).max() < 1e-3


def test_a_resumed_run_is_the_same_to_the_last_bit(
    solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow]
) -> None:
    for done in range(1, len(windows)):
        assert_same(next(solver.reconstruct(observed, windows[done - 1].resume_point)), windows[done])


def test_a_finished_run_has_nothing_left_to_do(
    solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow]
) -> None:
    assert list(solver.reconstruct(observed, windows[-1].resume_point)) == []


def test_a_clip_shorter_than_a_window_is_simulated_in_full(solver: WindowSolver, observed: Keyframes) -> None:
    short = list(solver.reconstruct(observed.window(0, 2)))
    assert [(window.start, len(window.control)) for window in short] == [(0, 1), (1, 1)]
    error = states(short).position - observed.position[:2]
    assert np.linalg.norm(error, axis=-1).max() < 2 * SUNK


def test_every_window_lowers_its_loss_within_its_evaluations(windows: list[SolvedWindow]) -> None:
    assert len(windows[0].terms) <= FIRST_ROUNDS * EVALUATIONS
    for window in windows:
        totals = [sum(terms.values()) for terms in window.terms]
        assert min(totals) < totals[0]
    assert all(2 < len(window.terms) <= EVALUATIONS for window in windows[1:])


def test_the_motion_follows_the_recording(
    solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow]
) -> None:
    saved = states(windows)
    joints = jax.vmap(lambda p, r: kinematics.forward_kinematics(solver.humanoid, p, r).position)(
        saved.position, saved.rotation
    )
    assert np.linalg.norm(joints - observed.joint_position, axis=-1).mean() < 1.5 * SUNK


def test_squares_lower_the_loss_with_fewer_evaluations(solver: WindowSolver, observed: Keyframes) -> None:
    """Eight evaluations with derivatives along time, against fifteen with gradients, from the same poor guess."""
    point = solver.solve_first_frame(observed).resume_point
    away = 0.2 * np.random.default_rng(0).normal(size=point.guess.shape).astype(np.float32)
    lowest, first = {}, {}
    for name, method in METHODS.items():
        window = replace(solver, method=method).solve_next_window(observed, replace(point, guess=point.guess + away))
        totals = [sum(terms.values()) for terms in window.terms]
        lowest[name], first[name] = min(totals), totals[0]
    assert first["squares"] == pytest.approx(first["gradient"], rel=1e-4)
    assert lowest["squares"] < lowest["gradient"] < first["gradient"]


POLISH = Polish(by_squares, rejoin, WINDOWS)


def mean_error(solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow]) -> float:
    """Mean distance of the joints from the recording, m."""
    joints = jax.vmap(lambda p, r: kinematics.forward_kinematics(solver.humanoid, p, r).position)(
        states(windows).position, states(windows).rotation
    )
    return float(np.linalg.norm(joints - observed.joint_position, axis=-1).mean())


@pytest.fixture(scope="module")
def polished(solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow]) -> list[SolvedWindow]:
    return list(POLISH.improve(solver, observed, windows))


def test_a_second_pass_comes_nearer_to_the_recording(
    solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow], polished: list[SolvedWindow]
) -> None:
    assert [window.start for window in polished] == [window.start for window in windows]
    test_the_windows_form_one_continuous_simulation(solver, polished)
    assert mean_error(solver, observed, polished) < mean_error(solver, observed, windows)


def test_a_resumed_second_pass_is_the_same_to_the_last_bit(
    solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow], polished: list[SolvedWindow]
) -> None:
    for done in range(1, len(polished)):
        rest = POLISH.improve(solver, observed, windows, polished[done - 1].resume_point)
        assert_same(next(rest), polished[done])


def test_what_does_not_get_back_to_the_first_pass_is_solved_in_windows_again(
    solver: WindowSolver, observed: Keyframes, windows: list[SolvedWindow]
) -> None:
    """As if the feedback had lost the body in every part but the first."""

    def lost(problem: WindowAlongTime, about: SimulatedWindow) -> SimulatedWindow:
        return about._replace(loss=jnp.asarray(np.nan, np.float32))

    found = list(replace(POLISH, rejoin=lost).improve(solver, observed, windows))
    test_the_windows_form_one_continuous_simulation(solver, found)
    assert mean_error(solver, observed, found) < 1.05 * mean_error(solver, observed, windows)


def test_the_first_pose_is_out_of_the_floor_and_near_the_recording(solver: WindowSolver, observed: Keyframes) -> None:
    def depth(keyframes: Keyframes) -> float:
        position, rotation = jnp.asarray(keyframes.position[0]), jnp.asarray(keyframes.rotation[0])
        pose = kinematics.forward_kinematics(solver.humanoid, position, rotation)
        return -float(np.min(kinematics.contact_points(solver.humanoid, pose)[:, 2] - solver.humanoid.contact_radius))

    freed = remove_penetration(solver.humanoid, solver.scene, observed, at_most(60))
    assert depth(observed) == pytest.approx(SUNK, abs=1e-5)
    assert depth(freed) < 0.002
    assert np.linalg.norm(freed.position[0] - observed.position[0]) < SUNK
    assert_array_equal(freed.position[1:], observed.position[1:])
    assert_array_equal(freed.rotation[1:], observed.rotation[1:])


def test_the_initial_velocity_is_that_of_the_first_frames(observed: Keyframes) -> None:
    """One frame with these velocities leads from the first frame to the second."""
    state = first_state(observed, RATE)
    assert_allclose(state.position + state.velocity / RATE, observed.position[1], atol=1e-6)
    turned = rotations.multiply(state.rotation, rotations.exp(state.angular_velocity / RATE))
    assert_allclose(rotations.difference(turned, observed.rotation[1]), 0.0, atol=1e-5)


def test_a_window_beyond_the_end_repeats_the_last_frame_without_weight(observed: Keyframes) -> None:
    half = replace(observed, frame_weight=np.full(FRAMES, 0.5, np.float32))
    window = half.window(FRAMES - 2, 4)
    assert_array_equal(window.frame_weight, [0.5, 0.5, 0.0, 0.0])
    assert_array_equal(window.position, half.position[[-2, -1, -1, -1]])
    assert_array_equal(window.joint_position, half.joint_position[[-2, -1, -1, -1]])
