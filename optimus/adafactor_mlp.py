"""Adafactor MLP: the learned optimizer that moves each parameter by what a small network makes of its features.

Source: Metz et al., Practical tradeoffs between memory, compute, and performance in learned optimizers, 2022.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from optimus.features import NUMBER, Accumulators, empty_accumulators, initial_decays, observe
from optimus.layers import Linear, init_mlp, mlp

DIRECTION_SCALE = 0.1
MAGNITUDE_SCALE = 0.1
"""lambda_a and lambda_b of Optimus, equation 2; the same in Adafactor MLP here, where the paper names none."""


@dataclass(frozen=True)
class AdafactorMLP:
    """43 features -> hidden layers of ReLU -> direction and log magnitude, the same for each parameter.

    widths: of the hidden layers; (512, 512, 512, 512) and (128, 128) are the two sizes of the paper's table 4.
    """

    widths: tuple[int, ...] = (128, 128)

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Meta-parameters to train."""
        return {"decays": initial_decays(), "mlp": init_mlp(key, (NUMBER, *self.widths, 2))}

    def start(self, dimension: int) -> Accumulators:
        """The state before the first gradient of `dimension` parameters."""
        return empty_accumulators(dimension)

    def update(
        self, params: dict[str, Any], state: Accumulators, gradient: Float[Array, " N"], x: Float[Array, " N"]
    ) -> tuple[Float[Array, " N"], Accumulators]:
        """The change of x, and the next state."""
        features, state = observe(params["decays"], state, gradient, x)
        return -descent(params["mlp"], features), state


def descent(params: Sequence[Linear], features: Float[Array, "N F"]) -> Float[Array, " N"]:
    """s = lambda_a exp(lambda_b alpha) d (Optimus, equation 2), with the MLP's outputs d and alpha."""
    direction, magnitude = jnp.moveaxis(mlp(params, features), -1, 0)
    return DIRECTION_SCALE * jnp.exp(MAGNITUDE_SCALE * magnitude) * direction
