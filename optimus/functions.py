"""The 15 classical test functions, in any dimension: value, minimiser, minimum, domain.

Source: Surjanovic and Bingham, Virtual Library of Simulation Experiments (SFU). Where we differ, the function says so.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from optimus.objective import OptimusError

Vector = Float[Array, " N"]
CATALOGUE = "Surjanovic and Bingham, https://www.sfu.ca/~ssurjano/"


@dataclass(frozen=True)
class Function:
    """A function of any dimension N >= 2 with a known global minimum.

    Attributes:
        name: The name by which `get_function` finds it.
        value: The function, differentiable in the whole domain.
        minimiser: Returns a point with the lowest value, for a dimension.
        minimum: Returns the lowest value, for a dimension.
        domain: Returns the lowest and highest value of every coordinate, for a dimension.
        source: Where the function is defined, and how ours differs.
    """

    name: str
    value: Callable[[Vector], Float[Array, ""]]
    minimiser: Callable[[int], Float[np.ndarray, " N"]]
    minimum: Callable[[int], float]
    domain: Callable[[int], tuple[float, float]]
    source: str = CATALOGUE

    def on_cube(self, dimension: int, offset: Float[Array, " N"] | float = 0.0) -> Callable[[Vector], Float[Array, ""]]:
        """Return the function with its domain scaled to the cube from -1 to 1, and shifted there by `offset`.

        Optimizers get all problems in this form, so that a step of a given length means the same in each problem.
        """
        center, half = self._box(dimension)
        return lambda y: self.value(center + half * (y - offset))

    def minimiser_on_cube(self, dimension: int) -> Float[np.ndarray, " N"]:
        """Return the point at which `on_cube` without an offset has its minimum."""
        center, half = self._box(dimension)
        return (self.minimiser(dimension) - center) / half

    def _box(self, dimension: int) -> tuple[float, float]:
        low, high = self.domain(dimension)
        return 0.5 * (low + high), 0.5 * (high - low)


def _index(x: Vector) -> Vector:
    """Return 1, 2, ..., N."""
    return jnp.arange(1, len(x) + 1, dtype=x.dtype)


def _sphere(x: Vector) -> Float[Array, ""]:
    return jnp.sum(x**2)


def _sum_squares(x: Vector) -> Float[Array, ""]:
    return jnp.sum(_index(x) * x**2)


def _rotated_hyper_ellipsoid(x: Vector) -> Float[Array, ""]:
    return jnp.sum(_index(x)[::-1] * x**2)


def _ackley(x: Vector) -> Float[Array, ""]:
    square = jnp.mean(x**2)
    # A cone has no gradient at its tip: we take zero there.
    distance = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
    return 20 * -jnp.expm1(-0.2 * distance) + math.e - jnp.exp(jnp.mean(jnp.cos(2 * jnp.pi * x)))


def _rastrigin(x: Vector) -> Float[Array, ""]:
    return jnp.sum(x**2 + 20 * jnp.sin(jnp.pi * x) ** 2)  # 10 - 10 cos(2 pi x), without cancellation


def _rosenbrock(x: Vector) -> Float[Array, ""]:
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (x[:-1] - 1) ** 2)


def _levy(x: Vector) -> Float[Array, ""]:
    w = 1 + 0.25 * (x - 1)
    first, last = jnp.sin(jnp.pi * w[0]) ** 2, (w[-1] - 1) ** 2 * (1 + jnp.sin(2 * jnp.pi * w[-1]) ** 2)
    return first + jnp.sum((w[:-1] - 1) ** 2 * (1 + 10 * jnp.sin(jnp.pi * w[:-1] + 1) ** 2)) + last


def _griewank(x: Vector) -> Float[Array, ""]:
    return jnp.sum(x**2) / 4000 + 1 - jnp.prod(jnp.cos(x / jnp.sqrt(_index(x))))


def _dixon_price(x: Vector) -> Float[Array, ""]:
    return (x[0] - 1) ** 2 + jnp.sum(_index(x)[1:] * (2 * x[1:] ** 2 - x[:-1]) ** 2)


def _dixon_price_minimiser(dimension: int) -> Float[np.ndarray, " N"]:
    return 2.0 ** -(1.0 - 2.0 ** (1.0 - np.arange(1.0, dimension + 1)))


def _zakharov(x: Vector) -> Float[Array, ""]:
    weighted = jnp.sum(0.5 * _index(x) * x)
    return jnp.sum(x**2) + weighted**2 + weighted**4


_STYBLINSKI_TANG = -2.9035340277711770  # root of 4 x^3 - 32 x + 5


def _styblinski_tang(x: Vector) -> Float[Array, ""]:
    return 0.5 * jnp.sum(x**4 - 16 * x**2 + 5 * x)


def _styblinski_tang_minimum(dimension: int) -> float:
    x = _STYBLINSKI_TANG
    return 0.5 * dimension * (x**4 - 16 * x**2 + 5 * x)


def _trid(x: Vector) -> Float[Array, ""]:
    """sum (x_i - 1)^2 - sum x_i x_(i-1), a quadratic form written around its minimiser: without cancellation."""
    n = len(x)
    away = x - _index(x) * (n + 1 - _index(x))
    form = 0.5 * (away[0] ** 2 + away[-1] ** 2 + jnp.sum(jnp.diff(away) ** 2))
    return form - n * (n + 4) * (n - 1) / 6


def _trid_minimiser(dimension: int) -> Float[np.ndarray, " N"]:
    i = np.arange(1.0, dimension + 1)
    return i * (dimension + 1 - i)


_SCHWEFEL = 420.96874635998202  # where tan(sqrt x) = -sqrt(x) / 2, and sqrt(x) is near 13 pi / 2


def _schwefel(x: Vector) -> Float[Array, ""]:
    inside = jnp.clip(x, -500.0, 500.0)
    size = jnp.abs(inside)
    root = jnp.sqrt(jnp.where(size > 0, size, 1.0))  # guarded: the root has no derivative at zero, x sin(sqrt|x|) has
    value = _SCHWEFEL * math.sin(math.sqrt(_SCHWEFEL)) - jnp.where(size > 0, inside * jnp.sin(root), 0.0)
    edge = math.sqrt(500.0)
    derivative = -math.sin(edge) - 0.5 * edge * math.cos(edge)
    outside = x - inside
    return jnp.sum(value + derivative * outside + 0.5 * outside**2)


def _powell(x: Vector) -> Float[Array, ""]:
    """The catalogue asks for a multiple of four coordinates. We fill the last group with zeros, its minimiser."""
    a, b, c, d = jnp.pad(x, (0, -len(x) % 4)).reshape(-1, 4).T
    return jnp.sum((a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4)


@jax.custom_jvp
def _perm(x: Vector) -> Float[Array, ""]:
    """Perm(0, N, 10). A scan computes one power after the other: all N x N at once take a hundred times longer."""
    return jnp.sum(_perm_residuals(x) ** 2)


def _perm_residuals(x: Vector) -> Vector:
    """Return sum_j (j + 10) (x_j^i - 1 / j^i) for every i."""
    weight, exact = _index(x) + 10.0, 1.0 / _index(x)

    def next_power(powers: tuple[Vector, Vector], _: None) -> tuple[tuple[Vector, Vector], Float[Array, ""]]:
        powers = powers[0] * x, powers[1] * exact
        return powers, jnp.dot(weight, powers[0] - powers[1])

    ones = jnp.ones_like(x)
    return lax.scan(next_power, (ones, ones), length=len(x))[1]


@_perm.defjvp
def _perm_jvp(primals: tuple[Vector], tangents: tuple[Vector]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Derive by Horner's rule: reverse mode through the scan would store all powers."""
    (x,), (tangent,) = primals, tangents
    residuals = _perm_residuals(x)
    coefficients = 2.0 * _index(x) * residuals
    polynomial, _ = lax.scan(lambda total, c: (total * x + c, None), jnp.zeros_like(x), coefficients, reverse=True)
    return jnp.sum(residuals**2), jnp.dot((_index(x) + 10.0) * polynomial, tangent)


def _constant(value: float) -> Callable[[int], Float[np.ndarray, " N"]]:
    return lambda dimension: np.full(dimension, value)


def _symmetric(half: float) -> Callable[[int], tuple[float, float]]:
    return lambda dimension: (-half, half)


def _zero(dimension: int) -> float:
    return 0.0


FUNCTIONS: dict[str, Function] = {
    each.name: each
    for each in (
        Function("ackley", _ackley, _constant(0.0), _zero, _symmetric(32.768)),
        Function("dixon_price", _dixon_price, _dixon_price_minimiser, _zero, _symmetric(10.0)),
        Function("griewank", _griewank, _constant(0.0), _zero, _symmetric(600.0)),
        Function("levy", _levy, _constant(1.0), _zero, _symmetric(10.0)),
        Function(
            "perm",
            _perm,
            lambda dimension: 1.0 / np.arange(1.0, dimension + 1),
            _zero,
            _symmetric(1.0),
            f"{CATALOGUE}; the domain there, from -N to N, overflows float64 from N = 80 on: ours is -1 to 1",
        ),
        Function("powell", _powell, _constant(0.0), _zero, lambda dimension: (-4.0, 5.0)),
        Function("rastrigin", _rastrigin, _constant(0.0), _zero, _symmetric(5.12)),
        Function("rosenbrock", _rosenbrock, _constant(1.0), _zero, lambda dimension: (-5.0, 10.0)),
        Function("rotated_hyper_ellipsoid", _rotated_hyper_ellipsoid, _constant(0.0), _zero, _symmetric(65.536)),
        Function(
            "schwefel",
            _schwefel,
            _constant(_SCHWEFEL),
            _zero,
            _symmetric(500.0),
            f"{CATALOGUE}; outside of the domain, where it has no lower bound, ours is its tangent plus a parabola",
        ),
        Function("sphere", _sphere, _constant(0.0), _zero, _symmetric(5.12)),
        Function(
            "styblinski_tang", _styblinski_tang, _constant(_STYBLINSKI_TANG), _styblinski_tang_minimum, _symmetric(5.0)
        ),
        Function("sum_squares", _sum_squares, _constant(0.0), _zero, _symmetric(10.0)),
        Function(
            "trid",
            _trid,
            _trid_minimiser,
            lambda dimension: -dimension * (dimension + 4) * (dimension - 1) / 6,
            lambda dimension: (-float(dimension**2), float(dimension**2)),
        ),
        Function("zakharov", _zakharov, _constant(0.0), _zero, lambda dimension: (-5.0, 10.0)),
    )
}


def get_function(name: str) -> Function:
    """Return the function of that name.

    Raises:
        OptimusError: There is no such function; the message lists the valid names.
    """
    if name not in FUNCTIONS:
        raise OptimusError(f"unknown function {name!r}: choose one of {', '.join(FUNCTIONS)}")
    return FUNCTIONS[name]
