"""Long clips as overlapping windows: optimise one, keep its first frames, go on from the state they lead to.

A gradient through seconds of contact is useless: the body falls early and what lies behind the fall says nothing.
A window sees far enough to prepare what comes, and is short enough to be solved. Its simulated state is carried over
exactly, so the frames that are kept form one continuous simulation, however long; memory is that of one window.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import jax
import numpy as np
from jaxtyping import Float

from diffphy.humanoid import Humanoid
from diffphy.initial_state import initial_state
from diffphy.observation import Keyframes
from diffphy.parameters import lead, units
from diffphy.problem import ReconstructionProblem, loss_and_gradient, simulate
from diffphy.scene import Scene
from diffphy.simulate import Effort, Physics, State


class Minimum(Protocol):
    """What a minimiser returns, as far as windows care: the best parameters it found."""

    @property
    def x(self) -> Float[np.ndarray, "N"]: ...


Evaluate = Callable[[Float[np.ndarray, "N"]], tuple[float, Float[np.ndarray, "N"]]]
Minimise = Callable[[Evaluate, Float[np.ndarray, "N"]], Minimum]

CARRY_FROM = 2  # frames before a window's last: the very last ones answer for too little of the loss


@dataclass(frozen=True)
class Windows:
    """Frames that are optimised together, and how many of them are kept before the next window starts."""

    length: int = 18
    stride: int = 6


@dataclass(frozen=True)
class Progress:
    """Everything needed to go on: frames 1 to `frame` are done, `state` and `control` hold at its end.

    `guess`: parameters (length, J, 3) from which the next window starts.
    """

    frame: int
    state: State
    control: Float[np.ndarray, "J 4"]
    guess: Float[np.ndarray, "W J 3"]


@dataclass(frozen=True)
class Chunk:
    """The frames that one window adds to the motion (S of them, the first is frame `start`), and how it got there.

    `terms`: for every evaluation of the loss, what each term added to it.
    """

    start: int
    state: State
    effort: Effort
    control: Float[np.ndarray, "S J 4"]
    terms: list[dict[str, float]]
    minimum: Minimum
    progress: Progress


def begin(humanoid: Humanoid, observed: Keyframes, physics: Physics, windows: Windows) -> Progress:
    """Before the first window: frame 0 of the reference."""
    state = initial_state(observed, physics.control_rate)
    guess = lead(humanoid, observed.window(1, windows.length), physics.control_rate)
    return Progress(0, state, np.asarray(observed.rotation[0, 1:]), guess)


def reconstruct(
    humanoid: Humanoid,
    scene: Scene,
    physics: Physics,
    observed: Keyframes,
    weights: Mapping[str, float],
    minimise: Minimise,
    windows: Windows,
    progress: Progress | None = None,
) -> Iterator[Chunk]:
    """Simulated frames 1 to F - 1 of the motion that follows the F observed ones, window after window.

    `minimise(evaluate, x0)` finds parameters (see `diffphy.parameters`); any optimizer will do. The `progress` of the
    last chunk resumes a run.
    """
    progress = progress or begin(humanoid, observed, physics, windows)
    while progress.frame < len(observed) - 1:
        chunk = _next_chunk(humanoid, scene, physics, observed, weights, minimise, windows, progress)
        progress = chunk.progress
        yield chunk


def _next_chunk(humanoid, scene, physics, observed, weights, minimise, windows, progress) -> Chunk:
    """Optimise the window after `progress` and keep its first frames."""
    start = progress.frame + 1
    ahead = observed.window(start, windows.length)
    problem = ReconstructionProblem(humanoid, scene, physics, progress.state, progress.control, ahead, weights)
    unit, shape = units(humanoid).astype(progress.guess.dtype), progress.guess.shape
    terms: list[dict[str, float]] = []

    def evaluate(x: Float[np.ndarray, "N"]) -> tuple[float, Float[np.ndarray, "N"]]:
        (value, by_term), gradient = loss_and_gradient(problem, unit * x.reshape(shape))
        terms.append({name: float(term) for name, term in by_term.items()})
        return float(value), (unit * np.asarray(gradient)).ravel()

    minimum = minimise(evaluate, (progress.guess / unit).ravel())
    offset = unit * np.asarray(minimum.x).reshape(shape)
    kept = min(windows.stride, len(observed) - start)
    state, effort, control = jax.tree.map(lambda a: np.asarray(a[:kept]), simulate(problem, offset))

    # The next window starts from this one's solution; its new frames from the lead, and from what the controls of
    # this one needed beyond it, such as holding up the body's weight.
    further = observed.window(start + windows.length, kept)
    beyond = offset[-1 - CARRY_FROM] - lead(humanoid, ahead, physics.control_rate)[-1 - CARRY_FROM]
    fresh = lead(humanoid, further, physics.control_rate) + beyond
    guess = np.concatenate([offset[kept:], fresh]).astype(offset.dtype)
    last = jax.tree.map(lambda a: a[-1], state)
    return Chunk(start, state, effort, control, terms, minimum, Progress(start + kept - 1, last, control[-1], guess))
