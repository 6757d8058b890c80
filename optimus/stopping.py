"""The stopping criterion of Optimus: relative decrease."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimus.objective import OptimusError


@dataclass(frozen=True)
class RelativeDecrease:
    """Stops when the value is above the mean of the last few iterates.

    Source: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, section 4. It stops when
    `f(x^k) > 1/N sum_{i=1..N} beta f(x^{k-i}) + epsilon`, and not in the first N steps.

    We read the formula as follows:
    - `x^k` are iterates: the start (k = 0), then one for each step. Points that a line search tries do not count.
    - `epsilon` stands outside of the sum and is added once.
    - The first N values, `f(x^0)` to `f(x^{N-1})`, are never tested. `f(x^N)` is the first that has N values before it.
    - The paper gives only N = 5. We chose `beta = 1` and `epsilon = 0` after its words "greater than the average
      function value in the previous N steps". For a positive loss, `beta < 1` demands a decrease by this factor. For
      negative values it means nothing of the kind.

    Attributes:
        window: N.
        beta: Factor of the mean.
        epsilon: In the unit of the loss.

    Raises:
        OptimusError: The window is shorter than one step.
    """

    window: int = 5
    beta: float = 1.0
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        if self.window < 1:
            raise OptimusError(f"the stopping criterion's window must be at least 1 step, not {self.window}")

    def __call__(self, values: Sequence[float]) -> bool:
        """Return whether to stop, given the finite values of all iterates so far, the start first."""
        if len(values) <= self.window:
            return False
        previous = values[-self.window - 1 : -1]
        return values[-1] > self.beta * sum(previous) / self.window + self.epsilon
