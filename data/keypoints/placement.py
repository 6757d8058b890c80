"""Find where a person is in front of the camera, and where the camera is above the ground.

The person's joints are known relative to the hips only. One camera does not tell how far away a body is, but two facts
do: the body's size, and that it moves steadily. Nor does one camera tell which way is up. But people stand on their
feet, and standing feet stay on one plane.
"""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera
from data.rotations import to_wxyz

# Standard deviations
KEYPOINT = 0.03  # m: of a keypoint in the picture, at the depth of the body
ACROSS, ALONG = 3.0, 1.5  # m/s^2: of a hip's acceleration, across the view and along it
FOOT = 0.03  # m: of a standing foot's height over the ground
TILT = np.radians(10.0)  # of the angle between the mean of upright bodies and the vertical
ROLL = np.radians(3.0)  # of a level camera's angle about its own axis
# Limits
OUTLIER = 0.15  # m: a keypoint that is farther away is more likely wrong
LEVEL = np.radians(12.0)  # a camera that is turned farther about its axis is not meant to be level
STANDING = 0.9  # of the greatest distance from ankles to shoulders: a person stands upright above it
_ROUNDS = 10  # rounds of reweighting

Points = Float[np.ndarray, "T K 3"]


@dataclass(frozen=True)
class Ground:
    """A plane in the camera's axes.

    Attributes:
        normal: Unit normal, upwards.
        offset: Distance of the plane from the camera along the normal, m.
    """

    normal: Float[np.ndarray, "3"]
    offset: float


def find_roots(
    camera: CalibratedCamera,
    pixel: Float[np.ndarray, "T K 2"],
    confidence: Float[np.ndarray, "T K"],
    relative: Points,
    fps: float,
) -> Float[np.ndarray, "T 3"]:
    """Return the positions of the root in the camera's axes, m.

    All frames are solved together: keypoints appear where they were found, and the root accelerates little. The
    method is linear least squares, reweighted for wrong keypoints (Geman and McClure, Statistical methods for
    tomographic image reconstruction, 1987).

    Args:
        camera: The lens. If the camera moves, its poses are used too; a constant pose has no effect.
        pixel: The keypoints, pixels.
        confidence: Confidence of the keypoints.
        relative: The same keypoints in space about the root, m, along the camera's axes.
        fps: Frames per second.
    """
    frames = len(confidence)
    ray = rays_of_pixels(camera, pixel)
    smooth, still = _acceleration(camera, frames, fps)
    place = np.zeros((frames, 3))
    bounded = np.ones_like(confidence)
    for _ in range(_ROUNDS):
        rows, wanted = _seen(ray, relative, np.sqrt(confidence * bounded) / KEYPOINT)
        system: Any = scipy.sparse.vstack([rows, smooth]).tocsc()
        right = np.concatenate([wanted, still])
        solved: Any = scipy.sparse.linalg.spsolve(system.T @ system, system.T @ right)
        place = solved.reshape(frames, 3)
        there = relative + place[:, None]
        miss = np.linalg.norm(there[..., :2] - ray * there[..., 2:], axis=-1)
        bounded = 1.0 / (1.0 + (miss / OUTLIER) ** 2) ** 2
    return place


def rays_of_pixels(camera: CalibratedCamera, pixel: Float[np.ndarray, "T K 2"]) -> Float[np.ndarray, "T K 2"]:
    """Return where the rays of pixels meet the plane at depth 1, with the lens distortion removed."""
    matrix = np.array([[camera.focal[0], 0, camera.principal[0]], [0, camera.focal[1], camera.principal[1]], [0, 0, 1]])
    flat = np.ascontiguousarray(pixel.reshape(-1, 1, 2), float)
    return np.asarray(cv2.undistortPoints(flat, matrix, camera.distortion), float).reshape(pixel.shape)


def turn_to_rays(relative: Float[np.ndarray, "T L 3"], ray: Float[np.ndarray, "T K 2"]) -> Float[np.ndarray, "T L 3"]:
    """Return points that were found in a cutout of the picture, turned into the camera's axes.

    Detectors look at a cutout around the person and do not know where in the picture it was. The cutout's axis is
    taken as the ray through the middle of the keypoints.

    Args:
        relative: The points along the axes of the cutout.
        ray: The keypoints in the plane at depth 1, as `rays_of_pixels` returns them.
    """
    return np.einsum("tij,tkj->tki", towards(ray.mean(axis=1)).as_matrix(), relative)


def towards(ray: Float[np.ndarray, "T 2"]) -> Rotation:
    """Return the shortest rotations from the camera's axis to rays, which are given in the plane at depth 1."""
    sine = np.linalg.norm(ray, axis=1)
    axis = np.stack([-ray[:, 1], ray[:, 0], np.zeros(len(ray))], axis=1)
    return Rotation.from_rotvec(axis * (np.arctan(sine) / np.maximum(sine, 1e-12))[:, None])


def find_ground(feet: Points, upright: Float[np.ndarray, "T 2 3"]) -> Ground:
    """Return the plane on which a person stands: near the lowest points of the feet, at right angles to upright bodies.

    Linear least squares in tilt and height, reweighted as in `find_roots` for feet in the air. A camera that is nearly
    level is taken to be level.

    Args:
        feet: Points of the soles, m, in the camera's axes.
        upright: Two points in each frame: the middle of the ankles and the middle of the shoulders.
    """
    spans = upright[:, 1] - upright[:, 0]
    extent = np.linalg.norm(spans, axis=-1)
    standing = spans[extent >= STANDING * np.quantile(extent, 0.95)]
    up = _unit(standing.mean(axis=0))
    across = _unit(np.cross(up, [1.0, 0.0, 0.0] if abs(up[0]) < 0.9 else [0.0, 1.0, 0.0]))
    axes = np.stack([across, np.cross(up, across)])
    normal, offset = up, float(np.median((feet @ up).min(axis=1)))
    roll = ROLL if abs(up[0]) < np.sin(LEVEL) else np.inf
    for _ in range(_ROUNDS):
        heights = feet @ normal
        lowest = feet[np.arange(len(feet)), heights.argmin(axis=1)]
        height = lowest @ normal
        weight = 1.0 / (1.0 + ((height - offset) / (2 * FOOT)) ** 2) ** 2
        # Height over the tilted plane, linear in tilt and offset. Ten frames count as one observation, since a step
        # lasts several frames.
        rows = np.concatenate([lowest @ axes.T, np.full((len(lowest), 1), -1.0)], axis=1)
        scale = np.sqrt(weight / max(len(lowest) / 10.0, 1.0))[:, None] / FOOT
        level = np.append(axes[:, 0], 0.0)[None] / roll
        system = np.concatenate([scale * rows, np.diag([1 / TILT, 1 / TILT, 0.0]), level])
        right = np.concatenate([-(scale[:, 0] * (lowest @ up)), np.zeros(3), [-up[0] / roll]])
        tilt_x, tilt_y, offset = np.linalg.lstsq(system, right, rcond=None)[0]
        tilted = up + tilt_x * axes[0] + tilt_y * axes[1]
        normal = _unit(tilted)
        offset = float(offset / np.linalg.norm(tilted))
    return Ground(normal, offset)


def floor_height(feet: Points) -> float:
    """Return the height of the floor below feet, m, where z is known to be up: as `find_ground`, without tilt."""
    lowest = feet[..., 2].min(axis=1)
    height = float(np.median(lowest))
    for _ in range(_ROUNDS):
        weight = 1.0 / (1.0 + ((lowest - height) / (2 * FOOT)) ** 2) ** 2
        height = float(weight @ lowest / weight.sum())
    return height


def stand_camera_on(camera: CalibratedCamera, plane: Ground, below: Float[np.ndarray, "3"]) -> CalibratedCamera:
    """Return the camera in a world whose floor z = 0 is the plane: x to the camera's right, y ahead.

    Args:
        camera: The camera.
        plane: The ground in its axes.
        below: The world's origin lies on the plane below this point, m, in the camera's axes.
    """
    up = plane.normal
    ahead = _unit(np.array([0.0, 0.0, 1.0]) - up[2] * up) if abs(up[2]) < 0.99 else _unit(np.cross(up, [1.0, 0.0, 0.0]))
    to_camera = np.stack([np.cross(ahead, up), ahead, up], axis=1)
    origin = below - (below @ up - plane.offset) * up
    return replace(camera, rotation=to_wxyz(Rotation.from_matrix(to_camera)), translation=origin, has_pose=True)


def _seen(
    ray: Float[np.ndarray, "T K 2"], relative: Points, weight: Float[np.ndarray, "T K"]
) -> tuple[scipy.sparse.csr_matrix, Float[np.ndarray, " M"]]:
    """Return the equations that put root + relative on its ray, in metres at that depth over the standard deviation."""
    frames, number = weight.shape
    rows, columns, values, wanted = [], [], [], []
    index = np.arange(frames * number).reshape(frames, number)
    first = np.broadcast_to(3 * np.arange(frames)[:, None], (frames, number))
    for axis in range(2):
        line = (index + axis * frames * number).ravel()
        rows += [line, line]
        columns += [(first + axis).ravel(), (first + 2).ravel()]
        values += [weight.ravel(), (-weight * ray[..., axis]).ravel()]
        wanted.append((weight * (ray[..., axis] * relative[..., 2] - relative[..., axis])).ravel())
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.csr_matrix(entries, shape=(2 * frames * number, 3 * frames)), np.concatenate(wanted)


def _acceleration(
    camera: CalibratedCamera, frames: int, fps: float
) -> tuple[scipy.sparse.csr_matrix, Float[np.ndarray, " M"]]:
    """Return the equations that set the root's acceleration to zero: in the world if the camera moves."""
    each = scipy.sparse.csr_matrix(scipy.sparse.eye(frames))
    second = (each[2:] - 2 * each[1:-1] + each[:-2]) * fps**2
    if not camera.moves:
        still: Any = scipy.sparse.kron(second, np.diag([1 / ACROSS, 1 / ACROSS, 1 / ALONG]))
        return scipy.sparse.csr_matrix(still), np.zeros(still.shape[0])
    to_world = Rotation.from_quat(camera.rotation, scalar_first=True).inv().as_matrix()
    moving: Any = scipy.sparse.kron(second, np.eye(3) / ACROSS) @ scipy.sparse.block_diag(list(to_world))
    return scipy.sparse.csr_matrix(moving), moving @ camera.translation.ravel()


def _unit(vector: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    return vector / np.linalg.norm(vector)
