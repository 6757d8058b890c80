"""Images of twice the width and height, and back. This smooths jagged edges."""

import numpy as np
from jaxtyping import Float

SCALE = 2


def shrink(image: Float[np.ndarray, "_h _w *c"]) -> Float[np.ndarray, "_half_h _half_w *c"]:
    """Halve the height and width: each pixel is the mean of four."""
    rows = image[::2] + image[1::2]
    return (rows[:, ::2] + rows[:, 1::2]) / 4


def shrink_depth(depth: Float[np.ndarray, "_h _w"]) -> Float[np.ndarray, "_half_h _half_w"]:
    """Halve the height and width: each pixel is the nearest of four."""
    rows = np.minimum(depth[::2], depth[1::2])
    return np.minimum(rows[:, ::2], rows[:, 1::2])


def enlarge(image: Float[np.ndarray, "_h _w"]) -> Float[np.ndarray, "_double_h _double_w"]:
    """Double the height and width: each pixel is repeated four times."""
    return image.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
