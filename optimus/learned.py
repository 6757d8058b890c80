"""The protocol of learned optimizers, and their conversion to optax gradient transformations."""

from typing import Any, Protocol, TypeVar, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Key, PyTree

from optimus.objective import OptimusError

State = TypeVar("State")


@runtime_checkable
class LearnedOptimizer(Protocol[State]):
    """An update rule for any number of parameters. Training finds its meta-parameters.

    The rule works on one vector x: the leaves of the parameters, one after the other, as `ravel_pytree` lays them out.
    """

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Draw meta-parameters from which training can start."""
        ...

    def start(self, params: PyTree) -> State:
        """Return the state before the first gradient.

        Args:
            params: The parameters to optimize, any pytree of arrays. Today's models use only the number of entries. A
                model that uses the structure, such as axes of time and joint, keeps what it needs in its state.
        """
        ...

    def update(
        self,
        params: dict[str, Any],
        state: State,
        gradient: Float[Array, " N"],
        x: Float[Array, " N"],
        value: Float[Array, ""] | None = None,
    ) -> tuple[Float[Array, " N"], State]:
        """Return the change of x, and the next state.

        Args:
            params: Meta-parameters.
            state: From `start`, or from the update before.
            gradient: The gradient at x.
            x: The parameters.
            value: The loss at x; None if the caller does not know it.
        """
        ...


def transformation(
    model: LearnedOptimizer[Any], meta_parameters: dict[str, Any]
) -> optax.GradientTransformationExtraArgs:
    """Return the learned optimizer with these meta-parameters as an optax transformation, for any pytree.

    Its `update` needs the parameters, as in `update(gradient, state, params)`, and raises OptimusError without them. It
    also takes the loss, as `value`: some models take back a step that did not lower it.
    """

    def init(params: PyTree) -> Any:
        return model.start(params)

    def update(
        updates: PyTree, state: Any, params: PyTree | None = None, *, value: Any = None, **_: Any
    ) -> tuple[PyTree, Any]:
        if params is None:
            raise OptimusError("a learned optimizer needs the parameters: call update(gradient, state, parameters)")
        flat, unravel = ravel_pytree(params)
        gradient, x = ravel_pytree(updates)[0].astype(jnp.float32), flat.astype(jnp.float32)
        loss = None if value is None else jnp.asarray(value, jnp.float32)
        change, state = model.update(meta_parameters, state, gradient, x, loss)
        return unravel(change.astype(flat.dtype)), state

    return optax.GradientTransformationExtraArgs(init, update)


def number_of_parameters(params: PyTree) -> int:
    """Return how many numbers a pytree of arrays, or of their shapes, holds."""
    return sum(np.size(leaf) for leaf in jax.tree.leaves(params))
