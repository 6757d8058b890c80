"""What learned optimizers have in common, and how one becomes an optax gradient transformation for any pytree."""

from typing import Any, Protocol, TypeVar, runtime_checkable

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Key, PyTree

from optimus.objective import OptimusError

State = TypeVar("State")


@runtime_checkable
class LearnedOptimizer(Protocol[State]):
    """An update rule for vectors of any length, with meta-parameters that are trained."""

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Meta-parameters to train."""
        ...

    def start(self, dimension: int) -> State:
        """The state before the first gradient of `dimension` parameters."""
        ...

    def update(
        self, params: dict[str, Any], state: State, gradient: Float[Array, " N"], x: Float[Array, " N"]
    ) -> tuple[Float[Array, " N"], State]:
        """The change of x, and the next state."""
        ...


def transformation(model: LearnedOptimizer[Any], meta_parameters: dict[str, Any]) -> optax.GradientTransformation:
    """The learned optimizer with these meta-parameters, as optax has its own: on parameters of any pytree.

    All leaves together are one vector for it. `update` needs the parameters, as in `update(gradient, state, params)`;
    it raises OptimusError without them.
    """

    def init(params: PyTree) -> Any:
        return model.start(ravel_pytree(params)[0].size)

    def update(updates: PyTree, state: Any, params: PyTree | None = None) -> tuple[PyTree, Any]:
        if params is None:
            raise OptimusError("a learned optimizer needs the parameters: call update(gradient, state, parameters)")
        flat, unravel = ravel_pytree(params)
        gradient, x = ravel_pytree(updates)[0].astype(jnp.float32), flat.astype(jnp.float32)
        change, state = model.update(meta_parameters, state, gradient, x)
        return unravel(change.astype(flat.dtype)), state

    return optax.GradientTransformation(init, update)


def number_of_parameters(params: PyTree) -> int:
    """Meta-parameters, decays included."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
