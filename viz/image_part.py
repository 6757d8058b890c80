"""A rectangle of an image: only where something is to be seen is the expensive work done."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from viz.camera import ViewCamera


class ImagePart(NamedTuple):
    """In pixels; right and bottom do not belong to it."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def whole(cls, camera: ViewCamera) -> "ImagePart":
        """All that the camera sees."""
        return cls(0, 0, *camera.size)

    @classmethod
    def around(
        cls, camera: ViewCamera, centre: Float[np.ndarray, "N 3"], radius: Float[np.ndarray, "N"]
    ) -> "ImagePart":
        """The part in which spheres (m) appear."""
        pixels, depth = camera.project(centre)
        spread = (camera.focal * radius / np.maximum(depth - radius, 0.1) + 2)[:, None]
        low = np.floor((pixels - spread).min(axis=0)).clip(0, np.array(camera.size) - 2)
        high = np.ceil((pixels + spread).max(axis=0)).clip(low + 2, camera.size)
        return cls(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    def of(self, image: np.ndarray) -> np.ndarray:
        """A view of this part of an image (height, width, ...)."""
        return image[self.top : self.bottom, self.left : self.right]

    def seen_by(self, camera: ViewCamera, scale: int = 1) -> ViewCamera:
        """The camera that sees only this part, each pixel divided into `scale` x `scale`."""
        return camera.crop(self.left, self.top, self.right, self.bottom, scale)
