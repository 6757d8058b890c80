"""The loop of optimizers that are optax gradient transformations, classical or learned."""

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

    The transformation's `update` gets the parameters. If it takes extra arguments
    (`optax.GradientTransformationExtraArgs`), it also gets `value` and `grad` at the present iterate. A step to a point
    where the loss is not finite is shortened to a quarter, up to ten times. So the transformation never sees a gradient
    that is not finite.

    Use one object for many calls of `minimise`: it keeps its compiled update.
    """

    def __init__(self, transformation: optax.GradientTransformation):
        self.transformation = optax.with_extra_args_support(transformation)
        self._update = jax.jit(self._compute_update)

    def __call__(self, objective: Objective, x0: Float[np.ndarray, " N"]) -> StopReason:
        """Make steps until the objective raises `Stop`, or the loss is finite after none of the shortened steps."""
        evaluation = objective(x0)
        state = self.transformation.init(jnp.asarray(evaluation.x))
        while True:
            update, state = self._update(evaluation.x, evaluation.value, evaluation.gradient, state)
            following = _advance(objective, evaluation.x, np.asarray(update))
            if following is None:
                return "non_finite"
            evaluation = following
            objective.accept(evaluation.value)

    def _compute_update(self, x: Array, value: Array, gradient: Array, state: Any) -> tuple[Array, Any]:
        gradient, value = gradient.astype(x.dtype), jnp.asarray(value, x.dtype)
        update, state = self.transformation.update(gradient, state, x, value=value, grad=gradient)
        return jnp.asarray(update), state


def _advance(objective: Objective, x: np.ndarray, update: np.ndarray) -> Evaluation | None:
    """Evaluate at `x + update`, or after the longest shortened step with a finite loss; None if there is none."""
    if not np.isfinite(update).all():
        return None
    for shortening in range(_MAX_SHORTENINGS + 1):
        evaluation = objective(x + _SHORTEN**shortening * update)
        if evaluation.finite:
            return evaluation
    return None
