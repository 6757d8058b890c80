"""The pinhole camera with OpenCV's lens distortion: from points in the world to pixels, differentiably.

Source of the model: OpenCV, camera calibration and 3D reconstruction, `projectPoints`.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from diffphy import rotations
from diffphy.arrays import AnyArray

NEAR = 0.05  # m: what is closer to the plane of the camera, or behind it, has no image
EDGE = 4.0  # at depth 1, 76 degrees from the axis: farther out no lens of a pinhole's kind sees


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Camera:
    """Where a camera is and what it does to the light.

    It looks along its z axis, its image's columns grow along x and its rows along y. A camera that moves has one
    rotation and translation for each of F frames, one that stands has one for all.

    rotation: from world to camera axes, wxyz. translation: of the world's origin in camera axes, m.
    focal, principal: focal lengths and where the optical axis meets the image, along columns and rows, pixels; (0, 0)
        is the middle of the pixel at the upper left.
    distortion: k1, k2, p1, p2, k3, k4, k5, k6, in OpenCV's order.
    """

    rotation: Float[AnyArray, "*frames 4"]
    translation: Float[AnyArray, "*frames 3"]
    focal: Float[AnyArray, "2"]
    principal: Float[AnyArray, "2"]
    distortion: Float[AnyArray, "8"]

    @property
    def moves(self) -> bool:
        """Whether it has a pose for each frame."""
        return np.ndim(self.rotation) > 1

    def at(self, frames: np.ndarray) -> "Camera":
        """The camera in the frames with these indices."""
        if not self.moves:
            return self
        return replace(self, rotation=self.rotation[frames], translation=self.translation[frames])


def in_camera(camera: Camera, point: Float[AnyArray, "*points 3"]) -> Float[Array, "*points 3"]:
    """World points, m, in the camera's axes: to the right, down, and the depth.

    The points of a camera that moves have the frame as their first axis.
    """
    between = range(1 if camera.moves else 0, np.ndim(point) - 1)
    rotation, translation = (
        jnp.expand_dims(jnp.asarray(a), tuple(between)) for a in (camera.rotation, camera.translation)
    )
    return rotations.rotate(rotation, point) + translation


def project(camera: Camera, point: Float[AnyArray, "*points 3"]) -> Float[Array, "*points 2"]:
    """Pixels of world points, m. Points nearer than `NEAR` get finite pixels without meaning (see `visible`)."""
    seen = in_camera(camera, point)
    x, y = seen[..., 0], seen[..., 1]
    depth = jnp.where(seen[..., 2] > NEAR, seen[..., 2], NEAR)  # guarded inside: no division by zero in its slope
    x, y = _distorted(camera.distortion, x / depth, y / depth)
    (focal_x, focal_y), (middle_x, middle_y) = camera.focal, camera.principal
    return jnp.stack([focal_x * x + middle_x, focal_y * y + middle_y], axis=-1)


def visible(camera: Camera, point: Float[AnyArray, "*points 3"]) -> Bool[Array, "*points"]:
    """Whether the points are far enough before the camera to have an image, and not where the lens folds it over."""
    seen = in_camera(camera, point)
    ahead = seen[..., 2] > NEAR
    depth = jnp.where(ahead, seen[..., 2], 1.0)
    squared = (seen[..., 0] ** 2 + seen[..., 1] ** 2) / depth**2
    return ahead & (squared < _fold(camera.distortion) ** 2)


def _fold(distortion: Float[AnyArray, "8"]) -> Float[Array, ""]:
    """The distance from the axis, at depth 1, from which on rays farther out are drawn nearer to it; at most `EDGE`.

    A polynomial that was fitted within a picture does as it likes beyond it.
    """
    coefficients = jnp.asarray(distortion)
    radius = jnp.linspace(0.0, EDGE, 401, dtype=coefficients.dtype)
    radial = coefficients.at[2:4].set(0.0)
    distorted, _ = _distorted(radial, radius, jnp.zeros_like(radius))
    falls = jnp.diff(distorted) <= 0
    return jnp.where(jnp.any(falls), radius[jnp.argmax(falls)], EDGE)


def _distorted(
    distortion: Float[AnyArray, "8"], x: Float[Array, "*points"], y: Float[Array, "*points"]
) -> tuple[Float[Array, "*points"], Float[Array, "*points"]]:
    """Where the lens puts a ray that meets the plane at depth 1 in (x, y)."""
    k1, k2, p1, p2, k3, k4, k5, k6 = distortion
    squared = x * x + y * y
    radial = (1 + squared * (k1 + squared * (k2 + squared * k3))) / (1 + squared * (k4 + squared * (k5 + squared * k6)))
    tangential_x = 2 * p1 * x * y + p2 * (squared + 2 * x * x)
    tangential_y = p1 * (squared + 2 * y * y) + 2 * p2 * x * y
    return x * radial + tangential_x, y * radial + tangential_y
