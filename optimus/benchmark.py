"""Optimizers against one another on the 15 functions: what each reaches, and after how many iterations.

Source: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, section 5.1. Values are computed in double
precision if JAX is told so (`jax_enable_x64`), as the benchmark's command does.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Float

from optimus.functions import FUNCTIONS, get_function
from optimus.minimise import minimise
from optimus.objective import Evaluation
from optimus.optimizers import Optimizer

DIMENSIONS = (250, 500, 1000)
ROUNDING = 1e-15
"""Distances from the minimum, relative to its size or to 1, below which doubles do not tell two methods apart."""


@dataclass(frozen=True)
class Problem:
    """A function on the cube from -1 to 1, without an offset."""

    function: str
    dimension: int

    @property
    def name(self) -> str:
        """As "ackley_250"."""
        return f"{self.function}_{self.dimension}"

    @property
    def minimum(self) -> float:
        """The lowest value there is."""
        return get_function(self.function).minimum(self.dimension)

    def starts(self, number: int, seed: int) -> Float[np.ndarray, "S N"]:
        """Random points of the cube, the same for every method and machine."""
        rng = np.random.default_rng([seed, self.dimension, list(FUNCTIONS).index(self.function)])
        return rng.uniform(-1.0, 1.0, (number, self.dimension))


def problems(names: Sequence[str] = tuple(FUNCTIONS), dimensions: Sequence[int] = DIMENSIONS) -> list[Problem]:
    """Every function in every dimension: 45 if nothing else is said."""
    return [Problem(name, dimension) for dimension in dimensions for name in names]


@dataclass(frozen=True)
class Run:
    """What a method did on a problem from S starts.

    values: the loss at the start and after each of K iterations; infinite where it is not a number. evaluations: of
    loss and gradient, the mean over the starts. settings: what was chosen for this problem, such as a learning rate.
    """

    values: Float[np.ndarray, "S K"]
    evaluations: float
    settings: dict[str, float]


class Method(Protocol):
    """An optimizer as the benchmark uses it."""

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> Run:
        """So many iterations from every start."""
        ...


@dataclass(frozen=True)
class QuasiNewton:
    """BFGS or L-BFGS with a Wolfe line search; once it has ended, its value stays."""

    optimizer: Optimizer

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> Run:
        """See `Method`."""
        evaluate = jax.jit(jax.value_and_grad(get_function(problem.function).on_cube(problem.dimension)))
        paths = [quasi_newton_path(self.optimizer, evaluate, x0, iterations) for x0 in starts]
        return Run(np.stack([values for _, values, _ in paths]), float(np.mean([count for *_, count in paths])), {})


def quasi_newton_path(
    optimizer: Optimizer, evaluate: Callable[[Any], Any], x0: Float[np.ndarray, " N"], iterations: int
) -> tuple[Float[np.ndarray, "K N"], Float[np.ndarray, " K"], int]:
    """The start and the points after each iteration, the values there, and the evaluations it took."""
    tried: list[Evaluation] = []
    accepted: list[Evaluation] = []

    def enough(values: Sequence[float]) -> bool:
        accepted.append(next(evaluation for evaluation in reversed(tried) if evaluation.value == values[-1]))
        return len(values) > iterations

    result = minimise(evaluate, x0, optimizer, max_evals=20 * iterations, stopping=enough, callback=tried.append)
    at = [tried[0], *accepted]
    path, values = np.stack([each.x for each in at]), np.array([each.value for each in at])
    rest = iterations + 1 - len(values)
    return np.pad(path, ((0, rest), (0, 0)), mode="edge"), np.pad(values, (0, rest), mode="edge"), result.evaluations


@dataclass(frozen=True)
class Descent:
    """An optax gradient transformation, one evaluation an iteration.

    batch: starts at a time. functions: of the problems to come, which share a compiled program in each dimension.
    """

    transformation: optax.GradientTransformation
    batch: int = 64
    functions: tuple[str, ...] = tuple(FUNCTIONS)

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> Run:
        """See `Method`."""
        run = _descents(self.transformation, self.functions, iterations, self.batch)
        return Run(_finite(run(self.functions.index(problem.function), starts)), iterations + 1.0, {})


@dataclass(frozen=True)
class TunedDescent:
    """A gradient transformation with a learning rate, which is chosen for each problem.

    make: learning rate -> transformation. rates: the candidates; that with the lowest mean of the last values from
    `starts` random starts is taken. Those starts are not the ones that count. functions: as of `Descent`.
    """

    make: Callable[[Any], optax.GradientTransformation]
    rates: tuple[float, ...]
    starts: int
    seed: int
    functions: tuple[str, ...] = tuple(FUNCTIONS)

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> Run:
        """See `Method`."""
        run = _descents_by_rate(self.make, self.functions, iterations)
        which = self.functions.index(problem.function)
        last = _finite(run(which, problem.starts(self.starts, self.seed), np.asarray(self.rates)))[:, :, -1]
        rate = self.rates[int(np.argmin(last.mean(axis=1)))]
        values = _finite(run(which, starts, np.array([rate])))[0]
        return Run(values, iterations + 1.0, {"learning_rate": float(rate)})


def _loss(functions: Sequence[str], which: Array, dimension: int) -> Callable[[Array], Array]:
    """One of the functions, by its number."""
    branches = [get_function(name).on_cube(dimension) for name in functions]
    return lambda x: lax.switch(which, branches, x)


@functools.cache
def _descents(
    transformation: optax.GradientTransformation, functions: tuple[str, ...], iterations: int, batch: int
) -> Callable[..., Any]:
    """Number of a function, starts (S, N) -> values (S, K)."""

    @jax.jit
    def run(which: Array, starts: Float[Array, "S N"]) -> Float[Array, "S K"]:
        loss = _loss(functions, which, starts.shape[1])
        return lax.map(lambda x0: _values(transformation, loss, x0, iterations), starts, batch_size=batch)

    return run


@functools.cache
def _descents_by_rate(
    make: Callable[[Any], optax.GradientTransformation], functions: tuple[str, ...], iterations: int
) -> Callable[..., Any]:
    """Number of a function, starts (S, N), rates (R,) -> values (R, S, K)."""

    @jax.jit
    def run(which: Array, starts: Float[Array, "S N"], rates: Float[Array, " R"]) -> Float[Array, "R S K"]:
        loss = _loss(functions, which, starts.shape[1])
        return lax.map(lambda rate: jax.vmap(lambda x0: _values(make(rate), loss, x0, iterations))(starts), rates)

    return run


def _values(
    transformation: optax.GradientTransformation, loss: Callable[[Array], Array], x0: Array, iterations: int
) -> Float[Array, " K"]:
    """The loss at the start and after every iteration."""

    def step(carry: tuple[Array, Any], _: None) -> tuple[tuple[Array, Any], Array]:
        x, state = carry
        value, gradient = jax.value_and_grad(loss)(x)
        update, state = transformation.update(gradient, state, x)
        return (x + jnp.asarray(update), state), value

    (x, _), values = lax.scan(step, (x0, transformation.init(x0)), length=iterations)
    return jnp.append(values, loss(x))


def _finite(values: Any) -> np.ndarray:
    return np.nan_to_num(np.asarray(values, np.float64), nan=np.inf, posinf=np.inf, neginf=np.inf)


def best_so_far(run: Run) -> Float[np.ndarray, " K"]:
    """The lowest value up to every iteration, its mean over the starts."""
    return np.minimum.accumulate(run.values, axis=1).mean(axis=0)


def performance_profile(
    reached: Mapping[str, Float[np.ndarray, " P"]],
    minimum: Float[np.ndarray, " P"],
    thresholds: Float[np.ndarray, " T"],
) -> dict[str, Float[np.ndarray, " T"]]:
    """The share of P problems in which a method's distance from the minimum is within a factor of the best method's.

    Source: Beiranvand, Hare and Lucet, Best practices for comparing optimization algorithms, 2017; Optimus, equation 3.
    Distances below `ROUNDING` times the minimum's size, or 1 if it is smaller, count as that.

    Args:
        reached: for each method, the best value in each problem.
        minimum: the lowest value that there is.
        thresholds: the factors, at least 1.
    """
    smallest = ROUNDING * np.maximum(np.abs(minimum), 1.0)
    gap = np.maximum(np.stack(list(reached.values())) - minimum[None], smallest[None])
    with np.errstate(invalid="ignore"):  # where no method has a number, none is near
        ratio = gap / gap.min(axis=0, keepdims=True)
    return {name: (ratio[index][:, None] <= thresholds[None]).mean(axis=0) for index, name in enumerate(reached)}


def relative_iterations(ours: Run, other: Run) -> float:
    """How many times more iterations `other` needs than `ours` for the value that `other` reaches at its end.

    Those of `other` are counted to where it first has that value, which may be before its end; both at least 1. 0 if
    ours does not reach it in the iterations that it had.
    """
    target = best_so_far(other)[-1]
    ours_there, other_there = (np.flatnonzero(best_so_far(run) <= target) for run in (ours, other))
    return 0.0 if len(ours_there) == 0 else float(max(other_there[0], 1) / max(ours_there[0], 1))
