"""BFGS and L-BFGS: scipy's loops, around our counted objective."""

from typing import Any

import numpy as np
import scipy.optimize
from jaxtyping import Float

from optimus.objective import Evaluation, Objective, StopReason


class ScipyOptimizer:
    """Minimises with a gradient-based method of `scipy.optimize.minimize`."""

    def __init__(self, method: str, options: dict[str, Any]):
        self.method = method
        self.options = options

    def __call__(self, objective: Objective, x0: Float[np.ndarray, " N"]) -> StopReason:
        """Runs scipy's loop until it ends by itself, or the objective ends it by raising `Stop`."""
        function = _LineSearchFunction(objective)
        unlimited = {"maxiter": np.iinfo(np.int32).max}
        if self.method == "L-BFGS-B":
            unlimited["maxfun"] = np.iinfo(np.int32).max
        outcome = scipy.optimize.minimize(
            function,
            np.asarray(x0, np.float64),
            jac=True,
            method=self.method,
            callback=function.accept,
            options=self.options | unlimited,
        )
        if outcome.success:
            return "converged"
        return "non_finite" if function.met_non_finite else "line_search_failed"


class _LineSearchFunction:
    """What scipy sees: the objective, but finite everywhere.

    Where the objective is not finite, it shows the parabola along the search direction that leaves the present iterate
    with its value f and slope -s and has come back up to f + s at the point tried. Its minimum lies at a quarter of
    the step, so that an interpolating line search shortens the step to that, and never accepts the point.
    """

    def __init__(self, objective: Objective):
        self._objective = objective
        self._iterate: tuple[np.ndarray, Evaluation] | None = None
        self._tried: list[tuple[np.ndarray, Evaluation]] = []
        self.met_non_finite = False

    def __call__(self, x: Float[np.ndarray, " N"]) -> tuple[float, Float[np.ndarray, " N"]]:
        evaluation = self._objective(x)
        if self._iterate is None:
            self._iterate = x, evaluation
        if not evaluation.finite:
            self.met_non_finite = True
            x_iterate, iterate = self._iterate
            return iterate.value + abs(float(iterate.gradient @ (x - x_iterate))), -3 * iterate.gradient
        self._tried.append((x, evaluation))
        return evaluation.value, evaluation.gradient

    def accept(self, intermediate_result: scipy.optimize.OptimizeResult) -> None:
        """Takes scipy's new iterate, one of the points tried since the last; scipy asks for the argument's name."""
        self._iterate = next(
            tried for tried in reversed(self._tried) if np.array_equal(tried[0], intermediate_result.x)
        )
        self._tried.clear()
        self.met_non_finite = False
        self._objective.accept(self._iterate[1].value)
