"""What to do about a fall: go back some windows, and solve them by another method.

A window knows only what lies within it. It can end in a state from which the next windows cannot go on, and the body
falls. The cause lies before the fall, so the windows before it are solved again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics.simulate import State
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.window_methods import WindowMethod
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSolver

FALLEN = 0.15  # m: mean distance of the joints from the recording. That of acrobatics is 0.02, of a fall 0.3 and more
UPRIGHT = FALLEN / 3  # m: a method that stays below this is good enough not to try the others
BACK = 3  # windows before the fall that are solved again


def reconstruct_upright(
    solver: WindowSolver,
    retries: Sequence[WindowMethod],
    observed: Keyframes,
    resume_point: ResumePoint | None = None,
) -> Iterator[SolvedWindow]:
    """Yield what `solver.reconstruct` yields. After a fall, the windows before it are solved by other methods.

    A window is yielded when no fall can change it any more, or when it was solved again: so a run that is resumed after
    any window goes on as it would have. The evaluations of what was given up are counted.

    Args:
        solver: Solves the windows.
        retries: Methods to try after a fall, in this order, until the body no longer falls.
        observed: The recording.
        resume_point: That of the last solved window, to continue an interrupted run. None starts at frame 0.
    """
    if not retries:
        yield from solver.reconstruct(observed, resume_point)
        return
    if resume_point is None:
        window = solver.solve_first_frame(observed)
        resume_point = window.resume_point
        yield window
    held: list[SolvedWindow] = []
    last = len(observed) - 1
    while resume_point.frame < last:
        held.append(solver.solve_next_window(observed, held[-1].resume_point if held else resume_point))
        # Who lies already at the start of the held windows cannot be helped by solving them again.
        if _distance(solver, observed, held[-1]) > FALLEN >= _distance_at(solver, observed, resume_point):
            held = _solve_again(solver, retries, observed, resume_point, held)
            changeable = 0
        else:
            changeable = BACK if held[-1].resume_point.frame < last else 0
        while len(held) > changeable:
            resume_point = held[0].resume_point
            yield held.pop(0)


def _solve_again(
    solver: WindowSolver,
    retries: Sequence[WindowMethod],
    observed: Keyframes,
    point: ResumePoint,
    fallen: list[SolvedWindow],
) -> list[SolvedWindow]:
    """Return the windows after `point` by the first method that stays upright, or by the one that is nearest."""
    attempts = [fallen]
    for method in retries:
        other, at, windows = replace(solver, method=method), point, []
        for _ in fallen:
            windows.append(other.solve_next_window(observed, at))
            at = windows[-1].resume_point
        attempts.append(windows)
        if _distance(solver, observed, windows[-1]) <= UPRIGHT:
            break
    best = min(attempts, key=lambda windows: _distance(solver, observed, windows[-1]))
    given_up = [terms for windows in attempts if windows is not best for window in windows for terms in window.terms]
    return [replace(best[0], terms=[*given_up, *best[0].terms]), *best[1:]]


def _distance(solver: WindowSolver, observed: Keyframes, window: SolvedWindow) -> float:
    """Return the mean distance of the joints from the recorded ones in the frames of a window, m."""
    return _mean_distance(solver.humanoid, observed, window.start, window.state)


def _distance_at(solver: WindowSolver, observed: Keyframes, point: ResumePoint) -> float:
    """Return that distance in the last frame that is done, m."""
    return _mean_distance(
        solver.humanoid, observed, point.frame, jax.tree.map(lambda a: np.asarray(a)[None], point.state)
    )


def _mean_distance(humanoid: Humanoid, observed: Keyframes, start: int, state: State) -> float:
    frames = slice(start, start + len(state.position))
    joints = np.asarray(_joints(humanoid, jnp.asarray(state.position), jnp.asarray(state.rotation)))
    weight = np.asarray(observed.joint_weight)
    distance = np.linalg.norm(joints - np.asarray(observed.joint_position)[frames], axis=-1)
    mean = float((distance @ weight).mean() / weight.sum())
    return mean if np.isfinite(mean) else np.inf


@jax.jit
def _joints(
    humanoid: Humanoid, position: Float[Array, "F 3"], rotation: Float[Array, "F B 4"]
) -> Float[Array, "F B 3"]:
    def frame(position: Float[Array, "3"], rotation: Float[Array, "B 4"]) -> Float[Array, "B 3"]:
        return kinematics.forward_kinematics(humanoid, position, rotation).position

    return jax.vmap(frame)(position, rotation)
