"""The types of a minimiser. The reconstruction takes any function of these types and knows no optimizer."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float


@runtime_checkable
class Minimum(Protocol):
    """What a minimiser returns. Results of scipy and of optimus have this form.

    Attributes:
        x: The best parameters found.
    """

    @property
    def x(self) -> Float[np.ndarray, "N"]: ...


Evaluate = Callable[[Float[np.ndarray, "N"]], tuple[float, Float[np.ndarray, "N"]]]
"""A function of parameters that returns its value and its gradient."""

Minimise = Callable[[Evaluate, Float[np.ndarray, "N"]], Minimum]
"""`minimise(evaluate, x0)` finds parameters with a low value, starting at `x0`."""
