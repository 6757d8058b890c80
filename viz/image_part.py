"""A rectangle of an image. The expensive work is done only where something is visible."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from viz.camera import ViewCamera


class ImagePart(NamedTuple):
    """A rectangle, pixels. `right` and `bottom` are the first column and row outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def full_image(cls, camera: ViewCamera) -> "ImagePart":
        """Return the whole image of a camera."""
        return cls(0, 0, *camera.size)

    @classmethod
    def around_spheres(
        cls, camera: ViewCamera, centre: Float[np.ndarray, "N 3"], radius: Float[np.ndarray, "N"]
    ) -> "ImagePart":
        """Return the part of the image in which these spheres (m) appear."""
        pixels, depth = camera.project(centre)
        spread = (camera.focal * radius / np.maximum(depth - radius, 0.1) + 2)[:, None]
        low = np.floor((pixels - spread).min(axis=0)).clip(0, np.array(camera.size) - 2)
        high = np.ceil((pixels + spread).max(axis=0)).clip(low + 2, camera.size)
        return cls(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    def of(self, image: np.ndarray) -> np.ndarray:
        """Return a view of this part of an image (height, width, ...)."""
        return image[self.top : self.bottom, self.left : self.right]

    def crop_camera(self, camera: ViewCamera, scale: int = 1) -> ViewCamera:
        """Return the camera that sees only this part. Each of its pixels becomes `scale` x `scale` pixels."""
        return camera.crop(self.left, self.top, self.right, self.bottom, scale)
