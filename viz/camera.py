"""The pinhole camera of a picture, shared by the renderer, the ground and the arrows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from viz.bullet import pybullet

NEAR, FAR = 0.1, 100.0  # m


@dataclass(frozen=True)
class ViewCamera:
    """A camera that looks from `eye` to `target`. Pixels count from the top left corner, x right, y down.

    Attributes:
        eye: Position of the camera in the world (Z up), m.
        target: A point on its optical axis, m.
        focal: Focal length, pixels.
        centre: Where the optical axis meets the image, pixels.
        size: Width and height of the image, pixels.
        up: The world direction that is up in the image. The ground can be drawn only for the default.
    """

    eye: Float[np.ndarray, "3"]
    target: Float[np.ndarray, "3"]
    focal: float
    centre: tuple[float, float]
    size: tuple[int, int]
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)

    @classmethod
    def look_at(cls, eye, target, size: tuple[int, int], field_of_view: float) -> "ViewCamera":
        """Return a camera whose image spans `field_of_view` radians vertically."""
        width, height = size
        focal = height / 2 / np.tan(field_of_view / 2)
        return cls(np.asarray(eye, float), np.asarray(target, float), focal, (width / 2, height / 2), size)

    def crop(self, left: int, top: int, right: int, bottom: int, scale: int) -> "ViewCamera":
        """Return the camera that sees only this rectangle. Each of its pixels becomes `scale` x `scale` pixels."""
        centre = (scale * (self.centre[0] - left), scale * (self.centre[1] - top))
        size = (scale * (right - left), scale * (bottom - top))
        return ViewCamera(self.eye, self.target, scale * self.focal, centre, size, self.up)

    @cached_property
    def axes(self) -> Float[np.ndarray, "3 3"]:
        """The camera's right, down and forward directions in the world, one a row."""
        forward = self.target - self.eye
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, self.up)
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    def project(self, points: Float[np.ndarray, "N 3"]) -> tuple[Float[np.ndarray, "N 2"], Float[np.ndarray, "N"]]:
        """Return pixels and depths along the optical axis, m, of world points. Pixels have no meaning at depth <= 0."""
        x, y, depth = self.axes @ (points - self.eye).T
        safe_depth = np.where(depth > 0, depth, 1.0)
        pixels = self.focal * np.stack([x, y], -1) / safe_depth[..., None] + np.asarray(self.centre)
        return pixels, depth

    def rays(self) -> Float[np.ndarray, "height width 3"]:
        """Return the world direction through the centre of each pixel, with length 1 along the optical axis."""
        width, height = self.size
        x = ((np.arange(width) + 0.5 - self.centre[0]) / self.focal).astype(np.float32)
        y = ((np.arange(height) + 0.5 - self.centre[1]) / self.focal).astype(np.float32)
        right, down, forward = self.axes.astype(np.float32)
        return x[None, :, None] * right + (y[:, None, None] * down + forward)

    @property
    def rise(self) -> Float[np.ndarray, "height"]:
        """The vertical component of each row's rays. It is the same along a row, because the camera never rolls."""
        y = np.arange(self.size[1]) + 0.5 - self.centre[1]
        return y / self.focal * self.axes[1, 2] + self.axes[2, 2]

    @property
    def view_matrix(self) -> tuple[float, ...]:
        """OpenGL's view matrix, column by column."""
        return pybullet.computeViewMatrix(self.eye.tolist(), self.target.tolist(), self.up)

    @property
    def projection_matrix(self) -> tuple[float, ...]:
        """OpenGL's projection matrix, column by column. It is off-axis if the camera is a crop."""
        (width, height), (x, y) = self.size, self.centre
        sides = np.array([-x, width - x, y - height, y]) * NEAR / self.focal
        return pybullet.computeProjectionMatrix(*sides.tolist(), NEAR, FAR)
