"""Minimises with learned steps at first, then with L-BFGS, which keeps what the learned steps found of the curvature.

The weights are for an array of frames, joints and coordinates. With another number of frames there are no learned
steps; the profile of curvature in time is stretched to the new frames.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from optimus.objective import Evaluation, Objective, OptimusError, StopReason
from optimus.quasi_newton_optimus import Profile, QuasiNewtonOptimus

LEARNED_STEPS = 15
"""Learned steps before L-BFGS, chosen on the windows that validate training."""

Vector = Float[np.ndarray, " N"]

_SUFFICIENT_DECREASE = 1e-4  # Armijo's constant: the share of the slope that a step must gain
_SHORTEST, _LONGEST = 0.1, 0.5  # of a step that was too long, the next try
_SMALLEST_GAIN = 1e-12  # of the loss, by a whole step: less is rounding
_TRIES = 12  # steps in one line search
_SMALLEST_COSINE = 1e-10  # between a step and its change of gradient: less says nothing of curvature


@dataclass
class Pairs:
    """Steps and changes of gradient, the oldest first: `LimitedMemory` in double precision, for line searches.

    Attributes:
        capacity: Number of pairs that are kept.
        kept: Step, change and 1 / (step' change).
    """

    capacity: int
    kept: list[tuple[Vector, Vector, float]] = field(default_factory=list)

    def add(self, before: Evaluation, after: Evaluation) -> None:
        """Keep the step between two evaluations, unless it has no positive curvature."""
        step = np.asarray(after.x, np.float64) - before.x
        change = after.gradient - before.gradient
        curvature = float(step @ change)
        if curvature > _SMALLEST_COSINE * np.linalg.norm(step) * np.linalg.norm(change):
            self.kept = [*self.kept, (step, change, 1.0 / curvature)][-self.capacity :]

    def apply(self, vector: Vector, initial: Callable[[Vector], Vector]) -> Vector:
        """Return the inverse Hessian times a vector, by the two-loop recursion."""
        shares = []
        for step, change, inverse in reversed(self.kept):
            shares.append(inverse * float(step @ vector))
            vector = vector - shares[-1] * change
        result = initial(vector)
        for (step, change, inverse), share in zip(self.kept, reversed(shares), strict=True):
            result = result + (share - inverse * float(change @ result)) * step
        return result


class LearnedQuasiNewton:
    """Minimises over the frames, joints and coordinates of a motion, with what the weights know of such problems.

    After `steps` learned steps, L-BFGS goes on from the best point with a line search, so it ends where a classical
    method does.

    Use one object for many calls of `minimise`: it keeps its compiled update.

    Attributes:
        model: The learned optimizer.
        meta_parameters: Its meta-parameters.
        steps: Number of learned steps at most; 0 for L-BFGS with the profile alone.
        memory: Number of steps that L-BFGS keeps.
    """

    def __init__(self, model: QuasiNewtonOptimus, meta_parameters: dict[str, Any], steps: int, memory: int = 50):
        self.model, self.meta_parameters, self.steps, self.memory = model, meta_parameters, steps, memory
        self._update = jax.jit(partial(model.update, meta_parameters))

    def __call__(self, objective: Objective, x0: Float[np.ndarray, " N"]) -> StopReason:
        """Make learned steps, then those of L-BFGS, until the objective raises `Stop`, or no step lowers the loss.

        Raises:
            OptimusError: The vector is not made of frames of the model's joints and coordinates.
        """
        if len(x0) % self._others:
            raise OptimusError(
                f"these weights are for frames of {self._others} parameters ({self.model.joints} joints), and "
                f"{len(x0)} parameters are no such frames: use another optimizer, such as lbfgs"
            )
        evaluation, pairs = objective(x0), Pairs(self.memory)
        if len(x0) == self.model.dimension:
            evaluation = self._learned_steps(objective, evaluation, pairs)
        return self._classical_steps(objective, evaluation, pairs)

    @property
    def _others(self) -> int:
        """Number of parameters in a frame."""
        return self.model.joints * self.model.coordinates

    def _learned_steps(self, objective: Objective, evaluation: Evaluation, pairs: Pairs) -> Evaluation:
        """Return the evaluation from which L-BFGS goes on."""
        state = self.model.start(jnp.zeros(self.model.dimension))
        tried = evaluation
        for _ in range(self.steps):
            change, state = self._update(
                state, *(jnp.asarray(each, jnp.float32) for each in (tried.gradient, tried.x, tried.value))
            )
            tried = objective(tried.x + np.asarray(change, np.float64))
            if tried.finite:
                pairs.add(evaluation, tried)
            if tried.value < evaluation.value:  # not if it is NaN
                evaluation = tried
                objective.accept(evaluation.value)
        return evaluation

    def _classical_steps(self, objective: Objective, evaluation: Evaluation, pairs: Pairs) -> StopReason:
        count = self.steps
        while True:
            initial = self._initial(count, len(evaluation.x) // self._others)
            direction = -pairs.apply(evaluation.gradient, initial)
            slope = float(direction @ evaluation.gradient)
            if not slope < 0:  # rounding has spoilt the memory
                pairs.kept.clear()
                direction = -initial(evaluation.gradient)
                slope = float(direction @ evaluation.gradient)
            if -slope <= _SMALLEST_GAIN * abs(evaluation.value):
                return "converged"
            length = 1.0 if pairs.kept else self._first_length(direction)
            following, finite = self._search(objective, evaluation, direction, slope, length)
            if following is None:
                return "line_search_failed" if finite else "non_finite"
            pairs.add(evaluation, following)
            evaluation, count = following, count + 1
            objective.accept(evaluation.value)

    def _first_length(self, direction: Vector) -> float:
        """Return the share of a direction that is tried first while nothing is known of the curvature of the task.

        No step is longer than one unit: some windows are a thousand times steeper than others.
        """
        share = float(np.exp(self.meta_parameters["profile"]["log_first_step"]))
        return min(share, 1.0 / max(float(np.linalg.norm(direction)), 1e-30))

    def _search(
        self, objective: Objective, start: Evaluation, direction: Vector, slope: float, length: float
    ) -> tuple[Evaluation | None, bool]:
        """Return the first evaluation along a direction that gains enough, and whether any evaluation was finite."""
        any_finite = False
        for _ in range(_TRIES):
            found = objective(start.x + length * direction)
            any_finite |= found.finite
            if found.finite and found.value <= start.value + _SUFFICIENT_DECREASE * length * slope:
                return found, True
            if not found.finite:
                length *= 0.25
                continue
            # The minimum of the parabola through both values and the slope.
            parabola = -slope * length**2 / (2.0 * (found.value - start.value - slope * length))
            length = float(np.clip(parabola, _SHORTEST * length, _LONGEST * length))
        return None, any_finite

    def _initial(self, step: int, frames: int) -> Callable[[Vector], Vector]:
        """Return the product with the profile of a step."""
        profile = Profile.at_step(self.meta_parameters["profile"], jnp.asarray(step), self._others)
        basis, weights = np.asarray(profile.basis, np.float64), np.asarray(profile.weights, np.float64)
        matrix = (basis * weights[None]) @ basis.T
        if frames != len(matrix):
            matrix = stretch(matrix, float(profile.damping), frames)
        return lambda vector: (matrix @ vector.reshape(frames, -1)).ravel()


def stretch(inverse: Float[np.ndarray, "F F"], damping: float, frames: int) -> Float[np.ndarray, "G G"]:
    """Return an inverse Hessian in time for another number of frames.

    The Hessian is the damping plus a smooth function of two times. A frame that lasts half as long moves the body half
    as much.

    Args:
        inverse: The inverse Hessian, symmetric positive definite.
        damping: What was added to the diagonal of the Hessian.
        frames: Number of frames G.
    """
    known, share = len(inverse), len(inverse) / frames
    at = (np.arange(frames) + 0.5) * share - 0.5
    between = np.stack([np.interp(at, np.arange(known), unit) for unit in np.eye(known)], axis=1)
    values, basis = np.linalg.eigh(np.linalg.inv(inverse))
    modes = share * between @ basis
    return np.linalg.inv(damping * np.eye(frames) + (modes * np.maximum(values - damping, 0.0)[None]) @ modes.T)
