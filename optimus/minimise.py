"""The one loop: any optimizer on any loss, evaluations counted, best point kept."""

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

    x: the point of the lowest finite value evaluated, in the start's dtype. value: the loss there.
    evaluations, iterations: of the loss, and complete steps. non_finite: evaluations that gave NaN or infinity.
    stop_reason: see `StopReason`. interrupted: ended by KeyboardInterrupt, which is swallowed; re-raise if you like.
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
        """Whether a KeyboardInterrupt ended it."""
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
    """Minimises a loss from `x0` on and returns the best point evaluated, however the run ends.

    Args:
        evaluate: (N,) numpy array, in the dtype of x0 -> (loss: scalar, gradient: (N,)). `flatten_loss` makes one from
            a JAX loss on any pytree.
        x0: (N,) start, where the loss must be finite.
        optimizer: a name known to `optimus.optimizers.get`, or what it returns.
        max_evals: hard bound on the number of calls of `evaluate`.
        stopping: told the values of all iterates so far, it says whether to stop, as `RelativeDecrease` does.
        callback: called after each evaluation; it may raise StopIteration to end the run.

    Raises:
        OptimusError: no parameters, an unknown optimizer, a loss that is not a scalar, or not finite at the start.
    """
    x0 = _start(x0)
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
    assert best is not None, "an optimizer evaluates the start, or raises"
    return Result(
        x=best.x,
        value=best.value,
        evaluations=objective.evaluations,
        iterations=objective.iterations,
        non_finite=objective.non_finite,
        history=objective.history,
        stop_reason=stop_reason,
    )


def _start(x0: Any) -> np.ndarray:
    x0 = np.asarray(x0)
    if x0.ndim != 1:
        raise OptimusError(f"x0 must be a vector, but it has shape {x0.shape}: `flatten_loss` flattens a pytree")
    if x0.size == 0:
        raise OptimusError("there is nothing to optimise: x0 has no elements")
    if not np.issubdtype(x0.dtype, np.floating):
        x0 = x0.astype(np.float64)
    if not np.isfinite(x0).all():
        raise OptimusError("x0 holds NaN or infinity: start from finite parameters")
    return x0
