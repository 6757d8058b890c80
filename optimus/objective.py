"""The objective as an optimizer sees it: it counts, bounds and records evaluations, and keeps the best point."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

StopReason = Literal[
    "max_evals",  # all evaluations are used up
    "stopping_criterion",  # `stopping` returned True
    "converged",  # the optimizer's own tolerance of gradient or value is met
    "line_search_failed",  # no lower value along the search direction; often the loss is not precise enough
    "non_finite",  # the loss is NaN or infinite after every step tried, however short
    "callback",  # the callback raised StopIteration
    "interrupted",  # KeyboardInterrupt
]


class OptimusError(ValueError):
    """The caller gave something wrong to optimus. The message is one sentence: what is wrong, and what to do."""


class Stop(Exception):
    """Ends the loop of an optimizer."""

    def __init__(self, reason: StopReason):
        super().__init__(reason)
        self.reason: StopReason = reason


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of the loss.

    Attributes:
        index: Number of evaluations before this one.
        x: The point.
        value: The loss.
        gradient: The gradient.
        gradient_norm: Its Euclidean norm.
        best: Lowest finite loss so far, this one included.
    """

    index: int
    x: Float[np.ndarray, " N"]
    value: float
    gradient: Float[np.ndarray, " N"]
    gradient_norm: float
    best: float

    @property
    def finite(self) -> bool:
        """Whether value and gradient are finite."""
        return math.isfinite(self.value) and math.isfinite(self.gradient_norm)


@dataclass(frozen=True)
class History:
    """One entry for each of the E evaluations, in order, also for those that are not finite.

    Attributes:
        value: The loss.
        gradient_norm: Euclidean norm of the gradient.
        best: Lowest finite loss so far.
        iteration: Number of complete steps before the evaluation; 0 at the start and in the search of the first step.
    """

    value: Float[np.ndarray, " E"]
    gradient_norm: Float[np.ndarray, " E"]
    best: Float[np.ndarray, " E"]
    iteration: Int[np.ndarray, " E"]


class Objective:
    """A loss that can be evaluated at most `max_evals` times.

    An optimizer calls the objective for an `Evaluation`, and reports each complete step with `accept`. Both raise
    `Stop` to end the loop of the optimizer.

    Attributes:
        best: The evaluation with the lowest finite loss.
        non_finite: Number of evaluations that gave NaN or infinity.
    """

    def __init__(
        self,
        evaluate: Callable[[Any], tuple[Any, Any]],
        *,
        dtype: np.dtype,
        max_evals: int,
        stopping: Callable[[Sequence[float]], bool] | None = None,
        callback: Callable[[Evaluation], None] | None = None,
    ):
        self._evaluate = evaluate
        self._dtype = dtype
        self._max_evals = max_evals
        self._stopping = stopping
        self._callback = callback
        self._records: list[tuple[float, float, float, int]] = []
        self._iterates: list[float] = []
        self.best: Evaluation | None = None
        self.non_finite = 0

    @property
    def evaluations(self) -> int:
        """Number of evaluations so far."""
        return len(self._records)

    @property
    def iterations(self) -> int:
        """Number of complete steps so far."""
        return max(len(self._iterates) - 1, 0)

    @property
    def history(self) -> History:
        """Records of all evaluations so far."""
        value, gradient_norm, best, iteration = zip(*self._records, strict=True)
        return History(np.array(value), np.array(gradient_norm), np.array(best), np.array(iteration))

    def __call__(self, x: Any) -> Evaluation:
        """Evaluate at `x`, (N,), cast to the dtype of the start so that the point kept is the point evaluated.

        Raises:
            Stop: All evaluations are used up, or the callback ends the run.
            OptimusError: The loss has the wrong shape, or is not finite at the start.
        """
        if self.evaluations >= self._max_evals:
            raise Stop("max_evals")
        x = np.array(x, self._dtype)
        value, gradient = _check_shapes(x, *self._evaluate(x))
        evaluation = self._record(x, value, gradient)
        if self._callback is not None:
            try:
                self._callback(evaluation)
            except StopIteration:
                raise Stop("callback") from None
        return evaluation

    def accept(self, value: float) -> None:
        """Count a complete step that ended at a finite value.

        Raises:
            Stop: The stopping criterion is met.
        """
        self._iterates.append(value)
        if self._stopping is not None and self._stopping(self._iterates):
            raise Stop("stopping_criterion")

    def _record(self, x: np.ndarray, value: float, gradient: np.ndarray) -> Evaluation:
        with np.errstate(over="ignore"):  # a norm that overflows counts as infinite
            gradient_norm = math.sqrt(gradient @ gradient)
        finite = math.isfinite(value) and math.isfinite(gradient_norm)
        if self.best is None and not finite:
            raise OptimusError(
                f"the loss is not finite at the start (value {value:g}, gradient norm {gradient_norm:g}): "
                "start from another point"
            )
        improved = finite and (self.best is None or value < self.best.value)
        best = value if self.best is None or improved else self.best.value
        evaluation = Evaluation(self.evaluations, x, value, gradient, gradient_norm, best)
        self._records.append((value, gradient_norm, best, self.iterations))
        if self.best is None:
            self._iterates.append(value)
        if improved:
            self.best = evaluation
        self.non_finite += not finite
        return evaluation


def _check_shapes(x: np.ndarray, value: Any, gradient: Any) -> tuple[float, np.ndarray]:
    """Return value and gradient in float64, which every optimizer can work with, or raise for a wrong shape."""
    if np.shape(value) != ():
        raise OptimusError(f"the loss must be one number, but it is an array of shape {np.shape(value)}: reduce it")
    if np.shape(gradient) != x.shape:
        raise OptimusError(f"the gradient has shape {np.shape(gradient)}, but the parameters have shape {x.shape}")
    return float(value), np.asarray(gradient, np.float64)
