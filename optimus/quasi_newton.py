"""BFGS and L-BFGS: scipy's loops around our objective, which counts evaluations."""

from typing import Any

import numpy as np
import scipy.optimize
from jaxtyping import Float

from optimus.objective import Evaluation, Objective, StopReason

_UNLIMITED = np.iinfo(np.int32).max
_MAX_ITERATIONS = 1  # scipy's status of a loop that maxiter ended


class ScipyOptimizer:
    """Minimises with a gradient-based method of `scipy.optimize.minimize`.

    Attributes:
        method: scipy's name of the method.
        options: scipy's options of the method.
        scaled: Whether to make one step along the gradient first, and to scale the first inverse Hessian of BFGS by it.
    """

    def __init__(self, method: str, options: dict[str, Any], *, scaled: bool = False):
        self.method = method
        self.options = options
        self.scaled = scaled

    def __call__(self, objective: Objective, x0: Float[np.ndarray, " N"]) -> StopReason:
        """Run scipy's loop until it ends by itself, or the objective raises `Stop`."""
        function = _LineSearchFunction(objective)
        x0 = np.asarray(x0, np.float64)
        first = {"maxiter": 1} if self.scaled else {}
        outcome = self._run(function, x0, first)
        if self.scaled and outcome.status == _MAX_ITERATIONS:
            outcome = self._run(function, outcome.x, {"hess_inv0": function.scale * np.eye(len(x0))})
        if outcome.success:
            return "converged"
        return "non_finite" if function.met_non_finite else "line_search_failed"

    def _run(self, function: "_LineSearchFunction", x0: np.ndarray, options: dict[str, Any]) -> Any:
        unlimited = ("maxiter", "maxfun") if self.method == "L-BFGS-B" else ("maxiter",)
        options = dict.fromkeys(unlimited, _UNLIMITED) | self.options | options
        return scipy.optimize.minimize(
            function, x0, jac=True, method=self.method, callback=function.accept, options=options
        )


class _LineSearchFunction:
    """The function that scipy sees: the objective, but finite everywhere.

    At a point where the objective is not finite, it returns the value and gradient of a parabola along the search
    direction. With f the value at the present iterate and -s the derivative there along the step, the parabola has the
    value f + s at the point. Its minimum lies at a quarter of the step. So an interpolating line search shortens the
    step to a quarter, and never accepts the point.
    """

    def __init__(self, objective: Objective):
        self._objective = objective
        self._iterate: tuple[np.ndarray, Evaluation] | None = None
        self._tried: list[tuple[np.ndarray, Evaluation]] = []
        self.met_non_finite = False
        self.scale = 1.0  # s'y / y'y of the last step, for the inverse Hessian

    def __call__(self, x: Float[np.ndarray, " N"]) -> tuple[float, Float[np.ndarray, " N"]]:
        if self._iterate is not None and np.array_equal(x, self._iterate[0]):  # the second loop asks again
            return self._iterate[1].value, self._iterate[1].gradient
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
        """Accept scipy's new iterate, one of the points tried since the last. scipy requires the argument's name."""
        assert self._iterate is not None
        (x_before, before), self._iterate = (
            self._iterate,
            next(tried for tried in reversed(self._tried) if np.array_equal(tried[0], intermediate_result.x)),
        )
        step, change = self._iterate[0] - x_before, self._iterate[1].gradient - before.gradient
        if (curvature := float(step @ change)) > 0:
            self.scale = curvature / float(change @ change)
        self._tried.clear()
        self.met_non_finite = False
        self._objective.accept(self._iterate[1].value)
