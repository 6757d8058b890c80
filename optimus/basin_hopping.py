"""Basin-hopping around any optimizer: a descent, a random jump from where it ended, and again from the better end.

Source: Wales and Doye, Global optimization by basin-hopping and the lowest energy structures of Lennard-Jones clusters
containing up to 110 atoms, 1997. The hops are scipy's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
from jaxtyping import Float

from optimus.objective import Objective, OptimusError, Stop, StopReason
from optimus.optimizers import Optimizer


@dataclass(frozen=True)
class BasinHopping:
    """An optimizer that lets another one descend again and again; it goes wherever that goes, into `minimise`.

    The stopping criterion of `minimise` would take a hop for the end: give it here instead, where each descent has its
    own. All evaluations count for the bound of `minimise`.

    optimizer: of the descents. hops: after the first descent. evaluations: of a descent, at most.
    step_size: largest change of a parameter in a hop, in the unit of the parameters. temperature: in the unit of the
    loss; a worse end is accepted with the probability exp(-increase / temperature), never at 0 (our choice).
    seed: of the hops. stopping: ends a descent, as `RelativeDecrease` does.
    """

    optimizer: Optimizer
    hops: int = 5
    evaluations: int = 50
    step_size: float = 0.1
    temperature: float = 0.0
    seed: int = 0
    stopping: Callable[[Sequence[float]], bool] | None = None

    def __post_init__(self) -> None:
        if self.hops < 0 or self.evaluations < 1 or self.step_size <= 0 or self.temperature < 0:
            raise OptimusError(
                "basin-hopping needs hops >= 0, evaluations >= 1, step_size > 0 and temperature >= 0, not "
                f"{self.hops}, {self.evaluations}, {self.step_size:g} and {self.temperature:g}"
            )

    def __call__(self, objective: Objective, x0: Float[np.ndarray, " N"]) -> StopReason:
        """Descends from `x0` and after every hop, until all are made or the objective's bound ends it."""

        def descend(_: Any, start: np.ndarray, **__: Any) -> scipy.optimize.OptimizeResult:
            end = self._descent(objective, start.astype(x0.dtype))
            return scipy.optimize.OptimizeResult(x=end.x.astype(float), fun=end.value, success=end.finite)

        try:
            scipy.optimize.basinhopping(
                lambda _: np.inf,  # never asked: the descents have their values from the objective
                np.asarray(x0, float),
                niter=self.hops,
                T=self.temperature,
                stepsize=self.step_size,
                interval=self.hops + 1,  # the step size is ours, and stays
                minimizer_kwargs={"method": descend},
                rng=np.random.default_rng(self.seed),
            )
        except _Over as over:
            raise over.stop from None
        return "converged"

    def _descent(self, objective: Objective, start: np.ndarray) -> "_End":
        part = _Descent(objective, dtype=start.dtype, max_evals=self.evaluations, stopping=self.stopping)
        try:
            self.optimizer(part, start)
        except Stop:
            pass  # its own bound or criterion: the next hop follows
        except OptimusError:
            if part.best is None and objective.best is not None:
                return _End(start, np.inf)  # nothing finite where the hop went
            raise
        assert part.best is not None
        return _End(part.best.x, part.best.value)


@dataclass(frozen=True)
class _End:
    """Where a descent ended."""

    x: Float[np.ndarray, " N"]
    value: float

    @property
    def finite(self) -> bool:
        return bool(np.isfinite(self.value))


class _Over(Exception):
    """The whole is over, not just a descent."""

    def __init__(self, stop: Stop):
        self.stop = stop


class _Descent(Objective):
    """The objective as one descent sees it: with a bound and a criterion of its own, counted in the whole."""

    def __init__(self, whole: Objective, **settings: Any):
        self._whole = whole
        super().__init__(self._evaluated, **settings)

    def _evaluated(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            evaluation = self._whole(x)
        except Stop as stop:
            raise _Over(stop) from None
        return evaluation.value, evaluation.gradient

    def accept(self, value: float) -> None:
        """Counts the step in the whole, then asks the descent's own criterion."""
        try:
            self._whole.accept(value)
        except Stop as stop:
            raise _Over(stop) from None
        super().accept(value)
