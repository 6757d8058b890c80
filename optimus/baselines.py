"""The classical optimizers by name: thin wrappers over scipy and optax."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import optax
from jaxtyping import Float

from optimus.gradient_transformation import TransformationOptimizer
from optimus.objective import Objective, OptimusError, StopReason
from optimus.quasi_newton import ScipyOptimizer

Optimizer = Callable[[Objective, Float[np.ndarray, " N"]], StopReason]
"""Evaluates the objective from a start on, reports each complete step with `objective.accept`, says why it stopped."""


def bfgs(*, gradient_tolerance: float = 1e-8) -> Optimizer:
    """BFGS with a Wolfe line search (scipy). Memory grows with N^2 and time a step with N^3: for N up to ~1000.

    gradient_tolerance: converged when the largest absolute gradient entry is below it.
    """
    _require(gradient_tolerance >= 0, "gradient_tolerance", "at least 0", gradient_tolerance)
    return ScipyOptimizer("BFGS", {"gtol": gradient_tolerance})


def lbfgs(*, memory: int = 20, gradient_tolerance: float = 1e-8, value_tolerance: float = 1e-9) -> Optimizer:
    """L-BFGS with a Wolfe line search (scipy's L-BFGS-B without bounds); time and memory linear in N.

    memory: number of past steps from which the curvature is estimated.
    gradient_tolerance: converged when the largest absolute gradient entry is below it.
    value_tolerance: converged when a step decreases the value by less than this, relative to max(|value|, 1).
    """
    _require(memory >= 1, "memory", "at least 1", memory)
    _require(gradient_tolerance >= 0, "gradient_tolerance", "at least 0", gradient_tolerance)
    _require(value_tolerance >= 0, "value_tolerance", "at least 0", value_tolerance)
    return ScipyOptimizer("L-BFGS-B", {"maxcor": memory, "gtol": gradient_tolerance, "ftol": value_tolerance})


def adam(*, learning_rate: float = 1e-2, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Optimizer:
    """Adam (Kingma and Ba 2015; optax)."""
    _require(learning_rate > 0, "learning_rate", "above 0", learning_rate)
    return TransformationOptimizer(optax.adam(learning_rate, b1=beta1, b2=beta2, eps=epsilon))


def momentum(*, learning_rate: float = 1e-3, decay: float = 0.9, nesterov: bool = False) -> Optimizer:
    """Gradient descent with momentum (optax)."""
    _require(learning_rate > 0, "learning_rate", "above 0", learning_rate)
    return TransformationOptimizer(optax.sgd(learning_rate, momentum=decay, nesterov=nesterov))


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "bfgs": bfgs,
    "lbfgs": lbfgs,
    "adam": adam,
    "momentum": momentum,
}


@functools.cache
def get(name: str, **options: Any) -> Optimizer:
    """The optimizer of that name; the same name and options give the same object, so nothing is compiled twice.

    Raises OptimusError, listing what is valid, for an unknown name or option.
    """
    if name not in OPTIMIZERS:
        raise OptimusError(f"unknown optimizer {name!r}: choose one of {', '.join(sorted(OPTIMIZERS))}")
    valid = inspect.signature(OPTIMIZERS[name]).parameters
    unknown = sorted(set(options) - set(valid))
    if unknown:
        raise OptimusError(f"optimizer {name!r} has no option {', '.join(unknown)}: its options are {', '.join(valid)}")
    return OPTIMIZERS[name](**options)


def _require(condition: bool, option: str, expected: str, value: Any) -> None:
    if not condition:
        raise OptimusError(f"the option {option} must be {expected}, not {value!r}")
