"""The loop for optimizers that are optax gradient transformations, classical or learned."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from optimus.objective import Evaluation, Objective, StopReason

_SHORTEN = 0.25
_MAX_SHORTENINGS = 10


class TransformationOptimizer:
    """Minimises with an `optax.GradientTransformation`, one evaluation a step.

    The transformation's `update` gets the parameters, and `value` and `grad` of the present iterate as extra arguments
    where it takes them (`optax.GradientTransformationExtraArgs`). A step to a point where the loss is not finite is
    shortened to a quarter, up to ten times, before giving up; the transformation never sees a non-finite gradient.
    Keep one object for many calls of `minimise`: its compiled update is kept with it.
    """

    def __init__(self, transformation: optax.GradientTransformation):
        self.transformation = optax.with_extra_args_support(transformation)
        self._update = jax.jit(self._updated)

    def __call__(self, objective: Objective, x0: Float[np.ndarray, " N"]) -> StopReason:
        """Steps until the objective ends the loop by raising `Stop`, or nothing finite lies ahead."""
        evaluation = objective(x0)
        state = self.transformation.init(jnp.asarray(evaluation.x))
        while True:
            update, state = self._update(evaluation.x, evaluation.value, evaluation.gradient, state)
            ahead = _advance(objective, evaluation.x, np.asarray(update))
            if ahead is None:
                return "non_finite"
            evaluation = ahead
            objective.accept(evaluation.value)

    def _updated(self, x: Array, value: Array, gradient: Array, state: Any) -> tuple[Array, Any]:
        gradient, value = gradient.astype(x.dtype), jnp.asarray(value, x.dtype)
        update, state = self.transformation.update(gradient, state, x, value=value, grad=gradient)
        return jnp.asarray(update), state


def _advance(objective: Objective, x: np.ndarray, update: np.ndarray) -> Evaluation | None:
    """The evaluation at `x + update`, or at the longest of the shortened steps where the loss is finite."""
    if not np.isfinite(update).all():
        return None
    for shortening in range(_MAX_SHORTENINGS + 1):
        evaluation = objective(x + _SHORTEN**shortening * update)
        if evaluation.finite:
            return evaluation
    return None
