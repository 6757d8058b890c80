"""Transformer encoders over the parameters of a problem: in any order, any number, with attention in linear memory.

Source: Vaswani et al., Attention is all you need, 2017. We normalise before each sub-layer, not after it, so that no
warm-up is needed (Xiong et al., On layer normalization in the Transformer architecture, 2020).
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Key

from optimus.layers import init_linear, linear


@dataclass(frozen=True)
class Encoder:
    """One encoder: multi-head self-attention, then a feed-forward network. Each adds its output to its input.

    Attributes:
        width: Width of the rows.
        heads: Heads of the attention.
        feed_forward: Width of the hidden layer.
        chunk: Number of queries that attend at a time. None for all at once, which stores N x N weights a head.
    """

    width: int = 128
    heads: int = 4
    feed_forward: int = 768
    chunk: int | None = None

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Draw the parameters."""
        names = ("query", "key", "value", "output")
        *attention, hidden, output = jax.random.split(key, len(names) + 2)
        return {
            "attention_norm": _init_norm(self.width),
            **{name: init_linear(k, self.width, self.width) for name, k in zip(names, attention, strict=True)},
            "feed_forward_norm": _init_norm(self.width),
            "hidden": init_linear(hidden, self.width, self.feed_forward),
            "feed_forward": init_linear(output, self.feed_forward, self.width),
        }

    def __call__(self, params: dict[str, Any], rows: Float[Array, "N D"]) -> Float[Array, "N D"]:
        """Return the encoded rows."""
        normalised = _normalise(params["attention_norm"], rows)
        split = (len(rows), self.heads, self.width // self.heads)
        query, key, value = (linear(params[name], normalised).reshape(split) for name in ("query", "key", "value"))
        attended = attention(query, key, value, self.chunk).reshape(rows.shape)
        rows = rows + linear(params["output"], attended)
        normalised = _normalise(params["feed_forward_norm"], rows)
        return rows + linear(params["feed_forward"], jax.nn.relu(linear(params["hidden"], normalised)))


def attention(
    query: Float[Array, "Q H D"], key: Float[Array, "N H D"], value: Float[Array, "N H D"], chunk: int | None = None
) -> Float[Array, "Q H D"]:
    """Return softmax attention.

    `chunk` queries attend at a time. This takes O(chunk N) memory, in reverse mode too, and gives the same result.
    """
    if chunk is None or chunk >= len(query):
        weights = jax.nn.softmax(jnp.einsum("qhd,nhd->hqn", query, key) * query.shape[-1] ** -0.5, axis=-1)
        return jnp.einsum("hqn,nhd->qhd", weights, value)
    padding = -len(query) % chunk
    chunks = jnp.pad(query, ((0, padding), (0, 0), (0, 0))).reshape(-1, chunk, *query.shape[1:])
    # Without the checkpoint, the reverse pass would store the weights of every chunk.
    attended = lax.map(jax.checkpoint(lambda some: attention(some, key, value)), chunks)
    return attended.reshape(-1, *value.shape[1:])[: len(query)]


def _init_norm(width: int) -> dict[str, Array]:
    return {"scale": jnp.ones(width, jnp.float32), "bias": jnp.zeros(width, jnp.float32)}


def _normalise(params: dict[str, Array], rows: Float[Array, "N D"]) -> Float[Array, "N D"]:
    """Apply layer normalisation."""
    return jax.nn.standardize(rows, epsilon=1e-5) * params["scale"][None] + params["bias"][None]
