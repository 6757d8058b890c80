"""A pinhole camera with OpenCV's lens distortion. It maps world points to pixels and is differentiable.

Source: OpenCV, Camera Calibration and 3D Reconstruction, `projectPoints`.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from diffphy import rotations
from diffphy.arrays import AnyArray

NEAR = 0.05  # m: depth below which a point has no image
EDGE = 4.0  # distance from the axis at depth 1, 76 degrees: no lens of this kind sees farther out


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Camera:
    """The pose, lens and pixels of a camera.

    The camera looks along its z axis. Columns of the image grow along x, rows along y. A moving camera has one rotation
    and translation for each of F frames, a fixed camera has one for all.

    Attributes:
        rotation: From world to camera axes, wxyz.
        translation: Position of the world's origin in camera axes, m.
        focal: Focal lengths along columns and rows, pixels.
        principal: Where the optical axis meets the image, pixels. (0, 0) is the centre of the upper left pixel.
        distortion: k1, k2, p1, p2, k3, k4, k5, k6, in OpenCV's order.
    """

    rotation: Float[AnyArray, "*frames 4"]
    translation: Float[AnyArray, "*frames 3"]
    focal: Float[AnyArray, "2"]
    principal: Float[AnyArray, "2"]
    distortion: Float[AnyArray, "8"]

    @property
    def moves(self) -> bool:
        """Whether the camera has a pose for each frame."""
        return np.ndim(self.rotation) > 1

    def at(self, frames: np.ndarray) -> "Camera":
        """Return the camera in the frames with these indices."""
        if not self.moves:
            return self
        return replace(self, rotation=self.rotation[frames], translation=self.translation[frames])


def to_camera_axes(camera: Camera, point: Float[AnyArray, "*points 3"]) -> Float[Array, "*points 3"]:
    """Return world points, m, in camera axes: right, down, depth.

    For a moving camera the first axis of the points is the frame.
    """
    between = range(1 if camera.moves else 0, np.ndim(point) - 1)
    rotation, translation = (
        jnp.expand_dims(jnp.asarray(a), tuple(between)) for a in (camera.rotation, camera.translation)
    )
    return rotations.rotate(rotation, point) + translation


def project(camera: Camera, point: Float[AnyArray, "*points 3"]) -> Float[Array, "*points 2"]:
    """Return the pixels of world points, m. Points nearer than `NEAR` get finite but meaningless pixels (`visible`)."""
    seen = to_camera_axes(camera, point)
    x, y = seen[..., 0], seen[..., 1]
    depth = jnp.where(seen[..., 2] > NEAR, seen[..., 2], NEAR)  # guarded inside, or its derivative divides by zero
    x, y = _distort(camera.distortion, x / depth, y / depth)
    (focal_x, focal_y), (middle_x, middle_y) = camera.focal, camera.principal
    return jnp.stack([focal_x * x + middle_x, focal_y * y + middle_y], axis=-1)


def visible(camera: Camera, point: Float[AnyArray, "*points 3"]) -> Bool[Array, "*points"]:
    """Return whether the points are in front of the camera and inside the range where its lens model holds."""
    seen = to_camera_axes(camera, point)
    ahead = seen[..., 2] > NEAR
    depth = jnp.where(ahead, seen[..., 2], 1.0)
    squared = (seen[..., 0] ** 2 + seen[..., 1] ** 2) / depth**2
    return ahead & (squared < _fold_radius(camera.distortion) ** 2)


def _fold_radius(distortion: Float[AnyArray, "8"]) -> Float[Array, ""]:
    """Return the distance from the axis, at depth 1, where the distorted image starts to fold back; at most `EDGE`.

    The polynomial was fitted to points inside the picture. Outside, it can turn back towards the axis.
    """
    coefficients = jnp.asarray(distortion)
    radius = jnp.linspace(0.0, EDGE, 401, dtype=coefficients.dtype)
    radial = coefficients.at[2:4].set(0.0)
    distorted, _ = _distort(radial, radius, jnp.zeros_like(radius))
    falls = jnp.diff(distorted) <= 0
    return jnp.where(jnp.any(falls), radius[jnp.argmax(falls)], EDGE)


def _distort(
    distortion: Float[AnyArray, "8"], x: Float[Array, "*points"], y: Float[Array, "*points"]
) -> tuple[Float[Array, "*points"], Float[Array, "*points"]]:
    """Return where the lens moves the ray through (x, y) at depth 1."""
    k1, k2, p1, p2, k3, k4, k5, k6 = distortion
    squared = x * x + y * y
    radial = (1 + squared * (k1 + squared * (k2 + squared * k3))) / (1 + squared * (k4 + squared * (k5 + squared * k6)))
    tangential_x = 2 * p1 * x * y + p2 * (squared + 2 * x * x)
    tangential_y = p1 * (squared + 2 * y * y) + 2 * p2 * x * y
    return x * radial + tangential_x, y * radial + tangential_y
