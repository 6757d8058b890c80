"""Runs optimizers on the 15 functions: the problems and the methods. `benchmark_measures` compares the results.

Source: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, section 5.1. Values have double precision if
`jax_enable_x64` is set, as in the command `optimus benchmark`.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Float

from optimus.functions import FUNCTIONS, get_function
from optimus.minimisation import minimise
from optimus.objective import Evaluation
from optimus.optimizers import Optimizer

DIMENSIONS = (250, 500, 1000)


@dataclass(frozen=True)
class Problem:
    """A function on the cube from -1 to 1, without an offset.

    Attributes:
        function: Its name in `optimus.functions`.
        dimension: Number of parameters N.
    """

    function: str
    dimension: int

    @property
    def name(self) -> str:
        """Function and dimension, such as "ackley_250"."""
        return f"{self.function}_{self.dimension}"

    @property
    def minimum(self) -> float:
        """The lowest value of the function."""
        return get_function(self.function).minimum(self.dimension)

    def starts(self, number: int, seed: int) -> Float[np.ndarray, "S N"]:
        """Return random points of the cube. They are the same for every method and on every machine."""
        rng = np.random.default_rng([seed, self.dimension, list(FUNCTIONS).index(self.function)])
        return rng.uniform(-1.0, 1.0, (number, self.dimension))


def problems(names: Sequence[str] = tuple(FUNCTIONS), dimensions: Sequence[int] = DIMENSIONS) -> list[Problem]:
    """Return every function in every dimension: 45 problems by default."""
    return [Problem(name, dimension) for dimension in dimensions for name in names]


@dataclass(frozen=True)
class MethodResult:
    """What a method did on a problem from S starts.

    Attributes:
        values: Loss at the start and after each iteration, K values in all; infinity where it is not a number.
        evaluations: Evaluations of loss and gradient, mean over the starts.
        settings: What was chosen for this problem, such as a learning rate.
    """

    values: Float[np.ndarray, "S K"]
    evaluations: float
    settings: dict[str, float]


@runtime_checkable
class Method(Protocol):
    """An optimizer as the benchmark uses it."""

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> MethodResult:
        """Make this many iterations from every start."""
        ...


@dataclass(frozen=True)
class QuasiNewton:
    """BFGS or L-BFGS with a Wolfe line search. After its end, the last value is repeated."""

    optimizer: Optimizer

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> MethodResult:
        """Make this many iterations from every start."""
        evaluate = jax.jit(jax.value_and_grad(get_function(problem.function).on_cube(problem.dimension)))
        paths = [quasi_newton_path(self.optimizer, evaluate, x0, iterations) for x0 in starts]
        return MethodResult(
            np.stack([values for _, values, _ in paths]), float(np.mean([count for *_, count in paths])), {}
        )


def quasi_newton_path(
    optimizer: Optimizer, evaluate: Callable[[Any], Any], x0: Float[np.ndarray, " N"], iterations: int
) -> tuple[Float[np.ndarray, "K N"], Float[np.ndarray, " K"], int]:
    """Return the start and the points after each iteration, the values there, and the number of evaluations."""
    tried: list[Evaluation] = []
    accepted: list[Evaluation] = []

    def enough(values: Sequence[float]) -> bool:
        accepted.append(next(evaluation for evaluation in reversed(tried) if evaluation.value == values[-1]))
        return len(values) > iterations

    result = minimise(evaluate, x0, optimizer, max_evals=20 * iterations, stopping=enough, callback=tried.append)
    iterates = [tried[0], *accepted]
    path, values = np.stack([each.x for each in iterates]), np.array([each.value for each in iterates])
    rest = iterations + 1 - len(values)
    return np.pad(path, ((0, rest), (0, 0)), mode="edge"), np.pad(values, (0, rest), mode="edge"), result.evaluations


@dataclass(frozen=True)
class Descent:
    """An optax gradient transformation, with one evaluation an iteration.

    Attributes:
        transformation: The optimizer.
        batch: Number of starts that are computed at a time.
        functions: Names of the functions of all problems, which share a compiled program in each dimension.
    """

    transformation: optax.GradientTransformation
    batch: int = 64
    functions: tuple[str, ...] = tuple(FUNCTIONS)

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> MethodResult:
        """Make this many iterations from every start."""
        run = _descents(self.transformation, self.functions, iterations, self.batch)
        return MethodResult(_replace_nan(run(self.functions.index(problem.function), starts)), iterations + 1.0, {})


@dataclass(frozen=True)
class TunedDescent:
    """A gradient transformation whose learning rate is chosen for each problem.

    The rate with the lowest last value, mean over random starts, is chosen. These starts differ from the final ones.

    Attributes:
        make: Returns the transformation for a learning rate.
        rates: Learning rates to choose from.
        starts: Number of random starts by which they are compared.
        seed: Of these starts.
        functions: Names of the functions of all problems, which share a compiled program in each dimension.
    """

    make: Callable[[Any], optax.GradientTransformation]
    rates: tuple[float, ...]
    starts: int
    seed: int
    functions: tuple[str, ...] = tuple(FUNCTIONS)

    def __call__(self, problem: Problem, starts: Float[np.ndarray, "S N"], iterations: int) -> MethodResult:
        """Make this many iterations from every start."""
        run = _descents_by_rate(self.make, self.functions, iterations)
        which = self.functions.index(problem.function)
        last = _replace_nan(run(which, problem.starts(self.starts, self.seed), np.asarray(self.rates)))[:, :, -1]
        rate = self.rates[int(np.argmin(last.mean(axis=1)))]
        values = _replace_nan(run(which, starts, np.array([rate])))[0]
        return MethodResult(values, iterations + 1.0, {"learning_rate": float(rate)})


def _loss(functions: Sequence[str], which: Array, dimension: int) -> Callable[[Array], Array]:
    """Return one of the functions, by its index."""
    branches = [get_function(name).on_cube(dimension) for name in functions]
    return lambda x: lax.switch(which, branches, x)


@functools.cache
def _descents(
    transformation: optax.GradientTransformation, functions: tuple[str, ...], iterations: int, batch: int
) -> Callable[..., Any]:
    """Return a compiled function: index of a function, starts -> values."""

    @jax.jit
    def run(which: Array, starts: Float[Array, "S N"]) -> Float[Array, "S K"]:
        loss = _loss(functions, which, starts.shape[1])
        return lax.map(lambda x0: _values(transformation, loss, x0, iterations), starts, batch_size=batch)

    return run


@functools.cache
def _descents_by_rate(
    make: Callable[[Any], optax.GradientTransformation], functions: tuple[str, ...], iterations: int
) -> Callable[..., Any]:
    """Return a compiled function: index of a function, starts, learning rates -> values."""

    @jax.jit
    def run(which: Array, starts: Float[Array, "S N"], rates: Float[Array, " R"]) -> Float[Array, "R S K"]:
        loss = _loss(functions, which, starts.shape[1])
        return lax.map(lambda rate: jax.vmap(lambda x0: _values(make(rate), loss, x0, iterations))(starts), rates)

    return run


def _values(
    transformation: optax.GradientTransformation, loss: Callable[[Array], Array], x0: Array, iterations: int
) -> Float[Array, " K"]:
    """Return the loss at the start and after every iteration."""

    def step(carry: tuple[Array, Any], _: None) -> tuple[tuple[Array, Any], Array]:
        x, state = carry
        value, gradient = jax.value_and_grad(loss)(x)
        update, state = transformation.update(gradient, state, x)
        return (x + jnp.asarray(update), state), value

    (x, _), values = lax.scan(step, (x0, transformation.init(x0)), length=iterations)
    return jnp.append(values, loss(x))


def _replace_nan(values: Any) -> np.ndarray:
    return np.nan_to_num(np.asarray(values, np.float64), nan=np.inf, posinf=np.inf, neginf=np.inf)
