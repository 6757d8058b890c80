"""Turns a JAX loss of any pytree into a function of a vector, as `minimise` takes it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from optimus.objective import OptimusError


class FlatLoss(NamedTuple):
    """A loss of a vector.

    Attributes:
        evaluate: Returns loss and gradient at a vector; compiled.
        x0: The start as a vector.
        unravel: Turns a vector into the pytree.
    """

    evaluate: Callable[[Any], tuple[Float[Array, ""], Float[Array, " N"]]]
    x0: Float[np.ndarray, " N"]
    unravel: Callable[[Any], Any]


def flatten_loss(loss: Callable[[Any], Any], params: PyTree) -> FlatLoss:
    """Return a loss of a pytree as a loss of one vector.

    Args:
        loss: Takes a pytree shaped like `params` and returns a scalar.
        params: The start.

    Raises:
        OptimusError: The parameters have no elements or are not floating point, or the loss is not a scalar.
    """
    x0, unravel = ravel_pytree(params)
    if x0.size == 0:
        raise OptimusError("there is nothing to optimise: the parameters have no elements")
    if not jnp.issubdtype(x0.dtype, jnp.floating):
        raise OptimusError(f"the parameters must be floating point, but they are {x0.dtype}")
    output = jax.eval_shape(loss, params)
    if getattr(output, "shape", None) != ():
        returned = f"an array of shape {output.shape}" if hasattr(output, "shape") else type(output).__name__
        raise OptimusError(f"the loss must be one number, but it returns {returned}: reduce it, by a sum or a mean")
    if not jnp.issubdtype(output.dtype, jnp.floating):
        raise OptimusError(f"the loss must be floating point, but it returns {output.dtype}: convert it")

    @jax.jit
    def evaluate(x: Float[Array, " N"]) -> tuple[Float[Array, ""], Float[Array, " N"]]:
        return jax.value_and_grad(lambda x: loss(unravel(x)))(x)

    return FlatLoss(evaluate, np.asarray(x0), unravel)
