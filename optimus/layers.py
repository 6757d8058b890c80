"""Linear layers and multilayer perceptrons, applied to every row: their parameters as dictionaries of arrays."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

Linear = dict[str, Array]
"""weight (I, O) and bias (O,)."""


def init_linear(key: Key[Array, ""], inputs: int, outputs: int) -> Linear:
    """Weights from a truncated normal distribution of standard deviation 1 / sqrt(inputs), biases zero."""
    weight = jax.nn.initializers.lecun_normal()(key, (inputs, outputs), jnp.float32)
    return {"weight": weight, "bias": jnp.zeros(outputs, jnp.float32)}


def linear(params: Linear, x: Float[Array, "N I"]) -> Float[Array, "N O"]:
    """The layer, for each row of x."""
    return x @ params["weight"] + params["bias"][None]


def init_mlp(key: Key[Array, ""], widths: Sequence[int]) -> list[Linear]:
    """Layers between the widths of input, hidden layers and output."""
    keys = jax.random.split(key, len(widths) - 1)
    return [init_linear(*arguments) for arguments in zip(keys, widths[:-1], widths[1:], strict=True)]


def mlp(params: Sequence[Linear], x: Float[Array, "N I"]) -> Float[Array, "N O"]:
    """The layers in turn, ReLU between them."""
    for layer in params[:-1]:
        x = jax.nn.relu(linear(layer, x))
    return linear(params[-1], x)
