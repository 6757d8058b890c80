"""The meta-loss: how good a value of a task's loss is, as a number that can be compared between tasks."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

_SMALLEST_GAP = 1e-8  # relative to the first gap: float32 does not resolve much smaller ones
_LARGEST = 1e30  # stands for values that are not finite
_SMALLEST_SCALE = 1e-20
_SMALLEST_SIZE = 1e-8


class MetaLoss(NamedTuple):
    """The meta-loss at a value, and how it changes with the value.

    Attributes:
        loss: The meta-loss; large, but finite, where the value is not finite.
        derivative: In the value; 0 where the value is not finite.
    """

    loss: Float[Array, ""]
    derivative: Float[Array, ""]


def meta_loss(value: Float[Array, ""], first: Float[Array, ""], bound: Float[Array, ""] | None) -> MetaLoss:
    """Return the meta-loss at `value`.

    Args:
        value: The task's loss.
        first: The task's loss at the start.
        bound: What the task's loss never falls below; None if that is unknown.
    """
    if bound is None:
        loss, scale = relative_change(value, first), _size(first)
        derivative = 1.0 / (scale + jnp.abs(value - first))
    else:
        loss = relative_gap(value, first, bound)
        derivative = jnp.exp(-loss) / _first_gap(first, bound)
    return MetaLoss(loss, jnp.where(jnp.isfinite(value), derivative, 0.0))


def relative_gap(value: Float[Array, ""], first: Float[Array, ""], bound: Float[Array, ""]) -> Float[Array, ""]:
    """Return log((value - bound) / (first - bound) + 1e-8); large, but finite, where either value is not finite."""
    gap = jnp.maximum(value - bound, 0.0) / _first_gap(first, bound)
    gap = jnp.where(jnp.isfinite(first), gap, jnp.nan)
    return jnp.log(jnp.clip(jnp.nan_to_num(gap, nan=_LARGEST), 0.0, _LARGEST) + _SMALLEST_GAP)


def relative_change(value: Float[Array, ""], first: Float[Array, ""]) -> Float[Array, ""]:
    """Return sign(r) log(1 + |r|) with r = (value - first) / |first|; large, but finite, where either is not finite.

    For losses without a known bound. It is near r while the change is small, and grows slowly where a loss explodes or
    falls without end. It depends on the unit of the loss no more than `relative_gap` does, but on its zero. So a family
    whose losses are near zero at the start, or carry a large constant, should name a bound.
    """
    change = jnp.where(jnp.isfinite(first), (value - first) / _size(first), jnp.nan)
    change = jnp.clip(jnp.nan_to_num(change, nan=_LARGEST), -_LARGEST, _LARGEST)
    return jnp.sign(change) * jnp.log1p(jnp.abs(change))


def _first_gap(first: Float[Array, ""], bound: Float[Array, ""]) -> Float[Array, ""]:
    return jnp.maximum(first - bound, _SMALLEST_SCALE)


def _size(first: Float[Array, ""]) -> Float[Array, ""]:
    return jnp.maximum(jnp.abs(first), _SMALLEST_SIZE)
