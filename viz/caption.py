"""Text on a picture."""

from pathlib import Path

import matplotlib
import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

INK, QUIET = (45, 52, 62), (110, 118, 128)
HEIGHT = 0.034  # height of the letters, in image heights
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def draw_caption(
    image: UInt8[np.ndarray, "height width 3"], text: str, legend: list[tuple[str, tuple[int, int, int]]]
) -> UInt8[np.ndarray, "height width 3"]:
    """Return the RGB image with `text` at the top left and, at the bottom, the legend with coloured dots."""
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    size = max(9, round(HEIGHT * picture.height))
    margin = size
    draw.text((margin, margin), text, INK, ImageFont.truetype(FONTS / "DejaVuSans.ttf", size))
    small = ImageFont.truetype(FONTS / "DejaVuSans.ttf", max(8, round(0.8 * size)))
    left, middle, dot = float(margin), picture.height - 1.5 * margin, 0.32 * size
    for entry, color in legend:
        draw.ellipse((left, middle - dot, left + 2 * dot, middle + dot), color)
        left += 3 * dot
        draw.text((left, middle), entry, QUIET, small, anchor="lm")
        left += draw.textlength(entry, small) + 1.2 * size
    return np.asarray(picture)
