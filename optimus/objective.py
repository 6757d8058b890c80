"""The objective as an optimizer sees it: counted, bounded, recorded, and with the best point kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

StopReason = Literal[
    "max_evals",  # the budget of evaluations is used up
    "stopping_criterion",  # `stopping` said so
    "converged",  # the optimizer's own tolerance on gradient or value is met
    "line_search_failed",  # no lower value found along the search direction, often the precision of the loss
    "non_finite",  # only NaN or infinity ahead, however short the step
    "callback",  # the callback raised StopIteration
    "interrupted",  # KeyboardInterrupt
]


class OptimusError(ValueError):
    """Something that the caller handed to optimus is wrong; the message is one sentence for people to read."""


class Stop(Exception):
    """Raised through an optimizer's loop to end it."""

    def __init__(self, reason: StopReason):
        super().__init__(reason)
        self.reason: StopReason = reason


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of the loss, and the best value up to and including it."""

    index: int
    x: Float[np.ndarray, " N"]
    value: float
    gradient: Float[np.ndarray, " N"]
    gradient_norm: float
    best: float

    @property
    def finite(self) -> bool:
        """Whether value and gradient are free of NaN and infinity."""
        return math.isfinite(self.value) and math.isfinite(self.gradient_norm)


@dataclass(frozen=True)
class History:
    """One entry for each of the E evaluations, in order; non-finite evaluations are kept as they came.

    value: the loss. gradient_norm: Euclidean norm. best: lowest finite loss so far.
    iteration: steps that were complete when the evaluation was made (0 for the start and the first step's search).
    """

    value: Float[np.ndarray, " E"]
    gradient_norm: Float[np.ndarray, " E"]
    best: Float[np.ndarray, " E"]
    iteration: Int[np.ndarray, " E"]


class Objective:
    """`evaluate` under a hard bound of `max_evals` evaluations.

    Optimizers call it for an `Evaluation` and report each complete step with `accept`; both raise `Stop` to end the
    optimizer's loop. The best finite evaluation is kept in `best`.
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
        """Evaluations made so far."""
        return len(self._records)

    @property
    def iterations(self) -> int:
        """Complete steps so far; the start is none."""
        return max(len(self._iterates) - 1, 0)

    @property
    def history(self) -> History:
        """The record of all evaluations so far."""
        value, gradient_norm, best, iteration = zip(*self._records, strict=True)
        return History(np.array(value), np.array(gradient_norm), np.array(best), np.array(iteration))

    def __call__(self, x: Any) -> Evaluation:
        """Evaluates at `x` (N,), cast to the dtype of the start so that the point kept is the point evaluated.

        Raises `Stop` where the budget is used up, OptimusError for a loss of the wrong shape or a non-finite start.
        """
        if self.evaluations >= self._max_evals:
            raise Stop("max_evals")
        x = np.array(x, self._dtype)
        value, gradient = _checked(x, *self._evaluate(x))
        evaluation = self._record(x, value, gradient)
        if self._callback is not None:
            try:
                self._callback(evaluation)
            except StopIteration:
                raise Stop("callback") from None
        return evaluation

    def accept(self, value: float) -> None:
        """Counts a complete step that ended at a point of the given finite value; raises `Stop` by the criterion."""
        self._iterates.append(value)
        if self._stopping is not None and self._stopping(self._iterates):
            raise Stop("stopping_criterion")

    def _record(self, x: np.ndarray, value: float, gradient: np.ndarray) -> Evaluation:
        with np.errstate(over="ignore"):  # what does not fit into a number counts as infinite
            gradient_norm = math.sqrt(gradient @ gradient)
        finite = math.isfinite(value) and math.isfinite(gradient_norm)
        if self.best is None and not finite:
            raise OptimusError(
                f"the loss is not finite at the start (value {value:g}, gradient norm {gradient_norm:g}): "
                "start from a point where it is"
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


def _checked(x: np.ndarray, value: Any, gradient: Any) -> tuple[float, np.ndarray]:
    """Value and gradient (float64, which every optimizer and the norm can work with), shapes checked."""
    if np.shape(value) != ():
        raise OptimusError(f"the loss must be one number, but it is an array of shape {np.shape(value)}: reduce it")
    if np.shape(gradient) != x.shape:
        raise OptimusError(f"the gradient has shape {np.shape(gradient)}, but the parameters have shape {x.shape}")
    return float(value), np.asarray(gradient, np.float64)
