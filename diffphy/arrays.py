"""Arrays that may come from JAX or from numpy: their types, and which of the two to compute with."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

AnyArray = Array | np.ndarray
Scalar = float | Float[Array, ""]


def array_namespace(*values: Any) -> ModuleType:
    """Return `jax.numpy` if any number in the values is traced (differentiated, mapped or compiled), else numpy."""
    traced = any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(values))
    return jnp if traced else np
