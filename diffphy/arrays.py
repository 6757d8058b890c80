"""The type of an array that may come from JAX or from numpy."""

import numpy as np
from jaxtyping import Array

AnyArray = Array | np.ndarray
