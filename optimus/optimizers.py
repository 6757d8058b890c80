"""All optimizers by name, classical and learned, with their options."""

import functools
import inspect
from collections.abc import Callable
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from optimus import baselines, models
from optimus.gradient_transformation import TransformationOptimizer
from optimus.learned import transformation
from optimus.learned_quasi_newton import LEARNED_STEPS, LearnedQuasiNewton
from optimus.objective import Objective, OptimusError, StopReason
from optimus.quasi_newton_optimus import QuasiNewtonOptimus

Optimizer = Callable[[Objective, Float[np.ndarray, " N"]], StopReason]
"""Evaluates the objective from a start on, reports each complete step with `objective.accept`, returns why it ended."""


def optimus(*, weights: str | Path = "optimus", learned_steps: int = LEARNED_STEPS) -> Optimizer:
    """Return Optimus with the weights of this name or file.

    Args:
        weights: The name or the file.
        learned_steps: Steps before L-BFGS goes on, with weights that know a profile of curvature; others make no use
            of it.
    """
    model, meta_parameters = models.load(weights)
    if isinstance(model, QuasiNewtonOptimus):
        return LearnedQuasiNewton(model, meta_parameters, learned_steps)
    return TransformationOptimizer(transformation(model, meta_parameters))


def adafactor_mlp(*, weights: str | Path = "adafactor_mlp") -> Optimizer:
    """Return Adafactor MLP with the weights of this name or file."""
    return TransformationOptimizer(transformation(*models.load(weights)))


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "bfgs": baselines.bfgs,
    "lbfgs": baselines.lbfgs,
    "adam": baselines.adam,
    "momentum": baselines.momentum,
    "optimus": optimus,
    "adafactor_mlp": adafactor_mlp,
}


def get(name: str, **options: Any) -> Optimizer:
    """Return the optimizer of that name. Equal names and options give the same object, so nothing is compiled twice.

    Raises:
        OptimusError: The name or an option is unknown, or a value is invalid; the message says what is valid.
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
    return _build(name, **options)


@functools.cache
def _build(name: str, **options: Any) -> Optimizer:
    return OPTIMIZERS[name](**options)


def _is_number(value: Any, kind: type = Real) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


_NOT_NEGATIVE = ("a number of at least 0", lambda value: _is_number(value) and 0 <= value < np.inf)
_POSITIVE = ("a number above 0", lambda value: _is_number(value) and 0 < value < np.inf)
_FRACTION = ("a number from 0 to below 1", lambda value: _is_number(value) and 0 <= value < 1)
_FLAG = ("true or false", lambda value: isinstance(value, bool))
_VALUES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "memory": ("a whole number of at least 1", lambda value: _is_number(value, Integral) and value >= 1),
    "gradient_tolerance": _NOT_NEGATIVE,
    "value_tolerance": _NOT_NEGATIVE,
    "learning_rate": _POSITIVE,
    "beta1": _FRACTION,
    "beta2": _FRACTION,
    "epsilon": _POSITIVE,
    "decay": _FRACTION,
    "nesterov": _FLAG,
    "scaled": _FLAG,
    "learned_steps": ("a whole number of at least 0", lambda value: _is_number(value, Integral) and value >= 0),
    "weights": ("the name or the file of weights", lambda value: isinstance(value, str | Path)),
}
"""Option -> its valid values in words, and a function that checks them."""
