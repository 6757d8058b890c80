"""The one entry: runs any optimizer on any loss, counts evaluations and keeps the best point."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from optimus.objective import Evaluation, History, Objective, OptimusError, Stop, StopReason
from optimus.optimizers import Optimizer, get


@dataclass(frozen=True)
class Result:
    """What a minimisation found.

    Attributes:
        x: The point with the lowest finite loss among those evaluated, in the dtype of the start.
        value: The loss at `x`.
        evaluations: Number of evaluations of the loss.
        iterations: Number of complete steps.
        non_finite: Number of evaluations that gave NaN or infinity.
        history: One record for each evaluation.
        stop_reason: Why it ended.
    """

    x: Float[np.ndarray, " N"]
    value: float
    evaluations: int
    iterations: int
    non_finite: int
    history: History
    stop_reason: StopReason

    @property
    def interrupted(self) -> bool:
        """Whether a KeyboardInterrupt ended it. `minimise` does not raise that again."""
        return self.stop_reason == "interrupted"


def minimise(
    evaluate: Callable[[Any], tuple[Any, Any]],
    x0: Any,
    optimizer: str | Optimizer,
    *,
    max_evals: int,
    stopping: Callable[[Sequence[float]], bool] | None = None,
    callback: Callable[[Evaluation], None] | None = None,
) -> Result:
    """Minimise a loss from `x0` on, and return the best point evaluated, however the run ends.

    Args:
        evaluate: Returns the loss, a scalar, and the gradient, (N,), at a numpy vector, (N,), in the dtype of `x0`.
            `flatten_loss` makes one from a JAX loss of any pytree.
        x0: The start, (N,). The loss must be finite there.
        optimizer: A name known to `optimus.get`, or an optimizer that it returns.
        max_evals: Largest number of calls of `evaluate`.
        stopping: Returns whether to stop, given the values of all iterates so far, as `RelativeDecrease` does.
        callback: Called after each evaluation. It may raise StopIteration to end the run.

    Raises:
        OptimusError: There are no parameters, the optimizer is unknown, or the loss is no scalar or not finite at the
            start.
    """
    x0 = _check_start(x0)
    if max_evals < 1:
        raise OptimusError(f"max_evals must be at least 1, not {max_evals}")
    run = get(optimizer) if isinstance(optimizer, str) else optimizer
    objective = Objective(evaluate, dtype=x0.dtype, max_evals=max_evals, stopping=stopping, callback=callback)
    try:
        stop_reason = run(objective, x0)
    except Stop as stop:
        stop_reason = stop.reason
    except KeyboardInterrupt:
        if objective.best is None:
            raise
        stop_reason = "interrupted"
    best = objective.best
    assert best is not None, "every optimizer evaluates the start, or raises"
    return Result(
        x=best.x,
        value=best.value,
        evaluations=objective.evaluations,
        iterations=objective.iterations,
        non_finite=objective.non_finite,
        history=objective.history,
        stop_reason=stop_reason,
    )


def _check_start(x0: Any) -> np.ndarray:
    x0 = np.asarray(x0)
    if x0.ndim != 1:
        raise OptimusError(f"x0 must be a vector, but it has shape {x0.shape}: flatten a pytree with `flatten_loss`")
    if x0.size == 0:
        raise OptimusError("there is nothing to optimise: x0 has no elements")
    if not np.issubdtype(x0.dtype, np.floating):
        x0 = x0.astype(np.float64)
    if not np.isfinite(x0).all():
        raise OptimusError("x0 holds NaN or infinity: start from finite parameters")
    return x0
