"""What an estimator of the meta-gradient does."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Bool, Float, Key

from optimus.learned import LearnedOptimizer
from optimus.meta.task import TaskFamily


class Estimate(NamedTuple):
    """loss: mean meta-loss of a particle's steps. gradient: an estimate of its gradient. particle: after the steps.
    finite: whether the task's loss was a number at its start and after the steps."""

    loss: Float[Array, ""]
    gradient: dict[str, Any]
    particle: Any
    finite: Bool[Array, ""]


@runtime_checkable
class Estimator(Protocol):
    """Estimates of the meta-gradient from particles: optimizations under way, each a pytree of arrays."""

    def begin(
        self, family: TaskFamily, model: LearnedOptimizer[Any], params: dict[str, Any], key: Key[Array, ""]
    ) -> Any:
        """A new particle."""
        ...

    def gradient(
        self,
        family: TaskFamily,
        model: LearnedOptimizer[Any],
        params: dict[str, Any],
        particle: Any,
        key: Key[Array, ""],
    ) -> Estimate:
        """From the particle's next steps."""
        ...
