"""Optimus: a learned descent direction, preconditioned by a matrix that Transformer encoders update.

Source: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, section 4. The fields of `Optimus` say what
the paper leaves open, and what we chose.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from optimus.adafactor_mlp import DIRECTION_SCALE, descent
from optimus.features import NUMBER_OF_FEATURES, Accumulators, compute_features, empty_accumulators, initial_decays
from optimus.layers import init_linear, init_mlp, linear
from optimus.learned import number_of_parameters
from optimus.objective import OptimusError
from optimus.preconditioner import Dense, Factored, Preconditioner
from optimus.transformer import Encoder


class OptimusState(NamedTuple):
    """What Optimus keeps from step to step.

    Attributes:
        accumulators: Running averages from which the features come.
        preconditioner: The matrix B; None in the variants that predict it afresh or have none.
    """

    accumulators: Accumulators
    preconditioner: Preconditioner | None


@dataclass(frozen=True)
class Optimus:
    """Changes x by -B s. An MLP predicts s from the features of each parameter; encoders predict rank-one terms of B.

    Attributes:
        mlp_widths: Hidden layers of the MLP (paper: "4-layer MLP with 128 units per layer").
        width: Width of the Transformer (paper: 128).
        encoders: Number of its encoders (paper: 3).
        heads: Of the attention; the paper does not say how many.
        feed_forward: Width of the encoders' hidden layers. The paper does not say; with 768 and four heads, the number
            of meta-parameters is within 0.6 % of the paper's.
        variant: "full", or one of the paper's ablations. "no_state" starts from B = I at every step. In "no_structure"
            the encoders predict the step: what they add to the embedded features, averaged over the channels, is
            added to s.
        norm: What the Frobenius norm of B is kept at. "one" is the paper's formula as it is written. With "identity",
            the norm is sqrt(N), the norm of I, and u / sqrt(N) takes the place of u in a rank-one term. Then
            neither the length of a step in each parameter nor the weight of a term beside the identity depends on N.
        capacity: Number of rank-one terms to keep. With this many parameters or fewer, B is stored as a matrix.
        chunk: Number of queries that attend at a time, so that memory grows linearly with N; None for all at once.

    Raises:
        OptimusError: The fields do not fit together.
    """

    mlp_widths: tuple[int, ...] = (128, 128, 128)
    width: int = 128
    encoders: int = 3
    heads: int = 4
    feed_forward: int = 768
    variant: Literal["full", "no_state", "no_structure"] = "full"
    norm: Literal["identity", "one"] = "identity"
    capacity: int = 300
    chunk: int | None = None

    def __post_init__(self) -> None:
        if min(self.width, self.encoders, self.heads, self.feed_forward) < 1 or self.width % self.heads:
            raise OptimusError(
                f"{self.encoders} encoders of width {self.width} with {self.heads} heads and feed-forward layers of "
                f"{self.feed_forward} are impossible: give positive numbers, the width a multiple of the heads"
            )
        if self.capacity < self.encoders:
            raise OptimusError(
                f"capacity of Optimus is {self.capacity}: one step alone has {self.encoders} terms, keep at least these"
            )

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Draw new meta-parameters. The read-outs start small, so that B stays near I for a hundred steps."""
        mlp, embedding, *encoders = jax.random.split(key, 2 + 2 * self.encoders)
        params = {
            "decays": initial_decays(),
            "mlp": init_mlp(mlp, (NUMBER_OF_FEATURES, *self.mlp_widths, 2)),
            "embedding": init_linear(embedding, NUMBER_OF_FEATURES, self.width),
            "encoders": [self._encoder.init(k) for k in encoders[: self.encoders]],
        }
        if self.variant != "no_structure":
            readouts = [init_linear(k, self.width, 1) for k in encoders[self.encoders :]]
            params["readouts"] = [{**readout, "weight": 0.01 * readout["weight"]} for readout in readouts]
        return params

    def start(self, params: PyTree) -> OptimusState:
        """Return the state before the first gradient."""
        dimension = number_of_parameters(params)
        kept = self._identity(dimension) if self.variant == "full" else None
        return OptimusState(empty_accumulators(dimension), kept)

    def update(
        self,
        params: dict[str, Any],
        state: OptimusState,
        gradient: Float[Array, " N"],
        x: Float[Array, " N"],
        value: Float[Array, ""] | None = None,
    ) -> tuple[Float[Array, " N"], OptimusState]:
        """Return the change of x, and the next state."""
        del value
        features, accumulators = compute_features(params["decays"], state.accumulators, gradient, x)
        step = descent(params["mlp"], features)
        embedded = linear(params["embedding"], features)
        encoded = self._encode(params, embedded)
        if self.variant == "no_structure":
            change = DIRECTION_SCALE * jnp.mean(encoded[-1] - embedded, axis=1)
            return -(step + change), OptimusState(accumulators, None)
        before = self._identity(len(x)) if state.preconditioner is None else state.preconditioner
        preconditioner = before.update(self._terms(params, encoded), self._norm(len(x)))
        kept = preconditioner if self.variant == "full" else None
        return -(preconditioner @ step), OptimusState(accumulators, kept)

    @property
    def _encoder(self) -> Encoder:
        return Encoder(self.width, self.heads, self.feed_forward, self.chunk)

    def _encode(self, params: dict[str, Any], rows: Float[Array, "N D"]) -> list[Float[Array, "N D"]]:
        """Return the output of every encoder."""
        outputs = []
        for encoder in params["encoders"]:
            rows = self._encoder(encoder, rows)
            outputs.append(rows)
        return outputs

    def _terms(self, params: dict[str, Any], encoded: list[Float[Array, "N D"]]) -> Float[Array, "L N"]:
        """Return the vectors u of this step's rank-one terms u u^T."""
        terms = [linear(readout, rows)[:, 0] for readout, rows in zip(params["readouts"], encoded, strict=True)]
        scale = 1.0 if self.norm == "one" else len(terms[0]) ** -0.5
        return scale * jnp.stack(terms)

    def _norm(self, dimension: int) -> float:
        return 1.0 if self.norm == "one" else math.sqrt(dimension)

    def _identity(self, dimension: int) -> Preconditioner:
        capacity = self.capacity if self.variant == "full" else self.encoders
        return Dense.identity(dimension) if dimension <= capacity else Factored.identity(dimension, capacity)
