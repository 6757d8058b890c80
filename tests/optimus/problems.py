"""Small losses with known minima, as `evaluate` functions in plain numpy."""

import numpy as np


def quadratic(x):
    """1/2 sum c x^2 with condition number 100; minimum 0 at 0."""
    c = np.linspace(1.0, 100.0, x.size)
    return 0.5 * c @ (x * x), c * x


def rosenbrock(x):
    """Rosenbrock's valley; minimum 0 at (1, ..., 1)."""
    along, across = 1 - x[:-1], x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[:-1] = -400 * x[:-1] * across - 2 * along
    gradient[1:] += 200 * across
    return np.sum(100 * across**2 + along**2), gradient


def narrow_barrier(x):
    """-sum log(0.09 - x^2): NaN outside of |x| < 0.3. A first step of length 1 leads there. Minimum at 0."""
    with np.errstate(invalid="ignore"):
        inside = 0.09 - x * x
        return -np.sum(np.log(inside)), 2 * x / inside


NARROW_BARRIER_MINIMUM = -np.log(0.09)


class Counted:
    """Counts the calls of an `evaluate`, independently of the code under test, and keeps their points."""

    def __init__(self, evaluate):
        self._evaluate = evaluate
        self.points = []

    def __call__(self, x):
        self.points.append(x.copy())
        return self._evaluate(x)

    @property
    def calls(self):
        return len(self.points)
