"""Solve for the simulated motion of a subject, window by window."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from jaxtyping import Float

from data.clip import InputError
from diffphy.physics.simulate import Physics, Trajectory
from diffphy.reconstruction.falls import reconstruct_upright
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSizes, WindowSolver
from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.inputs.subject import Subject, build_keyframes
from pipelines.reconstruction.method import Method, sizes_in_frames
from pipelines.reconstruction.motion_file import poses
from pipelines.scene import build_scene

Progress = Callable[[int, int, float], None]
"""Called with the number of simulated frames, the number of all frames, and the mean joint error so far, mm.

The error is NaN before the first frame. A second pass counts from 0 again.
"""

LOST = 1.5  # how far the error over the worst second may be above that of the first pass


@dataclass(frozen=True)
class Passes:
    """The windows of a run.

    Attributes:
        first: Those of the first pass.
        second: Those of the second pass; empty if there is none.
        second_is_lost: Whether the second pass lost the body, and the motion is that of the first.
    """

    first: Sequence[SolvedWindow] = ()
    second: Sequence[SolvedWindow] = ()
    second_is_lost: bool = False

    @property
    def motion(self) -> Sequence[SolvedWindow]:
        """The windows that make up the motion."""
        return self.first if self.second_is_lost else self.second or self.first

    @property
    def every(self) -> tuple[SolvedWindow, ...]:
        """All windows that were solved, in order. The second pass has the first frame from the first."""
        return (*self.first, *self.second[1:])


def solve(
    subject: Subject,
    config: RunConfig,
    method: Method,
    *,
    solved: Passes = Passes(),
    keep: Callable[[SolvedWindow], None],
    keep_second: Callable[[SolvedWindow], None],
    progress: Progress,
) -> Passes:
    """Return all windows, from the first frame to the last.

    Args:
        subject: The person and the motion to follow.
        config: The rates, the windows, the scene and the weights of the loss.
        method: The optimizer, as windows use it.
        solved: Windows of an interrupted run. Solving goes on after them.
        keep: Called with each window as soon as it is solved.
        keep_second: The same for the second pass.
        progress: Called at the start of a pass and after each window.

    Raises:
        InputError: A window or its stride is shorter than a control frame, or the simulation has no finite values.
    """
    observed, solver = build_keyframes(subject), build_solver(subject, config, method)
    rate = config.simulation.control_fps

    def follow(
        done: Sequence[SolvedWindow],
        go_on: Callable[[ResumePoint | None], Iterator[SolvedWindow]],
        keep: Callable[[SolvedWindow], None],
    ) -> tuple[list[SolvedWindow], Float[np.ndarray, "F"]]:
        windows = list(done)
        errors = [_errors_mm(subject, observed, window) for window in windows]

        def report() -> None:
            known = np.concatenate(errors) if errors else np.array([np.nan])
            progress(sum(len(window.control) for window in windows), len(observed), float(known.mean()))

        report()
        for window in go_on(windows[-1].resume_point if windows else None):
            windows.append(window)
            errors.append(_errors_mm(subject, observed, window))
            if not np.isfinite(errors[-1]).all():
                break  # nothing can follow it
            keep(window)
            report()
        return windows, np.concatenate(errors)

    first, errors = follow(solved.first, partial(reconstruct_upright, solver, method.retries, observed), keep)
    _check_finite(errors, rate)
    if method.polish is None or len(observed) == 1:
        return Passes(first)
    second, errors_after = follow(solved.second, partial(method.polish.improve, solver, observed, first), keep_second)
    lost = find_lost_body(errors, errors_after, rate)
    if lost is not None:
        terminal.warn(
            f"the second pass lost the body at {lost / rate:.1f} s: the motion is that of the first pass. "
            "Try another --quality"
        )
    return Passes(first, second, lost is not None)


def find_lost_body(before: Float[np.ndarray, "F"], after: Float[np.ndarray, "A"], rate: float) -> int | None:
    """Return the frame around which the second pass is worst, if it lost the body. None if it did not.

    It did if its mean error over some second is far above that of the first pass over any second, or is not finite.

    Args:
        before: Errors of the first pass in each frame.
        after: Those of the second, up to where it ended.
        rate: Control frames a second, Hz.
    """
    if not np.isfinite(after).all():
        return int(np.argmin(np.isfinite(after)))
    frames = min(len(before), round(rate))
    over_seconds = [np.convolve(errors, np.full(frames, 1.0 / frames), "valid") for errors in (before, after)]
    worst = int(np.argmax(over_seconds[1]))
    return worst + frames // 2 if over_seconds[1][worst] > LOST * over_seconds[0].max() else None


def _check_finite(errors: Float[np.ndarray, "F"], rate: float) -> None:
    """Raise InputError if the motion has frames without finite errors."""
    finite = np.isfinite(errors)
    if not finite.all():
        raise InputError(
            f"the simulation has no finite values from {np.argmin(finite) / rate:.2f} s on: cut the recording "
            "before that (--end), or try another --quality or --optimizer"
        )


def find_gains(
    subject: Subject, config: RunConfig, method: Method, windows: Sequence[SolvedWindow]
) -> Float[np.ndarray, "T U V"] | None:
    """Return the feedback gains of a solved motion. None if they are not wanted.

    Args:
        subject: The person and the motion to follow.
        config: The configuration of the run.
        method: The optimizer, as windows use it.
        windows: The windows that make up the motion.
    """
    if not config.output.feedback or method.gains is None:
        return None
    return method.gains.about(build_solver(subject, config, method), build_keyframes(subject), windows)


def join_windows(windows: Sequence[SolvedWindow]) -> Trajectory:
    """Return the whole motion."""
    parts = [(window.state, window.effort, window.control) for window in windows]
    return Trajectory(*jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts))


def term_values(window: SolvedWindow) -> Float[np.ndarray, "E N"]:
    """Return what each of the N terms added to the loss in each of the E evaluations of a window."""
    return np.array([[terms[name] for name in window.terms[0]] for terms in window.terms])


def build_solver(subject: Subject, config: RunConfig, method: Method) -> WindowSolver:
    """Return the solver of a subject's windows. Raises InputError if the stride has no frame."""
    return WindowSolver(
        humanoid=subject.humanoid.astype(np.float32),
        scene=build_scene(config.scene, subject.seats).astype(np.float32),
        physics=Physics(config.simulation.control_fps, config.simulation.substeps),
        weights={name: weight for name, weight in config.loss.items() if weight > 0},
        method=method.windows,
        minimise_pose=method.pose,
        sizes=window_sizes(config),
    )


def window_sizes(config: RunConfig) -> WindowSizes:
    """Return the lengths of window and stride in frames. Raises InputError if the stride has no frame."""
    return sizes_in_frames(config.windows, config.simulation.control_fps)


def _errors_mm(subject: Subject, observed: Keyframes, window: SolvedWindow) -> Float[np.ndarray, "S"]:
    """Return the mean distance of the tracked joints in each frame of a window, mm."""
    pose = poses(subject.humanoid, window.state.position, window.state.rotation)
    bodies = list(subject.tracked)
    wanted = np.asarray(observed.joint_position)[window.start : window.start + len(pose.position), bodies]
    return 1000.0 * np.linalg.norm(np.asarray(pose.position)[:, bodies] - wanted, axis=-1).mean(axis=-1)
