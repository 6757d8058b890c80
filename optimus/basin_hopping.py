"""Basin-hopping with any optimizer: descend, jump at random from the better end, descend again.

Source: Wales and Doye, Global optimization by basin-hopping and the lowest energy structures of Lennard-Jones clusters
containing up to 110 atoms, 1997. scipy makes the hops.
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
    """Lets another optimizer descend again and again. Pass it to `minimise` like any optimizer.

    Give a stopping criterion here, where it ends one descent. A criterion of `minimise` would mistake a hop for the
    end. All evaluations count for the bound of `minimise`.

    Attributes:
        optimizer: Makes the descents.
        hops: Number of hops; each is followed by a descent.
        evaluations: Largest number of evaluations of a descent.
        step_size: Largest change of a parameter in a hop, in the unit of the parameters.
        temperature: In the unit of the loss. A worse end is accepted with probability exp(-increase / temperature); at
            0 it never is (our choice).
        seed: Of the hops.
        stopping: Ends a descent, as `RelativeDecrease` does.

    Raises:
        OptimusError: A number is out of range.
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
        """Descend from `x0` and after every hop, until all hops are made or the bound of the objective is reached."""

        def descend(_: Any, start: np.ndarray, **__: Any) -> scipy.optimize.OptimizeResult:
            end = self._descend(objective, start.astype(x0.dtype))
            return scipy.optimize.OptimizeResult(x=end.x.astype(float), fun=end.value, success=end.finite)

        try:
            scipy.optimize.basinhopping(
                lambda _: np.inf,  # never called: the descents evaluate the objective
                np.asarray(x0, float),
                niter=self.hops,
                T=self.temperature,
                stepsize=self.step_size,
                interval=self.hops + 1,  # never adapt the step size
                minimizer_kwargs={"method": descend},
                rng=np.random.default_rng(self.seed),
            )
        except _AllOver as over:
            raise over.stop from None
        return "converged"

    def _descend(self, objective: Objective, start: np.ndarray) -> "_End":
        descent = _Descent(objective, dtype=start.dtype, max_evals=self.evaluations, stopping=self.stopping)
        try:
            self.optimizer(descent, start)
        except Stop:
            pass  # the bound or the criterion of this descent: the next hop follows
        except OptimusError:
            if descent.best is None and objective.best is not None:
                return _End(start, np.inf)  # the hop led to where the loss is not finite
            raise
        assert descent.best is not None
        return _End(descent.best.x, descent.best.value)


@dataclass(frozen=True)
class _End:
    """The best point of a descent.

    Attributes:
        x: The point.
        value: The loss there.
    """

    x: Float[np.ndarray, " N"]
    value: float

    @property
    def finite(self) -> bool:
        return bool(np.isfinite(self.value))


class _AllOver(Exception):
    """Ends the whole basin-hopping, not just a descent."""

    def __init__(self, stop: Stop):
        self.stop = stop


class _Descent(Objective):
    """The objective of one descent: it has its own bound and criterion, and all evaluations count in the whole too."""

    def __init__(self, whole: Objective, **settings: Any):
        self._whole = whole
        super().__init__(self._evaluate_whole, **settings)

    def _evaluate_whole(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            evaluation = self._whole(x)
        except Stop as stop:
            raise _AllOver(stop) from None
        return evaluation.value, evaluation.gradient

    def accept(self, value: float) -> None:
        """Count the step in the whole, then apply the criterion of the descent."""
        try:
            self._whole.accept(value)
        except Stop as stop:
            raise _AllOver(stop) from None
        super().accept(value)
