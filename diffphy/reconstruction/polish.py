"""A second pass over a solved clip, in long parts: each frame is seen together with all that it prepares.

Nothing follows the last frames of a window of the first pass, so they fall. Here a part starts from a motion that
stands. The feedback of Gauss-Newton's method holds the body near it, however long the part is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from diffphy import rotations
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.problem import ReconstructionProblem
from diffphy.reconstruction.simulated_window import SimulatedWindow, simulate_offsets
from diffphy.reconstruction.window_methods import MinimiseSquares, Seen, along_time
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSizes, WindowSolver

PARTS = WindowSizes(length=60, stride=40)


@dataclass(frozen=True)
class Polish:
    """A second pass over a solved clip.

    Attributes:
        minimise: Gauss-Newton's method.
        rejoin: Returns a window that follows another one from another state, which that one has as `start`.
        sizes: Length of a part, and how much of it is kept, in frames.
    """

    minimise: MinimiseSquares
    rejoin: MinimiseSquares
    sizes: WindowSizes = PARTS

    def improve(
        self,
        solver: WindowSolver,
        observed: Keyframes,
        windows: Sequence[SolvedWindow],
        resume_point: ResumePoint | None = None,
    ) -> Iterator[SolvedWindow]:
        """Yield the motion of a solved clip again, part after part. It is one continuous simulation.

        Args:
            solver: What solved the clip.
            observed: The recording.
            windows: All solved windows.
            resume_point: That of the last part, to continue an interrupted run. None starts at frame 0.
        """
        solver = replace(solver, sizes=self.sizes)
        states = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(window.state for window in windows))
        control = np.concatenate([window.control for window in windows])
        if resume_point is None:
            yield windows[0]
        point = resume_point or windows[0].resume_point
        while point.frame < len(observed) - 1:
            at = point.frame
            problem = solver.build_problem(observed, point)
            solved = replace(problem, state=jax.tree.map(lambda a, at=at: a[at], states), first_control=control[at])
            terms: list[Mapping[str, float]] = []
            found = self._solve(problem, solved, _offsets(problem.observed, control[at + 1 :]), terms.append)
            kept = min(self.sizes.stride, len(observed) - 1 - at)
            new = problem.control(found.offset)[1:]
            state, effort, new = jax.tree.map(lambda a, n=kept: np.asarray(a[:n]), (found.state, found.effort, new))
            last = jax.tree.map(lambda a: a[-1], state)
            point = ResumePoint(at + kept, last, new[-1], np.asarray(found.offset))
            yield SolvedWindow(at + 1, state, effort, new, terms, point)

    def _solve(
        self,
        problem: ReconstructionProblem,
        solved: ReconstructionProblem,
        offset: Float[np.ndarray, "F J 3"],
        seen: Seen,
    ) -> SimulatedWindow:
        """Solve a part. `solved` is the same part from where the first pass had its start, with these offsets."""
        along = along_time(problem, seen, start_unit=0.0)
        about = simulate_offsets(solved, offset)
        same = jax.tree.map(
            np.array_equal, (problem.state, problem.first_control), (solved.state, solved.first_control)
        )
        if all(jax.tree.leaves(same)):
            return self.minimise(along, along.tell(about))
        return self.minimise(along, self.rejoin(along, about._replace(start=along.problem.state)))


def _offsets(observed: Keyframes, control: Float[np.ndarray, "K J 4"]) -> Float[np.ndarray, "F J 3"]:
    """Return the offsets of a part from the control of the first pass. After the end of the clip, the last repeats."""
    rows = np.minimum(np.arange(len(observed)), len(control) - 1)
    offset = rotations.difference(jnp.asarray(observed.rotation)[:, 1:], jnp.asarray(control)[rows])
    return np.asarray(offset, np.asarray(control).dtype)
