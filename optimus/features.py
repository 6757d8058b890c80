"""The 43 features of Adafactor MLP: what a learned optimizer sees of each parameter.

Source: Metz et al., Practical tradeoffs between memory, compute, and performance in learned optimizers, 2022, and the
implementation that its authors publish (google/learned_optimization), for parameters in one vector.
"""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

NUMBER_OF_FEATURES = 43
"""Of one parameter: 32 normalised features and 11 features of time."""
STARTING_DECAYS = (0.9, 0.99, 0.999)
TIME_SCALES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5)
# The squares of larger gradients overflow float32.
_LARGEST_GRADIENT = 1e15


class Decays(NamedTuple):
    """Meta-learned decays beta of the accumulators, three of each kind, stored as log(1 - beta) / 10.

    Attributes:
        momentum: For the averages of the gradient.
        second_moment: For the averages of its square.
        adafactor: For Adafactor's averages of its square.
    """

    momentum: Float[Array, "3"]
    second_moment: Float[Array, "3"]
    adafactor: Float[Array, "3"]


class Accumulators(NamedTuple):
    """Running averages over the steps so far, for N parameters. They start at zero, without bias correction.

    Attributes:
        momentum: Averages of the gradient.
        second_moment: Averages of its square.
        adafactor: Averages of its square, with decays of their own.
        step: Number of gradients seen.
    """

    momentum: Float[Array, "N 3"]
    second_moment: Float[Array, "N 3"]
    adafactor: Float[Array, "N 3"]
    step: Float[Array, ""]


def initial_decays() -> Decays:
    """Return the decays 0.9, 0.99 and 0.999 for each kind."""
    stored = jnp.array([math.log(1 - decay) / 10 for decay in STARTING_DECAYS], jnp.float32)
    return Decays(stored, stored, stored)


def empty_accumulators(dimension: int) -> Accumulators:
    """Return the accumulators before the first gradient of `dimension` parameters."""
    zero = jnp.zeros((dimension, len(STARTING_DECAYS)), jnp.float32)
    return Accumulators(zero, zero, zero, jnp.zeros((), jnp.float32))


def compute_features(
    decays: Decays, accumulators: Accumulators, gradient: Float[Array, " N"], x: Float[Array, " N"]
) -> tuple[Float[Array, "N 43"], Accumulators]:
    """Return the features of every parameter at `x`, and the accumulators with the gradient at `x` added.

    Gradients are clipped so that their squares fit into float32. NaN counts as zero.
    """
    g = jnp.clip(jnp.nan_to_num(gradient), -_LARGEST_GRADIENT, _LARGEST_GRADIENT)[:, None]
    momentum = _average(decays.momentum, accumulators.momentum, g)
    second = _average(decays.second_moment, accumulators.second_moment, g**2)
    adafactor = _average(decays.adafactor, accumulators.adafactor, g**2 + 1e-30)
    features = [
        g,
        x[:, None],
        momentum,
        second,
        momentum * lax.rsqrt(second + 1e-6),
        lax.rsqrt(second + 1e-6),
        g * lax.rsqrt(jnp.maximum(adafactor + 1e-9, 1e-9)),
        # A matrix has row and column factors of its second moment. For a vector, both are the moment itself.
        adafactor,
        adafactor,
        lax.rsqrt(adafactor + 1e-8),
        lax.rsqrt(adafactor + 1e-8),
        momentum * lax.rsqrt(adafactor + 1e-6),
    ]
    normalised = _normalise(jnp.concatenate(features, axis=1))
    time = jnp.tanh(accumulators.step / jnp.array(TIME_SCALES, jnp.float32) - 1)
    time = jnp.broadcast_to(time, (len(x), len(TIME_SCALES)))
    updated = Accumulators(momentum, second, adafactor, accumulators.step + 1)
    return jnp.concatenate([normalised, time], axis=1), updated


def _average(stored: Float[Array, "3"], average: Float[Array, "N 3"], value: Float[Array, "N 1"]) -> Array:
    decay = jnp.clip(1 - jnp.exp(10 * stored), 0.0, 1.0)[None]
    return decay * average + (1 - decay) * value


def _normalise(features: Float[Array, "N F"]) -> Float[Array, "N F"]:
    """Divide each feature by sqrt(1e-5 + its mean square), scaled first so that no square overflows."""
    scale = lax.stop_gradient(jnp.maximum(jnp.max(jnp.abs(features), axis=0, keepdims=True), 1.0))
    scaled = features / scale
    return scaled * lax.rsqrt(1e-5 / scale**2 + jnp.mean(scaled**2, axis=0, keepdims=True))
