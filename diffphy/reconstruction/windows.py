"""Long clips as overlapping windows: solve a window, keep its first frames, continue from the state after them.

A gradient through seconds of contact is useless: the body falls early, and the frames after the fall say nothing. A
window is long enough to prepare the frames that follow it, and short enough to be solved. The next window starts from
exactly the simulated state, so the kept frames form one continuous simulation of any length. Memory is needed for one
window only.
"""

from collections.abc import Iterator, Mapping, Sequence
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
from diffphy.reconstruction.parameters import Parameters, lead
from diffphy.reconstruction.problem import ReconstructionProblem
from diffphy.reconstruction.window_methods import WindowMethod

CARRY_FROM = 2  # frames before a window's last: the loss hardly depends on the control of the very last frames


@dataclass(frozen=True)
class WindowSizes:
    """Sizes of a window, in frames.

    Attributes:
        length: Frames that are optimised together.
        stride: Frames that are kept before the next window starts.
    """

    length: int = 18
    stride: int = 6

    def kept(self, remaining: int) -> int:
        """Return how many frames of a window are kept, of those that the clip still has: all, if they are within it."""
        return remaining if remaining <= self.length else self.stride


@dataclass(frozen=True)
class ResumePoint:
    """Everything that is needed to continue after a window.

    Attributes:
        frame: The last frame that is done.
        state: The state in this frame.
        control: Target rotations in this frame, wxyz.
        guess: Offsets of the control, rad, from which the next window's minimisation starts.
    """

    frame: int
    state: State
    control: Float[np.ndarray, "J 4"]
    guess: Float[np.ndarray, "W J 3"]


@dataclass(frozen=True)
class SolvedWindow:
    """The S frames that one window adds to the motion.

    The first window has frame 0 only: the initial state, before any torque or contact force.

    Attributes:
        start: The first of the S frames.
        state: Simulated states.
        effort: Torques and forces of each frame.
        control: Target rotations, wxyz.
        terms: What each loss term added, by name, for every evaluation of the loss.
        resume_point: Where the next window starts.
    """

    start: int
    state: State
    effort: Effort
    control: Float[np.ndarray, "S J 4"]
    terms: Sequence[Mapping[str, float]]
    resume_point: ResumePoint


@dataclass(frozen=True)
class WindowSolver:
    """Solves windows one after another. Its attributes are the same for all windows.

    Attributes:
        humanoid: The simulated body.
        scene: What it can touch.
        physics: Constants of the simulation.
        weights: Weight of each loss term, by its name in `losses.TERMS`.
        method: How a window is solved.
        minimise_pose: The minimiser of the first pose.
        sizes: Length and stride of a window.
    """

    humanoid: Humanoid
    scene: Scene
    physics: Physics
    weights: Mapping[str, float]
    method: WindowMethod
    minimise_pose: Minimise
    sizes: WindowSizes

    def reconstruct(self, observed: Keyframes, resume_point: ResumePoint | None = None) -> Iterator[SolvedWindow]:
        """Yield the simulated motion that follows the recording, window after window.

        Args:
            observed: F frames. The windows have F frames together.
            resume_point: That of the last solved window, to continue an interrupted run. None starts at frame 0.
        """
        if resume_point is None:
            window = self.solve_first_frame(observed)
            resume_point = window.resume_point
            yield window
        while resume_point.frame < len(observed) - 1:
            window = self.solve_next_window(observed, resume_point)
            resume_point = window.resume_point
            yield window

    def solve_first_frame(self, observed: Keyframes) -> SolvedWindow:
        """Find the initial state: the first keyframe, lifted out of the ground, and its velocity.

        A recording says little about the velocity in its first frame, and with a wrong one the body loses its balance
        within the first window. So the velocity is optimised together with the control of that window.
        """
        rate = self.physics.control_rate
        observed = remove_penetration(self.humanoid, self.scene, observed, self.minimise_pose)
        first, guess = np.split(lead(self.humanoid, observed.window(0, self.sizes.length + 1), rate), [1])
        control = np.asarray(rotations.multiply(observed.rotation[0, 1:], rotations.exp(first[0])))
        problem = self.build_problem(observed, ResumePoint(0, first_state(observed, rate), control, guess))
        terms: list[Mapping[str, float]] = []
        found = self.method.solve(problem, self._unpushed(guess), terms.append, start_moves=True)
        state = jax.tree.map(np.asarray, found.start)
        resume_point = ResumePoint(0, state, control, np.asarray(found.offset))
        effort = _no_effort(self.humanoid, 1, guess.dtype)
        return SolvedWindow(0, jax.tree.map(lambda a: a[None], state), effort, control[None], terms, resume_point)

    def solve_next_window(self, observed: Keyframes, resume_point: ResumePoint) -> SolvedWindow:
        """Solve the window after `resume_point` and keep its first frames."""
        problem = self.build_problem(observed, resume_point)
        terms: list[Mapping[str, float]] = []
        guess = self._unpushed(resume_point.guess)
        found = self.method.solve(problem, guess, terms.append, start_moves=False)
        start, offset = resume_point.frame + 1, np.asarray(found.offset)
        kept = self.sizes.kept(len(observed) - start)
        state, effort = jax.tree.map(lambda a: np.asarray(a)[:kept], (found.state, found.effort))
        control = np.asarray(problem.control(offset))[1 : kept + 1]
        ahead = self._next_guess(observed, start, kept, offset)
        last = jax.tree.map(lambda a: a[-1], state)
        resume_point = ResumePoint(start + kept - 1, last, control[-1], ahead)
        return SolvedWindow(start, state, effort, control, terms, resume_point)

    def _next_guess(
        self, observed: Keyframes, start: int, kept: int, offset: Float[np.ndarray, "W J 3"]
    ) -> Float[np.ndarray, "W J 3"]:
        """Return the first guess of the next window, from the solution of this one.

        The new frames start from the lead plus what this window's control needed beyond its lead, for instance to hold
        up the body's weight.
        """
        length, rate = self.sizes.length, self.physics.control_rate
        carried = max(0, length - 1 - CARRY_FROM)
        beyond = offset[carried] - lead(self.humanoid, observed.window(start, length), rate)[carried]
        fresh = lead(self.humanoid, observed.window(start + length, kept), rate) + beyond
        return np.concatenate([offset[kept:], fresh]).astype(offset.dtype)

    def build_problem(self, observed: Keyframes, resume_point: ResumePoint) -> ReconstructionProblem:
        """Return the problem of the window after `resume_point`."""
        ahead = observed.window(resume_point.frame + 1, self.sizes.length)
        return ReconstructionProblem(
            self.humanoid, self.scene, self.physics, resume_point.state, resume_point.control, ahead, self.weights
        )

    def _unpushed(self, offset: Float[np.ndarray, "W J 3"]) -> Parameters:
        return Parameters(offset, np.zeros((self.humanoid.bodies + 1, 3), offset.dtype))


def _no_effort(humanoid: Humanoid, frames: int, dtype: np.dtype) -> Effort:
    joints, spheres = len(humanoid.joint_names), len(humanoid.contact_body)
    shapes = ((frames, joints, 3), (frames, spheres, 3), (frames,))
    return Effort(*(jnp.zeros(shape, dtype) for shape in shapes))
