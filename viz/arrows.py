"""Contact forces as arrows on a picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from viz.camera import ViewCamera

LENGTH = 0.45  # m, for a force of one body weight
LEAST = 0.02  # body weights; smaller forces are not drawn
WIDTH, HEAD_WIDTH, HEAD_LENGTH = 0.008, 0.028, 0.040  # in image heights
COLOR, RIM = (214, 45, 62), (255, 255, 255)
SUPERSAMPLING = 4


def net_forces(
    position: Float[np.ndarray, "C 3"], force: Float[np.ndarray, "C 3"], group: Sequence[int]
) -> tuple[Float[np.ndarray, "G 3"], Float[np.ndarray, "G 3"]]:
    """Return mean position, m, and total force, N, of each group of contacts. The mean is weighted by magnitude."""
    numbers, index = np.unique(np.asarray(group), return_inverse=True)
    weight = np.linalg.norm(force, axis=-1) + 1e-12  # a group without force keeps its plain mean
    total, moment, sizes = np.zeros((len(numbers), 3)), np.zeros((len(numbers), 3)), np.zeros(len(numbers))
    np.add.at(total, index, force)
    np.add.at(moment, index, weight[:, None] * position)
    np.add.at(sizes, index, weight)
    return moment / sizes[:, None], total


def draw_forces(
    image: UInt8[np.ndarray, "height width 3"],
    camera: ViewCamera,
    position: Float[np.ndarray, "C 3"],
    force: Float[np.ndarray, "C 3"],
    body_weight: float,
) -> UInt8[np.ndarray, "height width 3"]:
    """Return the RGB image with an arrow for each contact force, `LENGTH` long for one body weight.

    Args:
        image: RGB.
        camera: The camera of the image.
        position: Where the forces act, m.
        force: Forces on the body, N.
        body_weight: N.
    """
    size = np.linalg.norm(force, axis=-1) / body_weight
    start, start_depth = camera.project(position)
    tip, tip_depth = camera.project(position + LENGTH * force / body_weight)
    drawn = (size > LEAST) & (start_depth > 0) & (tip_depth > 0)
    if not drawn.any():
        return image
    height = camera.size[1]
    outlines = np.stack([_outline(*ends, height) for ends in zip(start[drawn], tip[drawn], strict=True)])
    rim = max(1, height // 400)
    corner = np.floor(outlines.min(axis=(0, 1))).astype(int) - 2 * rim
    extent = np.ceil(outlines.max(axis=(0, 1))).astype(int) + 2 * rim - corner
    overlay = Image.new("RGBA", tuple((SUPERSAMPLING * extent).tolist()), (*RIM, 0))
    draw = ImageDraw.Draw(overlay)
    polygons = [list(map(tuple, SUPERSAMPLING * (outline - corner))) for outline in outlines]
    for polygon in polygons:
        draw.line([*polygon, *polygon[:2]], (*RIM, 255), 2 * rim * SUPERSAMPLING, "curve")
    for polygon in polygons:
        draw.polygon(polygon, (*COLOR, 255))
    overlay = overlay.reduce(SUPERSAMPLING)
    picture = Image.fromarray(image)
    picture.paste(overlay, tuple(corner.tolist()), overlay)
    return np.asarray(picture)


def _outline(start: Float[np.ndarray, "2"], tip: Float[np.ndarray, "2"], height: int) -> Float[np.ndarray, "7 2"]:
    """Return the corners of an arrow, pixels. A short arrow is only a head, scaled down."""
    reach = np.linalg.norm(tip - start)
    along = (tip - start) / max(reach, 1e-9)
    across = np.array([-along[1], along[0]])
    scale = height * min(1.0, reach / (1.5 * HEAD_LENGTH * height))
    neck = tip - HEAD_LENGTH * scale * along
    shaft, head = WIDTH * scale / 2 * across, HEAD_WIDTH * scale / 2 * across
    return np.stack([start + shaft, neck + shaft, neck + head, tip, neck - head, neck - shaft, start - shaft])
