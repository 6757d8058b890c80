"""The methods of the benchmark, by name, and the problems on which each runs."""

import functools
from typing import Any

import numpy as np
import optax

from optimus import benchmark, models
from optimus.benchmark import Descent, Method, MethodResult, Problem, QuasiNewton, TunedDescent
from optimus.learned import transformation
from optimus.optimizers import get
from pipelines.optimizers.configs import BenchmarkConfig

Results = dict[tuple[str, Problem], MethodResult]
"""Name of a method and problem -> what the method did on it."""
QUASI_NEWTON = {"bfgs": get("bfgs"), "bfgs_unscaled": get("bfgs", scaled=False), "lbfgs": get("lbfgs")}
_ROSENBROCK = "_rosenbrock_"  # in names of weights trained on that function alone, such as optimus_rosenbrock_2-10


def build_method(config: BenchmarkConfig, name: str) -> Method:
    """Return the method of that name.

    Raises:
        OptimusError: Its weights cannot be loaded.
    """
    if name in QUASI_NEWTON:
        return QuasiNewton(QUASI_NEWTON[name])
    functions = tuple(dict.fromkeys([*config.functions, "rosenbrock"]))
    if name in _FIRST_ORDER:
        tuning = config.tuning
        rates = tuple(np.geomspace(tuning.lowest, tuning.highest, tuning.rates).tolist())
        return TunedDescent(_FIRST_ORDER[name], rates, tuning.starts, config.seed + 1, functions)
    return Descent(load_learned(config, name), 4, functions)


def _momentum(rate: Any) -> optax.GradientTransformation:
    return optax.sgd(rate, momentum=0.9)


_FIRST_ORDER = {"adam": optax.adam, "momentum": _momentum}


def load_learned(config: BenchmarkConfig, name: str) -> optax.GradientTransformation:
    """Return a learned method with the configured weights, or with those that ship under its name.

    Raises:
        OptimusError: The weights cannot be loaded.
    """
    return _load(str(config.weights.get(name, name)))


@functools.cache
def _load(source: str) -> optax.GradientTransformation:
    return transformation(*models.load(source))


def list_pairs(config: BenchmarkConfig) -> list[tuple[str, Problem]]:
    """Return all pairs of method and problem to run.

    Large problems come first, so that no core works alone for long at the end. Pairs that share a compiled program are
    neighbours.
    """
    problems = benchmark.problems(config.functions, config.dimensions)
    pairs = {(name, problem) for problem in problems for name in config.methods} | set(pairs_of_figure_5(config))
    return sorted(pairs, key=lambda pair: (-pair[1].dimension, pair[0], pair[1].function))


def draws_figure_5(config: BenchmarkConfig) -> bool:
    """Return whether the configuration has what figure 5 needs."""
    return config.rosenbrock is not None and "optimus" in config.methods


def pairs_of_figure_5(config: BenchmarkConfig) -> list[tuple[str, Problem]]:
    """Return the pairs that figure 5 needs: Rosenbrock's function in its own dimensions.

    Weights trained on that function alone are further methods there.
    """
    if config.rosenbrock is None or not draws_figure_5(config):
        return []
    problems = benchmark.problems(["rosenbrock"], config.rosenbrock.dimensions)
    return [(name, problem) for name in (*config.methods, *weights_trained_on_rosenbrock()) for problem in problems]


def weights_trained_on_rosenbrock() -> dict[str, tuple[str, str]]:
    """Return the kind and the dimensions, as text, of weights trained on Rosenbrock's function alone, by name."""
    parts = {name: name.split(_ROSENBROCK, 1) for name in models.list_shipped() if _ROSENBROCK in name}
    return {name: (kind, trained) for name, (kind, trained) in parts.items()}
