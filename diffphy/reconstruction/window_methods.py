"""How a window is solved: by the gradient of its loss, or as a sum of squares along time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from diffphy.arrays import on_device
from diffphy.physics.state_change import change_size
from diffphy.reconstruction.linearised_window import FrameModels, linearise_window
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.parameters import PUSH_UNIT, Parameters, scaled_vector, units
from diffphy.reconstruction.problem import ReconstructionProblem, loss_and_gradient
from diffphy.reconstruction.simulated_window import (
    Feedback,
    SimulatedWindow,
    simulate_feedback,
    simulate_offsets,
    simulate_parameters,
)

FIRST_ROUNDS = 2  # minimisations by gradient that find the initial velocity, before the first window is solved

Seen = Callable[[Mapping[str, float]], None]
"""Called for every evaluation of the loss with what each term adds, by name."""


@runtime_checkable
class WindowMethod(Protocol):
    """Finds the control of a window with a low loss."""

    def solve(
        self, problem: ReconstructionProblem, guess: Parameters, seen: Seen, *, start_moves: bool
    ) -> SimulatedWindow:
        """Return the simulated window. Its `start` has the velocity that was found.

        Args:
            problem: The window.
            guess: Where to start.
            seen: Called for every evaluation of the loss.
            start_moves: Whether the push of the initial velocity is found too.
        """
        ...


@dataclass(frozen=True)
class ByGradient:
    """Minimises the loss of a window as a function of one vector.

    Attributes:
        minimise: Any minimiser.
        minimise_start: The minimiser where the initial velocity is found too; `minimise` if None.
    """

    minimise: Minimise
    minimise_start: Minimise | None = None

    def solve(
        self, problem: ReconstructionProblem, guess: Parameters, seen: Seen, *, start_moves: bool
    ) -> SimulatedWindow:
        """Return the simulated window. See `WindowMethod`."""
        vector = scaled_vector(problem.humanoid, guess, start_moves=start_moves)

        def evaluate(x: Float[np.ndarray, "N"]) -> tuple[float, Float[np.ndarray, "N"]]:
            (value, by_term), gradient = loss_and_gradient(problem, vector.unpack(x))
            seen({name: float(term) for name, term in by_term.items()})
            return float(value), vector.pack_gradient(gradient)

        minimise = self.minimise_start if start_moves and self.minimise_start else self.minimise
        for _ in range(FIRST_ROUNDS if start_moves else 1):
            guess = vector.unpack(np.asarray(minimise(evaluate, vector.pack(guess)).x))
        return simulate_parameters(problem, guess)


@dataclass(frozen=True)
class WindowAlongTime:
    """A window as a sum of squares along time, for Gauss-Newton's method.

    Attributes:
        problem: The window.
        input_unit: Radians of control for one unit of each parameter.
        start_unit: Units of the state before the window. 0 for what is fixed.
        seen: Called for every evaluation of the loss.
    """

    problem: ReconstructionProblem
    input_unit: Float[np.ndarray, "U"]
    start_unit: Float[np.ndarray, "S"]
    seen: Seen

    def begin(self, offset: Float[np.ndarray, "F J 3"]) -> SimulatedWindow:
        """Return the window with these offsets, rad."""
        return self.tell(simulate_offsets(self.problem, offset))

    def linearise(self, at: SimulatedWindow) -> FrameModels:
        """Return the frame models about a simulated window."""
        return linearise_window(self.problem, at)

    def follow(self, about: SimulatedWindow, plan: tuple) -> SimulatedWindow:
        """Return the window that follows a plan (gain, change, start), as `Feedback` describes it, about another."""
        return self.tell(simulate_feedback(self.problem, about, Feedback(*plan)))

    def tell(self, window: SimulatedWindow) -> SimulatedWindow:
        """Count a simulated window, and return it."""
        self.seen({name: float(term) for name, term in window.terms.items()})
        return window


def along_time(problem: ReconstructionProblem, seen: Seen, *, start_unit: float) -> WindowAlongTime:
    """Return a window as a sum of squares along time.

    Args:
        problem: The window.
        seen: Called for every evaluation of the loss.
        start_unit: Unit of the velocities before the window, m/s and rad/s. 0 if they are fixed.
    """
    problem = on_device(problem)
    size, dtype = change_size(problem.state) // 2, problem.state.velocity.dtype
    return WindowAlongTime(
        problem,
        np.repeat(units(problem.humanoid), 3).astype(dtype),
        np.concatenate([np.zeros(size, dtype), np.full(size, start_unit, dtype)]),
        seen,
    )


MinimiseSquares = Callable[[WindowAlongTime, SimulatedWindow], SimulatedWindow]
"""`minimise(problem, first)` finds a window with a low loss, starting from `first`."""


@dataclass(frozen=True)
class BySquares:
    """Minimises the loss of a window as a sum of squares along time.

    Attributes:
        minimise: The minimiser of a window.
        minimise_start: The minimiser where the initial velocity is found too.
    """

    minimise: MinimiseSquares
    minimise_start: MinimiseSquares

    def solve(
        self, problem: ReconstructionProblem, guess: Parameters, seen: Seen, *, start_moves: bool
    ) -> SimulatedWindow:
        """Return the simulated window. See `WindowMethod`."""
        offset, push = map(np.asarray, guess)
        pushed = replace(problem, state=problem.apply_push(push))
        along = along_time(pushed, seen, start_unit=PUSH_UNIT if start_moves else 0.0)
        return (self.minimise_start if start_moves else self.minimise)(along, along.begin(offset))
