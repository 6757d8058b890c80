"""Compares the steps of an optimizer with the gradient and with Newton's direction."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Float


def descent_path(
    transformation: optax.GradientTransformation,
    loss: Callable[[Array], Array],
    x0: Float[Array, " N"],
    iterations: int,
) -> Float[Array, "K N"]:
    """Return the start and the points after each iteration of a gradient transformation."""

    def step(carry: tuple[Array, Any], _: None) -> tuple[tuple[Array, Any], Array]:
        x, state = carry
        update, state = transformation.update(jax.grad(loss)(x), state, x)
        return (x + jnp.asarray(update), state), x

    (x, _), before = lax.scan(step, (x0, transformation.init(x0)), length=iterations)
    return jnp.concatenate([before, x[None]])


def similarity(loss: Callable[[Array], Array], path: Float[Array, "K N"]) -> dict[str, Float[np.ndarray, " T"]]:
    """Return the absolute cosines between the T = K - 1 steps of a path and two directions at their start points.

    Returns:
        Cosines with the gradient ("gradient") and with Newton's direction ("newton"); NaN for a step of length zero.
    """
    points, steps = path[:-1], jnp.diff(path, axis=0)
    gradient = jax.vmap(jax.grad(loss))(points)
    newton = jnp.linalg.solve(jax.vmap(jax.hessian(loss))(points), gradient[..., None])[..., 0]
    directions = {"gradient": gradient, "newton": newton}
    return {name: np.asarray(_absolute_cosine(steps, direction)) for name, direction in directions.items()}


def _absolute_cosine(a: Float[Array, "T N"], b: Float[Array, "T N"]) -> Float[Array, " T"]:
    return jnp.abs(jnp.sum(a * b, axis=-1)) / (jnp.linalg.norm(a, axis=-1) * jnp.linalg.norm(b, axis=-1))
