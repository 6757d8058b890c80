"""The memory of a limited-memory quasi-Newton method: an inverse Hessian from the last steps, without a matrix.

Source: Nocedal, Updating quasi-Newton matrices with limited storage, 1980.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

_SMALLEST_COSINE = 1e-10  # between a step and its change of gradient: less says nothing of curvature


class LimitedMemory(NamedTuple):
    """The last M steps with positive curvature, and how the gradient changed over each.

    Attributes:
        steps: Steps s of the parameters; zero where there is none yet.
        changes: Changes y of the gradient over each step.
        inverse_curvature: 1 / s'y of each; zero where there is none yet.
        next: Index at which the next step is stored.
    """

    steps: Float[Array, "M N"]
    changes: Float[Array, "M N"]
    inverse_curvature: Float[Array, " M"]
    next: Int[Array, ""]

    @classmethod
    def empty(cls, dimension: int, capacity: int, dtype: Any = jnp.float32) -> "LimitedMemory":
        """Return the memory before the first step."""
        nothing = jnp.zeros((capacity, dimension), dtype)
        return cls(nothing, nothing, jnp.zeros(capacity, dtype), jnp.zeros((), jnp.int32))

    def add(self, step: Float[Array, " N"], change: Float[Array, " N"]) -> "LimitedMemory":
        """Return the memory with one more step in place of the oldest, unless it has no positive curvature."""
        curvature = jnp.dot(step, change)
        size = jnp.linalg.norm(step) * jnp.linalg.norm(change)
        slot = jnp.where(curvature > _SMALLEST_COSINE * size, self.next, len(self.steps))  # beyond the end: dropped
        slot = jnp.where(size > 0, slot, len(self.steps))
        stored = slot < len(self.steps)
        return LimitedMemory(
            self.steps.at[slot].set(step, mode="drop"),
            self.changes.at[slot].set(change, mode="drop"),
            self.inverse_curvature.at[slot].set(1.0 / jnp.where(stored, curvature, 1.0), mode="drop"),
            jnp.where(stored, (self.next + 1) % len(self.steps), self.next),
        )

    def apply(
        self, vector: Float[Array, " N"], initial: Callable[[Float[Array, " N"]], Float[Array, " N"]]
    ) -> Float[Array, " N"]:
        """Return the inverse Hessian times a vector, by the two-loop recursion.

        Args:
            vector: Usually the gradient.
            initial: Multiplies by the symmetric positive definite inverse Hessian that is assumed before any step.
        """
        newest_first = (self.next - 1 - jnp.arange(len(self.steps))) % len(self.steps)

        def back(left: Array, index: Array) -> tuple[Array, Array]:
            share = self.inverse_curvature[index] * jnp.dot(self.steps[index], left)
            return left - share * self.changes[index], share

        def forth(result: Array, at: tuple[Array, Array]) -> tuple[Array, None]:
            index, share = at
            return result + self.steps[index] * (
                share - self.inverse_curvature[index] * jnp.dot(self.changes[index], result)
            ), None

        left, shares = lax.scan(back, vector, newest_first)
        return lax.scan(forth, initial(left), (newest_first, shares), reverse=True)[0]
