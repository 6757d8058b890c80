"""Residuals whose squares add up to a mean."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.arrays import AnyArray


def mean_residual(
    residual: Float[Array, "*weighted _"],
    weight: Float[AnyArray, "*weighted"],
    total: Float[AnyArray, ""] | float | None = None,
) -> Float[Array, "*weighted _"]:
    """Return residuals whose squares add up to the weighted mean of the squared lengths of vectors.

    Args:
        residual: The vectors, along the last axis.
        weight: Weight of each vector, at least 0. No derivative goes through it: that of a root is infinite at 0.
        total: What the weighted sum is divided by. The sum of the weights if None.
    """
    total = jnp.sum(jnp.asarray(weight)) if total is None else total
    return jnp.sqrt(jnp.asarray(jnp.asarray(weight) / total, residual.dtype))[..., None] * residual
