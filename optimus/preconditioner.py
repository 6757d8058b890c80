"""The learned preconditioner B of Optimus, stored as a matrix (`Dense`) or as its terms (`Factored`).

B starts as the identity. Every step adds rank-one terms u u^T and divides B by its norm (Optimus, section 4). So B is
always a multiple of the identity plus scaled rank-one terms. `Factored` keeps just these: time and memory of a step
grow with N instead of N^2.

The paper does not say which norm it means; we use the Frobenius norm. We divide B by `|B| / norm`, so that its norm
becomes `norm`.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Dense(NamedTuple):
    """B as a matrix.

    Attributes:
        matrix: B.
    """

    matrix: Float[Array, "N N"]

    @classmethod
    def identity(cls, dimension: int, dtype: Any = jnp.float32) -> "Dense":
        """Return B = I, as it is at the start."""
        return cls(jnp.eye(dimension, dtype=dtype))

    def update(self, terms: Float[Array, "L N"], norm: Float[Array, ""] | float) -> "Dense":
        """Return B + sum u u^T, scaled to the Frobenius norm `norm`."""
        matrix = self.matrix + terms.T @ terms
        return self._replace(matrix=matrix * (norm / jnp.sqrt(jnp.sum(matrix**2))))

    def __matmul__(self, vector: Float[Array, " N"]) -> Float[Array, " N"]:
        return self.matrix @ vector


class Factored(NamedTuple):
    """B = identity_weight I + sum_k weights_k vectors_k vectors_k^T, with room for K terms.

    The form is exact as long as there is room. After that, each new term replaces the oldest one, which the divisions
    by the norm have shrunk most. The norm then counts the remaining terms only.

    Attributes:
        identity_weight: Weight of the identity.
        weights: Weight of each term; 0 where there is none yet.
        vectors: Vector of each term.
        squared_norm: Squared Frobenius norm of B.
        next: Index at which the next term is stored.
    """

    identity_weight: Float[Array, ""]
    weights: Float[Array, " K"]
    vectors: Float[Array, "K N"]
    squared_norm: Float[Array, ""]
    next: Int[Array, ""]

    @classmethod
    def identity(cls, dimension: int, capacity: int, dtype: Any = jnp.float32) -> "Factored":
        """Return B = I, as it is at the start, with room for `capacity` rank-one terms."""
        return cls(
            identity_weight=jnp.ones((), dtype),
            weights=jnp.zeros(capacity, dtype),
            vectors=jnp.zeros((capacity, dimension), dtype),
            squared_norm=jnp.asarray(float(dimension), dtype),
            next=jnp.zeros((), jnp.int32),
        )

    def update(self, terms: Float[Array, "L N"], norm: Float[Array, ""] | float) -> "Factored":
        """Return B + sum u u^T, scaled to the Frobenius norm `norm`."""
        slots = (self.next + jnp.arange(len(terms))) % len(self.weights)
        room = self._add_to_norm(self.vectors[slots], -self.weights[slots])._replace(
            weights=self.weights.at[slots].set(0.0)
        )
        full = room._add_to_norm(terms, jnp.ones(len(terms), terms.dtype))
        scale = norm / jnp.sqrt(full.squared_norm)
        return self._replace(
            identity_weight=self.identity_weight * scale,
            weights=room.weights.at[slots].set(1.0) * scale,
            vectors=self.vectors.at[slots].set(terms),
            squared_norm=full.squared_norm * scale**2,
            next=(self.next + len(terms)) % len(self.weights),
        )

    def _add_to_norm(self, terms: Float[Array, "L N"], weights: Float[Array, " L"]) -> "Factored":
        """Return B with the squared norm that it has after sum_l weights_l terms_l terms_l^T is added.

        |B + sum c u u^T|^2 = |B|^2 + 2 sum c u^T B u + sum_lm c_l c_m (u_l . u_m)^2
        """
        mixed = jnp.sum(weights * jnp.einsum("ln,ln->l", terms, self._apply_to_rows(terms)))
        among = weights @ (terms @ terms.T) ** 2 @ weights
        return self._replace(squared_norm=self.squared_norm + 2 * mixed + among)

    def _apply_to_rows(self, rows: Float[Array, "L N"]) -> Float[Array, "L N"]:
        """Return B times every row."""
        return self.identity_weight * rows + ((rows @ self.vectors.T) * self.weights[None]) @ self.vectors

    def __matmul__(self, vector: Float[Array, " N"]) -> Float[Array, " N"]:
        return self._apply_to_rows(vector[None])[0]


Preconditioner = Dense | Factored
