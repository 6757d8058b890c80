"""When to stop: the relative-decrease criterion of Optimus."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimus.objective import OptimusError


@dataclass(frozen=True)
class RelativeDecrease:
    """Stop when the value is above what the last few iterates had on average.

    Source: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, section 4, which terminates when
    `f(x^k) > 1/N sum_{i=1..N} beta f(x^{k-i}) + epsilon` and does not apply this in the first N steps.

    How the formula is read here:
    - `x^k` are iterates: the start (k = 0) and then one a step. What a line search tries on its way does not count.
    - `epsilon` stands outside the sum and is added once; it is in the unit of the loss.
    - The first N values, `f(x^0)` to `f(x^{N-1})`, are never tested; `f(x^N)` is the first that has N before it.
    - The paper gives N = 5 only. `beta = 1` and `epsilon = 0` are our choice, by its own words: "greater than the
      average function value in the previous N steps". `beta < 1` asks a loss that is positive for a decrease by that
      factor; it has no such meaning for negative values.
    """

    window: int = 5
    beta: float = 1.0
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        if self.window < 1:
            raise OptimusError(f"the stopping criterion's window must be at least 1 step, not {self.window}")

    def __call__(self, values: Sequence[float]) -> bool:
        """Whether to stop, given the values of all iterates so far (the start first, all finite)."""
        if len(values) <= self.window:
            return False
        previous = values[-self.window - 1 : -1]
        return values[-1] > self.beta * sum(previous) / self.window + self.epsilon
