"""From a subject to its simulated motion, window by window, with what is done kept on disk."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from data.clip import InputError
from diffphy.physics.simulate import Physics
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.windows import WindowSizes, WindowSolver
from optimus.minimise import minimise
from optimus.optimizers import get
from optimus.stopping import RelativeDecrease
from pipelines.config import Optimizer, RunConfig
from pipelines.inputs.subject import Subject, build_keyframes
from pipelines.reconstruction import checkpoint
from pipelines.reconstruction.checkpoint import Window
from pipelines.reconstruction.motion_file import poses
from pipelines.reconstruction.run_folder import RunFolder
from pipelines.scene import build_scene

Report = Callable[[int, int, float], None]
"""Told at the start and after each window how many frames of how many are simulated, and their mean joint error, mm."""


def minimiser(settings: Optimizer) -> Minimise:
    """The optimizer of a run as windows take it. Raises OptimusError for an unknown name or option."""
    optimizer = get(settings.name, **settings.options)
    stopping = None if settings.stopping is None else RelativeDecrease(**settings.stopping.model_dump())

    def run(evaluate: Any, x0: Any) -> Any:
        result = minimise(evaluate, x0, optimizer, max_evals=settings.max_evals, stopping=stopping)
        if result.interrupted:  # half a window is not worth keeping: resuming must give what an uninterrupted run gives
            raise KeyboardInterrupt
        return result

    return run


def solve(
    subject: Subject,
    config: RunConfig,
    minimise: Minimise,
    folder: RunFolder,
    report: Report,
    done: Sequence[Window] = (),
) -> list[Window]:
    """The frames of all windows, from the first frame to the last; each is kept in `folder` as soon as it is there.

    `done`: windows of an interrupted run, after which this one goes on.
    """
    observed, solver = build_keyframes(subject), _solver(subject, config, minimise)
    solved = list(done)
    errors = [_errors_mm(subject, observed, window) for window in solved]

    def tell() -> None:
        known = np.concatenate(errors) if errors else np.array([np.nan])
        report(sum(len(window["control"]) for window in solved), len(observed), float(known.mean()))

    tell()
    for chunk in solver.reconstruct(observed, checkpoint.progress_after(solved[-1]) if solved else None):
        window = checkpoint.window_arrays(chunk)
        checkpoint.append(folder, window)
        solved.append(window)
        errors.append(_errors_mm(subject, observed, window))
        tell()
    return solved


def _solver(subject: Subject, config: RunConfig, minimise: Minimise) -> WindowSolver:
    return WindowSolver(
        humanoid=subject.humanoid.astype(np.float32),
        scene=build_scene(config.scene).astype(np.float32),
        physics=Physics(config.simulation.control_fps, config.simulation.substeps),
        weights={name: weight for name, weight in config.loss.items() if weight > 0},
        minimise=minimise,
        sizes=_window_sizes(config),
    )


def _window_sizes(config: RunConfig) -> WindowSizes:
    """Window and stride in frames. Raises InputError where they come to less than one frame."""
    length, stride = (
        round(seconds * config.simulation.control_fps) for seconds in (config.windows.length_s, config.windows.stride_s)
    )
    if stride < 1:
        raise InputError(
            f"windows.stride_s is {config.windows.stride_s:g} s, less than a control frame: make it longer"
        )
    return WindowSizes(length, stride)


def _errors_mm(subject: Subject, observed: Keyframes, window: Window) -> np.ndarray:
    """Mean distance of the tracked joints in each frame of a window, mm (S,)."""
    pose = poses(subject.humanoid, window["state_position"], window["state_rotation"])
    start, bodies = int(window["start"]), list(subject.tracked)
    wanted = np.asarray(observed.joint_position)[start : start + len(pose.position), bodies]
    return 1000.0 * np.linalg.norm(np.asarray(pose.position)[:, bodies] - wanted, axis=-1).mean(axis=-1)
