"""Linear layers and multilayer perceptrons, applied to every row. Their parameters are dictionaries of arrays."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

Linear = dict[str, Array]
"""The arrays "weight" (I, O) and "bias" (O,)."""


def init_linear(key: Key[Array, ""], inputs: int, outputs: int) -> Linear:
    """Draw weights from a truncated normal distribution of standard deviation 1 / sqrt(inputs); biases are zero."""
    weight = jax.nn.initializers.lecun_normal()(key, (inputs, outputs), jnp.float32)
    return {"weight": weight, "bias": jnp.zeros(outputs, jnp.float32)}


def linear(params: Linear, x: Float[Array, "N I"]) -> Float[Array, "N O"]:
    """Apply the layer to each row of x."""
    return x @ params["weight"] + params["bias"][None]


def init_mlp(key: Key[Array, ""], widths: Sequence[int]) -> list[Linear]:
    """Draw the layers of a perceptron.

    Args:
        key: Decides the weights.
        widths: Of the input, the hidden layers and the output.
    """
    keys = jax.random.split(key, len(widths) - 1)
    return [init_linear(*arguments) for arguments in zip(keys, widths[:-1], widths[1:], strict=True)]


def mlp(params: Sequence[Linear], x: Float[Array, "N I"]) -> Float[Array, "N O"]:
    """Apply the layers in turn, with ReLU between them."""
    for layer in params[:-1]:
        x = jax.nn.relu(linear(layer, x))
    return linear(params[-1], x)
