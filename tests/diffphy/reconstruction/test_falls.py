"""After a fall, the windows before it are solved by other methods; nothing else changes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics.scene import ground
from diffphy.physics.simulate import Effort, Physics, State
from diffphy.reconstruction.falls import BACK, reconstruct_upright
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSizes, WindowSolver
from tests.diffphy.motions import identity_rotations

FRAMES, STRIDE, DOWN = 22, 3, 0.5
Sink = Callable[[ResumePoint], float]


@dataclass(frozen=True)
class MadeUpMethod:
    """A method that says how far below the recording the body is in the window after a point."""

    depth: Sink

    def solve(self, problem: Any, guess: Any, seen: Any, *, start_moves: bool) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class MadeUpSolver(WindowSolver):
    """A solver without physics.

    Attributes:
        solved: The frames after which windows were solved, with the depth.
    """

    solved: list[tuple[int, float]] = field(default_factory=list)

    def solve_first_frame(self, observed: Keyframes) -> SolvedWindow:
        return self._window(0, 1, 0.0)

    def solve_next_window(self, observed: Keyframes, resume_point: ResumePoint) -> SolvedWindow:
        depth = cast(MadeUpMethod, self.method).depth(resume_point)
        self.solved.append((resume_point.frame, depth))
        return self._window(resume_point.frame + 1, min(STRIDE, FRAMES - 1 - resume_point.frame), depth)

    def _window(self, start: int, frames: int, depth: float) -> SolvedWindow:
        bodies = self.humanoid.bodies
        position = np.tile([0.0, 0.0, 1.0 - depth], (frames, 1))
        rotation = np.tile(identity_rotations(self.humanoid), (frames, 1, 1))
        state = State(*(np.asarray(a) for a in (position, rotation, 0 * position, np.zeros((frames, bodies, 3)))))  # pyright: ignore[reportArgumentType]
        effort = Effort(*(np.zeros((frames, *size)) for size in ((bodies - 1, 3), (1, 3), ())))  # pyright: ignore[reportArgumentType]
        control, last = rotation[:, 1:], jax.tree.map(lambda a: a[-1], state)
        point = ResumePoint(start + frames - 1, last, control[-1], np.zeros((1, bodies - 1, 3)))
        return SolvedWindow(start, state, effort, control, [{"root": depth}], point)


@pytest.fixture(scope="module")
def observed(humanoid: Humanoid) -> Keyframes:
    """A person who stands still."""
    position = np.tile([0.0, 0.0, 1.0], (FRAMES, 1)).astype(np.float32)
    rotation = np.tile(identity_rotations(humanoid), (FRAMES, 1, 1)).astype(np.float32)
    joints = kinematics.forward_kinematics(humanoid, *map(jnp.asarray, (position[0], rotation[0]))).position
    return Keyframes(position, rotation, np.tile(joints, (FRAMES, 1, 1)), np.ones(20), np.ones(FRAMES))


def made_up(humanoid: Humanoid, sink: Sink) -> MadeUpSolver:
    body, sizes = humanoid.astype(np.float32), WindowSizes(STRIDE, STRIDE)
    return MadeUpSolver(body, ground(), Physics(), {}, MadeUpMethod(sink), lambda *_: cast(Any, None), sizes)


def windows(humanoid: Humanoid, observed: Keyframes, sink: Sink, *retries: Sink) -> Iterator[SolvedWindow]:
    return reconstruct_upright(made_up(humanoid, sink), [MadeUpMethod(each) for each in retries], observed)


def run(humanoid: Humanoid, observed: Keyframes, sink: Sink, *retries: Sink, at: Any = None):
    """The windows, and what was solved."""
    solver = made_up(humanoid, sink)
    return list(reconstruct_upright(solver, [MadeUpMethod(each) for each in retries], observed, at)), solver.solved


def depths(windows: list[SolvedWindow]) -> list[float]:
    return [round(1.0 - float(window.state.position[0, 2]), 6) for window in windows]


def falls_after(frame: int) -> Sink:
    return lambda point: DOWN if point.frame >= frame else 0.01


def test_without_a_fall_each_window_is_solved_once(humanoid: Humanoid, observed: Keyframes) -> None:
    windows, solved = run(humanoid, observed, lambda point: 0.01, falls_after(0))
    assert [frame for frame, _ in solved] == [0, 3, 6, 9, 12, 15, 18]
    assert [window.start for window in windows] == [0, 1, 4, 7, 10, 13, 16, 19]


def test_after_a_fall_the_windows_before_it_are_solved_by_the_next_method(
    humanoid: Humanoid, observed: Keyframes
) -> None:
    """The first retry falls too, the second does not."""
    fallen = {"fell": False}

    def once(point: ResumePoint) -> float:
        down = point.frame == 15 and not fallen["fell"]
        fallen["fell"] |= down
        return DOWN if down else 0.01

    windows, solved = run(humanoid, observed, once, falls_after(12), lambda point: 0.02)
    assert [window.start for window in windows] == [0, 1, 4, 7, 10, 13, 16, 19]
    assert depths(windows) == [0.0, 0.01, 0.01, *[0.02] * (BACK + 1), 0.01]
    again = [frame for frame, _ in solved][6:]
    assert again == [6, 9, 12, 15] * 2 + [18]
    # The evaluations of both attempts that were given up are counted.
    assert sum(len(window.terms) for window in windows) == 1 + len(solved)


def test_a_window_without_finite_values_is_a_fall(humanoid: Humanoid, observed: Keyframes) -> None:
    windows, _ = run(humanoid, observed, lambda point: np.nan if point.frame == 15 else 0.01, lambda point: 0.02)
    assert depths(windows) == [0.0, 0.01, 0.01, *[0.02] * (BACK + 1), 0.01]


def test_where_every_method_falls_the_least_fall_is_kept(humanoid: Humanoid, observed: Keyframes) -> None:
    windows, solved = run(humanoid, observed, falls_after(9), lambda point: 0.3 if point.frame >= 9 else 0.01)
    assert len(windows) == 8
    assert max(depths(windows)) <= DOWN
    assert 0.3 in depths(windows)
    assert len(solved) <= 7 + 4 * (BACK + 1)  # who lies already is left alone


def test_an_interrupted_run_goes_on_as_it_would_have(humanoid: Humanoid, observed: Keyframes) -> None:
    """Wherever it is interrupted while it solves."""
    whole: list[SolvedWindow] = []
    done = set()

    def method(point: ResumePoint) -> float:
        """Falls, but not in a motion that another method has changed."""
        done.add(len(whole))
        changed = float(point.state.position[2]) == pytest.approx(1.0 - 0.02)
        return DOWN if point.frame == 15 and not changed else 0.01

    whole.extend(windows(humanoid, observed, method, lambda point: 0.02))
    assert len(done) > 2
    for kept in sorted(done - {0}):
        rest, _ = run(humanoid, observed, method, lambda point: 0.02, at=whole[kept - 1].resume_point)
        assert depths(rest) == depths(whole[kept:])
