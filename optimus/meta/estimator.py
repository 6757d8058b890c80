"""What an estimator of the meta-gradient does."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Bool, Float, Int, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.task import TaskFamily


class Estimate(NamedTuple):
    """What one truncation of one particle gives.

    Attributes:
        loss: Mean meta-loss of the steps.
        gradient: Estimate of the gradient of that mean, shaped like the meta-parameters.
        particle: The particle after the steps.
        finite: Whether the task's loss was finite at the start and after the steps.
    """

    loss: Float[Array, ""]
    gradient: dict[str, Any]
    particle: Any
    finite: Bool[Array, ""]


@runtime_checkable
class Estimator(Protocol):
    """Estimates the meta-gradient from particles. A particle is a pytree of arrays with optimizations under way."""

    def begin(
        self, family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], key: Key[Array, ""]
    ) -> Any:
        """Return a new particle."""
        ...

    def gradient(
        self,
        family: TaskFamily,
        model: LearnedOptimizer[Any],
        params: dict[str, Any],
        particle: Any,
        key: Key[Array, ""],
        meta_step: Int[Array, ""],
    ) -> Estimate:
        """Estimate the gradient from the particle's next steps.

        Args:
            family: Where new tasks come from.
            model: The learned optimizer.
            params: Its meta-parameters.
            particle: From `begin`, or from the estimate before.
            key: For everything random in this estimate.
            meta_step: Meta-steps made before this one; a truncation schedule may depend on it.
        """
        ...
