"""Which way an optimizer goes: along the gradient, or as Newton's method would."""

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
    """The start and the points after each of so many iterations of a gradient transformation."""

    def step(carry: tuple[Array, Any], _: None) -> tuple[tuple[Array, Any], Array]:
        x, state = carry
        update, state = transformation.update(jax.grad(loss)(x), state, x)
        return (x + jnp.asarray(update), state), x

    (x, _), before = lax.scan(step, (x0, transformation.init(x0)), length=iterations)
    return jnp.concatenate([before, x[None]])


def similarity(loss: Callable[[Array], Array], path: Float[Array, "K N"]) -> dict[str, Float[np.ndarray, " T"]]:
    """Absolute cosine between each of the T = K - 1 steps of a path and the gradient ("gradient") and Newton's
    direction ("newton") where it began; NaN for a step of no length."""
    at, steps = path[:-1], jnp.diff(path, axis=0)
    gradient = jax.vmap(jax.grad(loss))(at)
    newton = jnp.linalg.solve(jax.vmap(jax.hessian(loss))(at), gradient[..., None])[..., 0]
    return {name: np.asarray(_cosine(steps, way)) for name, way in (("gradient", gradient), ("newton", newton))}


def _cosine(a: Float[Array, "T N"], b: Float[Array, "T N"]) -> Float[Array, " T"]:
    return jnp.abs(jnp.sum(a * b, axis=-1)) / (jnp.linalg.norm(a, axis=-1) * jnp.linalg.norm(b, axis=-1))
