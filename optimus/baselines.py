"""The classical optimizers by name: thin wrappers over scipy and optax."""

import functools
import inspect
from collections.abc import Callable
from numbers import Integral, Real
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
    return ScipyOptimizer("BFGS", {"gtol": gradient_tolerance})


def lbfgs(*, memory: int = 20, gradient_tolerance: float = 1e-8, value_tolerance: float = 1e-9) -> Optimizer:
    """L-BFGS with a Wolfe line search (scipy's L-BFGS-B without bounds); time and memory linear in N.

    memory: number of past steps from which the curvature is estimated.
    gradient_tolerance: converged when the largest absolute gradient entry is below it.
    value_tolerance: converged when a step decreases the value by less than this, relative to max(|value|, 1).
    """
    return ScipyOptimizer("L-BFGS-B", {"maxcor": memory, "gtol": gradient_tolerance, "ftol": value_tolerance})


def adam(*, learning_rate: float = 1e-2, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Optimizer:
    """Adam (Kingma and Ba 2015; optax)."""
    return TransformationOptimizer(optax.adam(learning_rate, b1=beta1, b2=beta2, eps=epsilon))


def momentum(*, learning_rate: float = 1e-3, decay: float = 0.9, nesterov: bool = False) -> Optimizer:
    """Gradient descent with momentum (optax)."""
    return TransformationOptimizer(optax.sgd(learning_rate, momentum=decay, nesterov=nesterov))


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "bfgs": bfgs,
    "lbfgs": lbfgs,
    "adam": adam,
    "momentum": momentum,
}


def get(name: str, **options: Any) -> Optimizer:
    """The optimizer of that name; the same name and options give the same object, so nothing is compiled twice.

    Raises OptimusError, saying what is valid, for an unknown name or option and for an impossible value.
    """
    if name not in OPTIMIZERS:
        raise OptimusError(f"unknown optimizer {name!r}: choose one of {', '.join(sorted(OPTIMIZERS))}")
    valid = inspect.signature(OPTIMIZERS[name]).parameters
    unknown = sorted(set(options) - set(valid))
    if unknown:
        raise OptimusError(f"optimizer {name!r} has no option {', '.join(unknown)}: its options are {', '.join(valid)}")
    for option, value in options.items():
        expected, allows = _VALUES[option]
        if not allows(value):
            raise OptimusError(f"the option {option} must be {expected}, not {value!r}")
    return _made(name, **options)


@functools.cache
def _made(name: str, **options: Any) -> Optimizer:
    return OPTIMIZERS[name](**options)


def _is_number(value: Any, kind: type = Real) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


_NOT_NEGATIVE = ("a number of at least 0", lambda value: _is_number(value) and 0 <= value < np.inf)
_POSITIVE = ("a number above 0", lambda value: _is_number(value) and 0 < value < np.inf)
_FRACTION = ("a number from 0 to below 1", lambda value: _is_number(value) and 0 <= value < 1)
_VALUES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "memory": ("a whole number of at least 1", lambda value: _is_number(value, Integral) and value >= 1),
    "gradient_tolerance": _NOT_NEGATIVE,
    "value_tolerance": _NOT_NEGATIVE,
    "learning_rate": _POSITIVE,
    "beta1": _FRACTION,
    "beta2": _FRACTION,
    "epsilon": _POSITIVE,
    "decay": _FRACTION,
    "nesterov": ("true or false", lambda value: isinstance(value, bool)),
}
"""What is valid for each option, in words and as a test."""
