"""Solve for the simulated motion of a subject, window by window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from data.clip import InputError
from diffphy.physics.simulate import Physics, Trajectory
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.windows import SolvedWindow, WindowSizes, WindowSolver
from optimus import models
from optimus.basin_hopping import BasinHopping
from optimus.learned_quasi_newton import LearnedQuasiNewton
from optimus.minimisation import minimise
from optimus.optimizers import Optimizer, get
from optimus.stopping import RelativeDecrease
from pipelines import config as configuration
from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.inputs.subject import Subject, build_keyframes
from pipelines.reconstruction.motion_file import poses
from pipelines.scene import build_scene

MOTION_WEIGHTS = "optimus_walk"
"""The weights of Optimus that were trained on motion."""

WEIGHTS = {"optimus": MOTION_WEIGHTS, "adafactor_mlp": "adafactor_mlp"}
"""Learned optimizer -> its weights unless others are given."""

MOTION_TASKS = "diffphy_windows"
"""The task family of windows of motion."""

Progress = Callable[[int, int, float], None]
"""Called with the number of simulated frames, the number of all frames, and the mean joint error so far, mm.

The error is NaN before the first frame.
"""


@dataclass(frozen=True)
class Minimisers:
    """The optimizer of a run, as windows use it.

    Attributes:
        start: For the initial pose and velocity.
        window: For the windows.
    """

    start: Minimise
    window: Minimise


def build_minimisers(settings: configuration.Optimizer, frames: int, seed: int = 0) -> Minimisers:
    """Return the optimizer of a run, as windows use it. Warn if its weights were not made for such windows.

    Args:
        settings: The optimizer.
        frames: Number of control frames in a window.
        seed: Of basin-hopping. Every window makes the same hops, so a resumed run gives the same numbers.

    Raises:
        OptimusError: The name or an option of the optimizer is unknown.
    """
    weights = settings.options.get("weights", WEIGHTS.get(settings.name))
    learned = weights is not None
    optimizer = get(settings.name, **(settings.options | ({"weights": weights} if learned else {})))
    at_start = get("lbfgs") if learned else optimizer  # weights know nothing of initial velocities
    if learned:
        _warn_of_weights(str(weights), optimizer, frames)
    first = settings.max_evals if settings.first_max_evals is None else settings.first_max_evals
    stopping = None if settings.stopping is None else RelativeDecrease(**settings.stopping.model_dump())

    def build(optimizer: Optimizer, max_evals: int, stopping: RelativeDecrease | None) -> Minimise:
        def run(evaluate: Any, x0: Any) -> Any:
            result = minimise(evaluate, x0, optimizer, max_evals=max_evals, stopping=stopping)
            if result.interrupted:
                # Half a window is not kept: a resumed run must give what an uninterrupted one gives.
                raise KeyboardInterrupt
            return result

        return run

    if (hops := settings.hops) is None:
        return Minimisers(build(at_start, first, stopping), build(optimizer, settings.max_evals, stopping))
    hopping = BasinHopping(
        optimizer, hops.number, settings.max_evals, step_size=hops.size, seed=seed, stopping=stopping
    )
    return Minimisers(build(at_start, first, stopping), build(hopping, settings.max_evals * (hops.number + 1), None))


def _warn_of_weights(weights: str, optimizer: Optimizer, frames: int) -> None:
    """Warn if weights were not made for windows of this many control frames."""
    if models.trained_on(weights) != MOTION_TASKS:
        terminal.warn(
            f"the weights {weights} were not trained on motion: expect far larger errors than with --optimizer lbfgs, "
            f"or with optimus and its weights {MOTION_WEIGHTS}"
        )
    if isinstance(optimizer, LearnedQuasiNewton) and frames != optimizer.model.frames:
        terminal.warn(
            f"a window has {frames} control frames, and the weights were trained on {optimizer.model.frames}: "
            "L-BFGS solves it with their profile of curvature, without learned steps"
        )


def solve(
    subject: Subject,
    config: RunConfig,
    minimisers: Minimisers,
    *,
    solved: Sequence[SolvedWindow] = (),
    keep: Callable[[SolvedWindow], None],
    progress: Progress,
) -> list[SolvedWindow]:
    """Return all windows, from the first frame to the last.

    Args:
        subject: The person and the motion to follow.
        config: The rates, the windows, the scene and the weights of the loss.
        minimisers: The optimizer.
        solved: Windows of an interrupted run. Solving goes on after them.
        keep: Called with each window as soon as it is solved.
        progress: Called at the start and after each window.

    Raises:
        InputError: A window or its stride is shorter than a control frame.
    """
    observed, solver = build_keyframes(subject), build_solver(subject, config, minimisers)
    windows = list(solved)
    errors = [_errors_mm(subject, observed, window) for window in windows]

    def report() -> None:
        known = np.concatenate(errors) if errors else np.array([np.nan])
        progress(sum(len(window.control) for window in windows), len(observed), float(known.mean()))

    report()
    for window in solver.reconstruct(observed, windows[-1].resume_point if windows else None):
        keep(window)
        windows.append(window)
        errors.append(_errors_mm(subject, observed, window))
        report()
    return windows


def join_windows(windows: Sequence[SolvedWindow]) -> Trajectory:
    """Return the whole motion."""
    parts = [(window.state, window.effort, window.control) for window in windows]
    return Trajectory(*jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts))


def term_values(window: SolvedWindow) -> Float[np.ndarray, "E N"]:
    """Return what each of the N terms added to the loss in each of the E evaluations of a window."""
    return np.array([[terms[name] for name in window.terms[0]] for terms in window.terms])


def build_solver(subject: Subject, config: RunConfig, minimisers: Minimisers) -> WindowSolver:
    """Return the solver of a subject's windows. Raises InputError if the stride has no frame."""
    return WindowSolver(
        humanoid=subject.humanoid.astype(np.float32),
        scene=build_scene(config.scene).astype(np.float32),
        physics=Physics(config.simulation.control_fps, config.simulation.substeps),
        weights={name: weight for name, weight in config.loss.items() if weight > 0},
        minimise=minimisers.window,
        sizes=window_sizes(config),
        minimise_start=minimisers.start,
    )


def window_sizes(config: RunConfig) -> WindowSizes:
    """Return the lengths of window and stride in frames. Raises InputError if the stride has no frame."""
    length, stride = (
        round(seconds * config.simulation.control_fps) for seconds in (config.windows.length_s, config.windows.stride_s)
    )
    if stride < 1:
        raise InputError(
            f"windows.stride_s is {config.windows.stride_s:g} s, less than one control frame: make it longer"
        )
    return WindowSizes(length, stride)


def _errors_mm(subject: Subject, observed: Keyframes, window: SolvedWindow) -> Float[np.ndarray, "S"]:
    """Return the mean distance of the tracked joints in each frame of a window, mm."""
    pose = poses(subject.humanoid, window.state.position, window.state.rotation)
    bodies = list(subject.tracked)
    wanted = np.asarray(observed.joint_position)[window.start : window.start + len(pose.position), bodies]
    return 1000.0 * np.linalg.norm(np.asarray(pose.position)[:, bodies] - wanted, axis=-1).mean(axis=-1)
