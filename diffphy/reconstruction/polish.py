"""A second pass over a solved clip, in long parts: each frame is seen together with all that it prepares.

Nothing follows the last frames of a window of the first pass, so they fall. Here a part starts from a motion that
stands. The feedback of Gauss-Newton's method holds the body near it, however long the part is. Where that fails, the
part is solved in windows again, from where it starts now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np
from jaxtyping import Float

from diffphy import rotations
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.simulated_window import SimulatedWindow, simulate_offsets
from diffphy.reconstruction.window_methods import MinimiseSquares, WindowAlongTime, along_time
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSizes, WindowSolver

PARTS = WindowSizes(length=60, stride=40)
WORSE = 1.2  # how much the loss of a part may be above that of the first pass, which had another start


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
        parts = replace(solver, sizes=self.sizes)
        states = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(window.state for window in windows))
        control = np.concatenate([window.control for window in windows])
        if resume_point is None:
            yield windows[0]
        point = resume_point or windows[0].resume_point
        while point.frame < len(observed) - 1:
            at = point.frame
            problem = parts.build_problem(observed, point)
            offset = offsets_of(problem.observed, control[at + 1 :])
            before = jax.tree.map(lambda a, at=at: a[at], states)
            about = simulate_offsets(replace(problem, state=before, first_control=control[at]), offset)
            terms: list[Mapping[str, float]] = []
            along = along_time(problem, terms.append, start_unit=0.0)
            follows = np.array_equal(point.control, control[at]) and all(map(np.array_equal, point.state, before))
            found = self._follow(along, about, rejoins=not follows)
            if not found.loss < WORSE * about.loss:
                again = self._search(along, along.begin(_solve_again(solver, observed, point, offset, terms)))
                found = min(found, again, key=lambda window: np.nan_to_num(float(window.loss), nan=np.inf))
            kept = self.sizes.kept(len(observed) - 1 - at)
            new = problem.control(found.offset)[1:]
            state, effort, new = jax.tree.map(lambda a, n=kept: np.asarray(a)[:n], (found.state, found.effort, new))
            last = jax.tree.map(lambda a: a[-1], state)
            point = ResumePoint(at + kept, last, new[-1], np.asarray(found.offset))
            yield SolvedWindow(at + 1, state, effort, new, terms, point)

    def _follow(self, along: WindowAlongTime, about: SimulatedWindow, *, rejoins: bool) -> SimulatedWindow:
        """Solve a part, starting from the motion of the first pass, which it rejoins if it starts elsewhere."""
        if not rejoins:
            return self._search(along, along.tell(about))
        rejoined = self.rejoin(along, about._replace(start=along.problem.state))
        return self._search(along, rejoined)

    def _search(self, along: WindowAlongTime, first: SimulatedWindow) -> SimulatedWindow:
        """Return the best window from the first on, or the first itself if no search can start from it."""
        return self.minimise(along, first) if np.isfinite(first.loss) else first


def _solve_again(
    solver: WindowSolver,
    observed: Keyframes,
    point: ResumePoint,
    offset: Float[np.ndarray, "F J 3"],
    terms: list[Mapping[str, float]],
) -> Float[np.ndarray, "F J 3"]:
    """Return offsets of a part from a first pass of its own, because it does not get back to the motion of the other.

    Args:
        solver: Solves the windows.
        observed: The recording.
        point: Where the part starts.
        offset: Offsets of the other motion.
        terms: The terms of the loss are appended, evaluation by evaluation.
    """
    control, end = [], point.frame + len(offset)
    at = replace(point, guess=offset[: solver.sizes.length])
    while at.frame < min(end, len(observed) - 1):
        window = solver.solve_next_window(observed, at)
        terms.extend(window.terms)
        control.append(window.control)
        at = window.resume_point
    return offsets_of(observed.window(point.frame + 1, len(offset)), np.concatenate(control))


def offsets_of(observed: Keyframes, control: Float[np.ndarray, "K J 4"]) -> Float[np.ndarray, "F J 3"]:
    """Return the offsets of a part from the control of the first pass. After the end of the clip, the last repeats."""
    rows = np.minimum(np.arange(len(observed)), len(control) - 1)
    offset = rotations.difference(np.asarray(observed.rotation)[:, 1:], np.asarray(control)[rows])
    return np.asarray(offset, np.asarray(control).dtype)
