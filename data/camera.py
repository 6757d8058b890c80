"""The camera of a recording, as files describe it, in OpenCV's conventions."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.rotations import from_wxyz

COEFFICIENTS = 8
"""Number of distortion coefficients that we use: k1, k2, p1, p2, k3, k4, k5, k6."""
KNOWN_NUMBERS = (0, 4, 5, 8, 12, 14)  # numbers of coefficients in OpenCV; those after the eighth must be zero


def upwards(pitch: float, roll: float) -> Float[np.ndarray, "3"]:
    """Return the upward direction in the axes of a camera that looks up and is turned by these angles, as in `Held`."""
    return np.array([np.sin(roll) * np.cos(pitch), -np.cos(roll) * np.cos(pitch), np.sin(pitch)])


@dataclass(frozen=True)
class Held:
    """How a camera without a pose is held. What is None is not known.

    Attributes:
        pitch: Angle by which it looks up, rad.
        roll: Angle by which it is turned anticlockwise about its axis, as it sees the scene, rad.
        height: Height above the ground, m.
    """

    pitch: float | None = None
    roll: float | None = None
    height: float | None = None

    @property
    def up(self) -> Float[np.ndarray, "3"] | None:
        """The upward direction in the camera's axes, level where only one angle is known. None: no angle is known."""
        return None if self.pitch is self.roll is None else upwards(self.pitch or 0.0, self.roll or 0.0)


@dataclass(frozen=True)
class CalibratedCamera:
    """A pinhole with a lens. It looks along its z axis. Columns grow along x, rows along y.

    Attributes:
        name: The camera's name in the file.
        size: Width and height of the image, pixels. None where the file does not say.
        focal: Focal length along columns and rows, pixels.
        principal: Where the optical axis meets the image, pixels. (0, 0) is the middle of the upper left pixel.
        distortion: k1, k2, p1, p2, k3, k4, k5, k6.
        rotation: From world to camera axes, wxyz: one for all frames, or (T, 4), one for each.
        translation: The world's origin in camera axes, m: (3,) or (T, 3).
        has_pose: Whether rotation and translation were given. If not, they are those of a camera at the origin.
        focal_sd: Standard deviation of the logarithm of the focal length: how well it is known.
        held: What is known of a camera that has no pose.
    """

    name: str
    size: tuple[int, int] | None
    focal: Float[np.ndarray, "2"]
    principal: Float[np.ndarray, "2"]
    distortion: Float[np.ndarray, "8"]
    rotation: Float[np.ndarray, "*frames 4"]
    translation: Float[np.ndarray, "*frames 3"]
    has_pose: bool = True
    focal_sd: float = 0.002
    held: Held = Held()

    @property
    def moves(self) -> bool:
        """Whether the camera has a pose for each frame."""
        return self.rotation.ndim > 1

    @property
    def center(self) -> Float[np.ndarray, "*frames 3"]:
        """The camera's position in the world, m."""
        return -from_wxyz(self.rotation).inv().apply(self.translation)

    def shifted(self, z: float) -> "CalibratedCamera":
        """Return the same camera, z metres higher in its world."""
        return replace(self, translation=self.translation - from_wxyz(self.rotation).apply([0.0, 0.0, z]))


def from_field_of_view(degrees: float, size: tuple[int, int], focal_sd: float = 0.02) -> CalibratedCamera:
    """Return a camera without pose or distortion whose optical axis meets the middle of the image.

    Args:
        degrees: The angle that the longer side of the image spans.
        size: Width and height of the image, pixels.
        focal_sd: Standard deviation of the logarithm of the focal length.

    Raises:
        InputError: No pinhole has this angle.
    """
    if not 1.0 <= degrees < 180.0:
        raise InputError(f"a field of view of {degrees:g} degrees is impossible: give --fov from 1 to below 180")
    focal = max(size) / 2 / np.tan(np.radians(degrees) / 2)
    principal = (np.array(size, float) - 1) / 2
    camera = _unplaced("field of view", size, np.full(2, focal), principal, np.zeros(COEFFICIENTS))
    return check_camera(replace(camera, focal_sd=focal_sd), "--fov")


def without_pose(camera: CalibratedCamera) -> CalibratedCamera:
    """Return the same lens without its pose."""
    return _unplaced(camera.name, camera.size, camera.focal, camera.principal, camera.distortion)


def _unplaced(
    name: str, size: tuple[int, int] | None, focal: np.ndarray, principal: np.ndarray, distortion: np.ndarray
) -> CalibratedCamera:
    at_origin = np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(3)
    return CalibratedCamera(name, size, focal, principal, distortion, *at_origin, has_pose=False)


def from_matrices(
    name: str,
    *,
    matrix: Float[np.ndarray, "3 3"],
    distortion: Float[np.ndarray, "*any"],
    size: tuple[int, int] | None,
    rotation: Float[np.ndarray, "*frames 4"] | None,
    translation: Float[np.ndarray, "*frames 3"] | None,
    source: str,
) -> CalibratedCamera:
    """Return a camera from OpenCV's camera matrix and distortion coefficients.

    Args:
        name: The camera's name.
        matrix: Rows [fx, 0, cx], [0, fy, cy], [0, 0, 1], pixels.
        distortion: Coefficients in OpenCV's order.
        size: Width and height of the image, pixels.
        rotation: From world to camera axes, wxyz; None where the camera has no pose.
        translation: The world's origin in camera axes, m; None where the camera has no pose.
        source: What messages call the file.

    Raises:
        InputError: No camera has such numbers, or its model is unknown here.
    """
    if abs(matrix[0, 1]) > 1e-6 * abs(matrix[0, 0]):
        raise InputError(f"camera {name} of {source} has skewed axes, which are not supported: give one without skew")
    others = matrix[[1, 2, 2, 2], [0, 0, 1, 2]]
    if not np.allclose(others, [0.0, 0.0, 0.0, 1.0]):
        raise InputError(
            f"the matrix of camera {name} of {source} is not a camera matrix: write its rows as [fx, 0, cx], "
            "[0, fy, cy] and [0, 0, 1], not transposed"
        )
    coefficients = np.ravel(distortion).astype(float)
    if len(coefficients) not in KNOWN_NUMBERS or np.any(coefficients[COEFFICIENTS:]):
        raise InputError(
            f"camera {name} of {source} has {len(coefficients)} distortion coefficients: give none, 4, 5 or "
            f"{COEFFICIENTS} in OpenCV's order, k1, k2, p1, p2, k3 and so on"
        )
    coefficients = np.pad(coefficients[:COEFFICIENTS], (0, max(0, COEFFICIENTS - len(coefficients))))
    focal, principal = np.diag(matrix)[:2].astype(float), matrix[:2, 2].astype(float)
    camera = _unplaced(name, size, focal, principal, coefficients)
    if rotation is not None and translation is not None:
        camera = replace(camera, rotation=rotation, translation=translation, has_pose=True)
    return check_camera(camera, source)


def check_camera(camera: CalibratedCamera, source: str) -> CalibratedCamera:
    """Return the camera. Raises InputError if it cannot take a picture."""
    values = (camera.focal, camera.principal, camera.distortion, camera.rotation, camera.translation)
    if not all(np.isfinite(value).all() for value in values):
        raise InputError(
            f"camera {camera.name} of {source} has a number that is not finite: correct it, or give --fov instead"
        )
    if (camera.focal <= 0).any():
        raise InputError(
            f"camera {camera.name} of {source} has a focal length of {camera.focal.min():g} pixels: give the true one"
        )
    if camera.size is not None and min(camera.size) < 1:
        raise InputError(
            f"camera {camera.name} of {source} has an image of {camera.size[0]} x {camera.size[1]} pixels: "
            "give its true size"
        )
    return camera
