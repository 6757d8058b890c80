"""A pinhole camera that the renderer, the ground and the arrows share."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from viz.bullet import pybullet

NEAR, FAR = 0.1, 100.0  # m


@dataclass(frozen=True)
class ViewCamera:
    """Looks from `eye` to `target` (m, world frame, Z up); pixels count from the top left corner, x right, y down."""

    eye: Float[np.ndarray, "3"]
    target: Float[np.ndarray, "3"]
    focal: float  # pixels
    centre: tuple[float, float]  # where the optical axis meets the image, pixels
    size: tuple[int, int]  # width, height, pixels
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)  # what is up in the image; the ground is drawn for this one only

    @classmethod
    def looking_at(cls, eye, target, size: tuple[int, int], field_of_view: float) -> "ViewCamera":
        """A camera whose image spans `field_of_view` radians vertically."""
        width, height = size
        focal = height / 2 / np.tan(field_of_view / 2)
        return cls(np.asarray(eye, float), np.asarray(target, float), focal, (width / 2, height / 2), size)

    def crop(self, left: int, top: int, right: int, bottom: int, scale: int) -> "ViewCamera":
        """The camera that sees only this rectangle of pixels, each divided into `scale` x `scale`."""
        centre = (scale * (self.centre[0] - left), scale * (self.centre[1] - top))
        size = (scale * (right - left), scale * (bottom - top))
        return ViewCamera(self.eye, self.target, scale * self.focal, centre, size, self.up)

    @cached_property
    def axes(self) -> Float[np.ndarray, "3 3"]:
        """Rows: the image's right, down and forward direction in the world."""
        forward = self.target - self.eye
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, self.up)
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    def project(self, points: Float[np.ndarray, "N 3"]) -> tuple[Float[np.ndarray, "N 2"], Float[np.ndarray, "N"]]:
        """Pixel coordinates and depth along the optical axis (m) of world points; pixels mean nothing at depth <= 0."""
        x, y, depth = self.axes @ (points - self.eye).T
        safe_depth = np.where(depth > 0, depth, 1.0)
        pixels = self.focal * np.stack([x, y], -1) / safe_depth[..., None] + np.asarray(self.centre)
        return pixels, depth

    def rays(self) -> Float[np.ndarray, "height width 3"]:
        """World direction through the middle of each pixel, 1 along the optical axis; large, so not kept."""
        width, height = self.size
        x = ((np.arange(width) + 0.5 - self.centre[0]) / self.focal).astype(np.float32)
        y = ((np.arange(height) + 0.5 - self.centre[1]) / self.focal).astype(np.float32)
        right, down, forward = self.axes.astype(np.float32)
        return x[None, :, None] * right + (y[:, None, None] * down + forward)

    @property
    def rise(self) -> Float[np.ndarray, "height"]:
        """Vertical component of the rays of each row; it is the same along the row, because the camera never rolls."""
        y = np.arange(self.size[1]) + 0.5 - self.centre[1]
        return y / self.focal * self.axes[1, 2] + self.axes[2, 2]

    @property
    def view_matrix(self) -> tuple[float, ...]:
        """OpenGL's view matrix, column by column."""
        return pybullet.computeViewMatrix(self.eye.tolist(), self.target.tolist(), self.up)

    @property
    def projection_matrix(self) -> tuple[float, ...]:
        """OpenGL's projection matrix, column by column; off-axis where the camera is a crop."""
        (width, height), (x, y) = self.size, self.centre
        sides = np.array([-x, width - x, y - height, y]) * NEAR / self.focal
        return pybullet.computeProjectionMatrix(*sides.tolist(), NEAR, FAR)
