"""Arrays that may come from JAX or from numpy: their types, and which of the two to compute with."""

from types import ModuleType
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

T = TypeVar("T")

AnyArray = Array | np.ndarray
Scalar = float | Float[Array, ""]


def array_namespace(*values: Any) -> ModuleType:
    """Return `jax.numpy` if any number in the values is traced (differentiated, mapped or compiled), else numpy."""
    traced = any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(values))
    return jnp if traced else np


def on_device(tree: T) -> T:
    """Return a tree whose arrays belong to the default device, as the results of compiled functions do.

    A function that gets such results and other arrays in turns would be compiled for each of both.
    """
    return jax.device_put(tree, jax.local_devices()[0])
