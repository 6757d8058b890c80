"""Adafactor MLP: a learned optimizer in which a small network moves each parameter according to its features.

Source: Metz et al., Practical tradeoffs between memory, compute, and performance in learned optimizers, 2022.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from optimus.features import NUMBER_OF_FEATURES, Accumulators, compute_features, empty_accumulators, initial_decays
from optimus.layers import Linear, init_mlp, mlp
from optimus.learned import number_of_parameters

DIRECTION_SCALE = 0.1
MAGNITUDE_SCALE = 0.1
"""lambda_a and lambda_b of Optimus, equation 2. We use them in Adafactor MLP too; its paper names no values."""


@dataclass(frozen=True)
class AdafactorMLP:
    """A multilayer perceptron: 43 features -> hidden layers with ReLU -> direction and log magnitude.

    The same network moves every parameter.

    Attributes:
        widths: Of the hidden layers. Table 4 of the Optimus paper has (512, 512, 512, 512) and (128, 128).
    """

    widths: tuple[int, ...] = (128, 128)

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Draw new meta-parameters."""
        return {"decays": initial_decays(), "mlp": init_mlp(key, (NUMBER_OF_FEATURES, *self.widths, 2))}

    def start(self, params: PyTree) -> Accumulators:
        """Return the state before the first gradient."""
        return empty_accumulators(number_of_parameters(params))

    def update(
        self,
        params: dict[str, Any],
        state: Accumulators,
        gradient: Float[Array, " N"],
        x: Float[Array, " N"],
        value: Float[Array, ""] | None = None,
    ) -> tuple[Float[Array, " N"], Accumulators]:
        """Return the change of x, and the next state."""
        del value
        features, state = compute_features(params["decays"], state, gradient, x)
        return -descent(params["mlp"], features), state


def descent(params: Sequence[Linear], features: Float[Array, "N F"]) -> Float[Array, " N"]:
    """Return s = lambda_a exp(lambda_b alpha) d (Optimus, equation 2). d and alpha are the outputs of the MLP."""
    direction, magnitude = jnp.moveaxis(mlp(params, features), -1, 0)
    return DIRECTION_SCALE * jnp.exp(MAGNITUDE_SCALE * magnitude) * direction
