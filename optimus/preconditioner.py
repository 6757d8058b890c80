"""The learned preconditioner B of Optimus: a matrix as it stands, and the same without the matrix.

B starts as the identity. Every step adds rank-one terms u u^T and divides by the norm (Optimus, section 4). So B is
always a multiple of the identity plus scaled rank-one terms, and `Factored` keeps just these: time and memory of a
step grow with N instead of N^2.

Which norm is meant the paper does not say; here it is Frobenius's. What B is divided by is `|B| / size`, so that its
norm becomes `size`.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Dense(NamedTuple):
    """B as a matrix."""

    matrix: Float[Array, "N N"]

    @classmethod
    def identity(cls, dimension: int, dtype: Any = jnp.float32) -> "Dense":
        """B at the start."""
        return cls(jnp.eye(dimension, dtype=dtype))

    def updated(self, terms: Float[Array, "L N"], size: Float[Array, ""] | float) -> "Dense":
        """(B + sum u u^T), scaled to the Frobenius norm `size`."""
        matrix = self.matrix + terms.T @ terms
        return self._replace(matrix=matrix * (size / jnp.sqrt(jnp.sum(matrix**2))))

    def __matmul__(self, vector: Float[Array, " N"]) -> Float[Array, " N"]:
        return self.matrix @ vector


class Factored(NamedTuple):
    """B = identity_weight I + sum_k weights_k vectors_k vectors_k^T, with room for K terms.

    Exact for as long as there is room. After that, each new term takes the place of the oldest, which every division
    by the norm since has made smaller, and the norm is that of what remains.

    squared_norm: of B, Frobenius. next: where the next term goes.
    """

    identity_weight: Float[Array, ""]
    weights: Float[Array, " K"]
    vectors: Float[Array, "K N"]
    squared_norm: Float[Array, ""]
    next: Int[Array, ""]

    @classmethod
    def identity(cls, dimension: int, capacity: int, dtype: Any = jnp.float32) -> "Factored":
        """B at the start, with room for `capacity` rank-one terms."""
        return cls(
            identity_weight=jnp.ones((), dtype),
            weights=jnp.zeros(capacity, dtype),
            vectors=jnp.zeros((capacity, dimension), dtype),
            squared_norm=jnp.asarray(float(dimension), dtype),
            next=jnp.zeros((), jnp.int32),
        )

    def updated(self, terms: Float[Array, "L N"], size: Float[Array, ""] | float) -> "Factored":
        """(B + sum u u^T), scaled to the Frobenius norm `size`."""
        slots = (self.next + jnp.arange(len(terms))) % len(self.weights)
        room = self._plus(self.vectors[slots], -self.weights[slots])._replace(weights=self.weights.at[slots].set(0.0))
        full = room._plus(terms, jnp.ones(len(terms), terms.dtype))
        scale = size / jnp.sqrt(full.squared_norm)
        return self._replace(
            identity_weight=self.identity_weight * scale,
            weights=room.weights.at[slots].set(1.0) * scale,
            vectors=self.vectors.at[slots].set(terms),
            squared_norm=full.squared_norm * scale**2,
            next=(self.next + len(terms)) % len(self.weights),
        )

    def _plus(self, terms: Float[Array, "L N"], weights: Float[Array, " L"]) -> "Factored":
        """With the squared norm that B has once sum_l weights_l terms_l terms_l^T is added.

        |B + sum c u u^T|^2 = |B|^2 + 2 sum c u^T B u + sum_lm c_l c_m (u_l . u_m)^2
        """
        mixed = jnp.sum(weights * jnp.einsum("ln,ln->l", terms, self._times_rows(terms)))
        among = weights @ (terms @ terms.T) ** 2 @ weights
        return self._replace(squared_norm=self.squared_norm + 2 * mixed + among)

    def _times_rows(self, rows: Float[Array, "L N"]) -> Float[Array, "L N"]:
        """B applied to every row."""
        return self.identity_weight * rows + ((rows @ self.vectors.T) * self.weights[None]) @ self.vectors

    def __matmul__(self, vector: Float[Array, " N"]) -> Float[Array, " N"]:
        return self._times_rows(vector[None])[0]


Preconditioner = Dense | Factored
