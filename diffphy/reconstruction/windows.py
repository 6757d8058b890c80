"""Long clips as overlapping windows: optimise one, keep its first frames, go on from the state they lead to.

A gradient through seconds of contact is useless: the body falls early and what lies behind the fall says nothing.
A window sees far enough to prepare what comes, and is short enough to be solved. Its simulated state is carried over
exactly, so the frames that are kept form one continuous simulation, however long; memory is that of one window.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, Physics, State
from diffphy.reconstruction.initial_state import first_state, remove_penetration
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.parameters import lead, units
from diffphy.reconstruction.problem import Parameters, ReconstructionProblem, loss_and_gradient, simulate

PUSH_UNIT = 0.3  # m/s and rad/s: the initial velocity's change for a unit of parameter
FIRST_ROUNDS = 2  # minimisations that find the initial velocity, before the first window's own

CARRY_FROM = 2  # frames before a window's last: the very last ones answer for too little of the loss


@dataclass(frozen=True)
class WindowSizes:
    """Frames that are optimised together, and how many of them are kept before the next window starts."""

    length: int = 18
    stride: int = 6


@dataclass(frozen=True)
class ResumePoint:
    """Everything needed to go on: frames 0 to `frame` are done, `state` and `control` hold at its end.

    `guess`: offsets of the control, rad, from which the next window starts.
    """

    frame: int
    state: State
    control: Float[np.ndarray, "J 4"]
    guess: Float[np.ndarray, "W J 3"]


@dataclass(frozen=True)
class SolvedWindow:
    """The frames that one window adds to the motion (S of them, the first is frame `start`), and how it got there.

    The first window is frame 0 alone, the initial state, in which nothing has acted yet. `terms`: for every evaluation
    of the loss, what each term added to it.
    """

    start: int
    state: State
    effort: Effort
    control: Float[np.ndarray, "S J 4"]
    terms: list[dict[str, float]]
    resume_point: ResumePoint


@dataclass(frozen=True)
class WindowSolver:
    """What stays the same from window to window. `minimise(evaluate, x0)` finds parameters, by whatever method."""

    humanoid: Humanoid
    scene: Scene
    physics: Physics
    weights: Mapping[str, float]
    minimise: Minimise
    sizes: WindowSizes

    def reconstruct(self, observed: Keyframes, resume_point: ResumePoint | None = None) -> Iterator[SolvedWindow]:
        """The simulated motion that follows the F observed frames, F frames in all, window after window.

        The `resume_point` of the last window resumes a run.
        """
        if resume_point is None:
            window = self.first_frame(observed)
            resume_point = window.resume_point
            yield window
        while resume_point.frame < len(observed) - 1:
            window = self.next_window(observed, resume_point)
            resume_point = window.resume_point
            yield window

    def first_frame(self, observed: Keyframes) -> SolvedWindow:
        """The initial state: the first keyframe out of the ground, with the velocity from which it is best followed.

        A recording only hints at the velocity in its first frame; a wrong one costs the body its balance within the
        first window. So it is found together with that window's control.
        """
        rate = self.physics.control_rate
        observed = remove_penetration(self.humanoid, self.scene, observed, self.minimise)
        first, guess = np.split(lead(self.humanoid, observed.window(0, self.sizes.length + 1), rate), [1])
        control = np.asarray(rotations.multiply(observed.rotation[0, 1:], rotations.exp(first[0])))
        problem = self._problem(observed, ResumePoint(0, first_state(observed, rate), control, guess))
        parameters = Parameters(guess, np.zeros((self.humanoid.bodies + 1, 3), guess.dtype))
        terms: list[dict[str, float]] = []
        for _ in range(FIRST_ROUNDS):
            parameters = self._solve(problem, parameters, terms, start_moves=True)
        state = jax.tree.map(np.asarray, problem.apply_push(parameters.push))
        resume_point = ResumePoint(0, state, control, np.asarray(parameters.offset))
        joints, spheres = len(self.humanoid.joint_names), len(self.humanoid.contact_body)
        at_rest = Effort(*(jnp.zeros(shape, guess.dtype) for shape in ((1, joints, 3), (1, spheres, 3), (1,))))
        return SolvedWindow(0, jax.tree.map(lambda a: a[None], state), at_rest, control[None], terms, resume_point)

    def next_window(self, observed: Keyframes, resume_point: ResumePoint) -> SolvedWindow:
        """Optimise the window after `resume_point` and keep its first frames."""
        length, rate = self.sizes.length, self.physics.control_rate
        problem = self._problem(observed, resume_point)
        terms: list[dict[str, float]] = []
        parameters = Parameters(resume_point.guess, np.zeros((self.humanoid.bodies + 1, 3), resume_point.guess.dtype))
        parameters = self._solve(problem, parameters, terms, start_moves=False)
        start = resume_point.frame + 1
        kept = min(self.sizes.stride, len(observed) - start)
        state, effort, control = jax.tree.map(lambda a: np.asarray(a[:kept]), simulate(problem, parameters))

        # The next window starts from this one's solution; its new frames from the lead, and from what the controls of
        # this one needed beyond it, such as holding up the body's weight.
        offset = np.asarray(parameters.offset)
        carried = max(0, length - 1 - CARRY_FROM)
        beyond = offset[carried] - lead(self.humanoid, observed.window(start, length), rate)[carried]
        fresh = lead(self.humanoid, observed.window(start + length, kept), rate) + beyond
        guess = np.concatenate([offset[kept:], fresh]).astype(offset.dtype)
        last = jax.tree.map(lambda a: a[-1], state)
        return SolvedWindow(
            start, state, effort, control, terms, ResumePoint(start + kept - 1, last, control[-1], guess)
        )

    def _problem(self, observed: Keyframes, resume_point: ResumePoint) -> ReconstructionProblem:
        ahead = observed.window(resume_point.frame + 1, self.sizes.length)
        return ReconstructionProblem(
            self.humanoid, self.scene, self.physics, resume_point.state, resume_point.control, ahead, self.weights
        )

    def _solve(
        self, problem: ReconstructionProblem, guess: Parameters, terms: list[dict[str, float]], *, start_moves: bool
    ) -> Parameters:
        """Minimise a window's loss over its offsets and, for `start_moves`, its push; the terms are recorded."""
        dtype, shape = guess.offset.dtype, guess.offset.shape
        unit = Parameters(
            np.broadcast_to(units(self.humanoid), shape).astype(dtype),
            np.full(guess.push.shape, PUSH_UNIT if start_moves else 0.0, dtype),
        )
        size = guess.offset.size

        def parameters(x: Float[np.ndarray, "N"]) -> Parameters:
            push = unit.push * x[size:].reshape(unit.push.shape) if start_moves else np.asarray(guess.push)
            return Parameters(unit.offset * x[:size].reshape(shape), push)

        def evaluate(x: Float[np.ndarray, "N"]) -> tuple[float, Float[np.ndarray, "N"]]:
            (value, by_term), gradient = loss_and_gradient(problem, parameters(x))
            terms.append({name: float(term) for name, term in by_term.items()})
            offset, push = (np.ravel(u * np.asarray(g)) for u, g in zip(unit, gradient, strict=True))
            return float(value), np.concatenate([offset, push]) if start_moves else offset

        x0 = np.ravel(guess.offset / unit.offset)
        if start_moves:
            x0 = np.concatenate([x0, np.ravel(guess.push / unit.push)])
        return parameters(np.asarray(self.minimise(evaluate, x0).x))
