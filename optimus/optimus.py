"""Optimus: a learned descent direction, preconditioned by a matrix that Transformer encoders update.

Source: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, section 4. What the paper leaves open, and
what is chosen here, is said at each field of `Optimus`.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from optimus.adafactor_mlp import DIRECTION_SCALE, descent
from optimus.features import NUMBER, Accumulators, empty_accumulators, initial_decays, observe
from optimus.layers import init_linear, init_mlp, linear
from optimus.objective import OptimusError
from optimus.preconditioner import Dense, Factored, Preconditioner
from optimus.transformer import Encoder


class OptimusState(NamedTuple):
    """What is kept from step to step. preconditioner: B, None where it is predicted afresh or not at all."""

    accumulators: Accumulators
    preconditioner: Preconditioner | None


@dataclass(frozen=True)
class Optimus:
    """x changes by -B s: s from an MLP for each parameter, B from the encoders' rank-one terms.

    mlp_widths: hidden layers of the MLP (paper: "4-layer MLP with 128 units per layer").
    width, encoders: of the Transformer (paper: 128 and 3). heads, feed_forward: not in the paper; these widths come
        within 0.6 % of its parameter count.
    variant: the paper's ablations. "no_state" starts from the identity at every step; in "no_structure" the encoders
        predict the step: what they add to the embedded features, averaged over the channels, is added to s.
    norm: what the Frobenius norm of B is kept at. "one" is the paper's formula as it is written; with "identity" it is
        that of the identity, sqrt(N), and a rank-one term is that of u / sqrt(N), so that neither the length of a step
        in each parameter nor the weight of a term beside the identity depends on N.
    capacity: rank-one terms that are kept. With so many parameters or fewer, B is a matrix.
    chunk: queries that attend at a time, for attention in linear memory; None for all.
    Raises OptimusError where these do not go together.
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
                f"{self.feed_forward} cannot be: give positive numbers, the width a multiple of the heads"
            )
        if self.capacity < self.encoders:
            raise OptimusError(f"capacity of Optimus is {self.capacity}: one step alone has {self.encoders} terms")

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Meta-parameters to train. The read-outs start small, and keep B near the identity for a hundred steps."""
        mlp, embedding, *encoders = jax.random.split(key, 2 + 2 * self.encoders)
        params = {
            "decays": initial_decays(),
            "mlp": init_mlp(mlp, (NUMBER, *self.mlp_widths, 2)),
            "embedding": init_linear(embedding, NUMBER, self.width),
            "encoders": [self._encoder.init(k) for k in encoders[: self.encoders]],
        }
        if self.variant != "no_structure":
            readouts = [init_linear(k, self.width, 1) for k in encoders[self.encoders :]]
            params["readouts"] = [{**readout, "weight": 0.01 * readout["weight"]} for readout in readouts]
        return params

    def start(self, dimension: int) -> OptimusState:
        """The state before the first gradient of `dimension` parameters."""
        kept = self._identity(dimension) if self.variant == "full" else None
        return OptimusState(empty_accumulators(dimension), kept)

    def update(
        self, params: dict[str, Any], state: OptimusState, gradient: Float[Array, " N"], x: Float[Array, " N"]
    ) -> tuple[Float[Array, " N"], OptimusState]:
        """The change of x, and the next state."""
        features, accumulators = observe(params["decays"], state.accumulators, gradient, x)
        step = descent(params["mlp"], features)
        embedded = linear(params["embedding"], features)
        encoded = self._encoded(params, embedded)
        if self.variant == "no_structure":
            change = DIRECTION_SCALE * jnp.mean(encoded[-1] - embedded, axis=1)
            return -(step + change), OptimusState(accumulators, None)
        before = self._identity(len(x)) if state.preconditioner is None else state.preconditioner
        preconditioner = before.updated(self._terms(params, encoded), self._size(len(x)))
        kept = preconditioner if self.variant == "full" else None
        return -(preconditioner @ step), OptimusState(accumulators, kept)

    @property
    def _encoder(self) -> Encoder:
        return Encoder(self.width, self.heads, self.feed_forward, self.chunk)

    def _encoded(self, params: dict[str, Any], rows: Float[Array, "N D"]) -> list[Float[Array, "N D"]]:
        """The output of every encoder."""
        outputs = []
        for encoder in params["encoders"]:
            rows = self._encoder(encoder, rows)
            outputs.append(rows)
        return outputs

    def _terms(self, params: dict[str, Any], encoded: list[Float[Array, "N D"]]) -> Float[Array, "L N"]:
        """The vectors u of this step's rank-one terms."""
        terms = [linear(readout, rows)[:, 0] for readout, rows in zip(params["readouts"], encoded, strict=True)]
        scale = 1.0 if self.norm == "one" else len(terms[0]) ** -0.5
        return scale * jnp.stack(terms)

    def _size(self, dimension: int) -> float:
        return 1.0 if self.norm == "one" else math.sqrt(dimension)

    def _identity(self, dimension: int) -> Preconditioner:
        capacity = self.capacity if self.variant == "full" else self.encoders
        return Dense.identity(dimension) if dimension <= capacity else Factored.identity(dimension, capacity)
