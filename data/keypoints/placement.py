"""Where a person is who is known about their own hips alone: before the camera, and the camera above the ground.

One camera does not tell how far away a body is; its size does, and that it moves steadily. Nor does it tell which way
is up; that people stand on their feet, and that these stay on one plane, does.
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

KEYPOINT = 0.03  # m: standard deviation of a keypoint in the picture, at the depth of the body
OUTLIER = 0.15  # m: a keypoint that misses by more is more likely wrong
ACROSS, ALONG = 3.0, 1.5  # m/s^2: standard deviations of a hip's acceleration, across the view and along it
FOOT = 0.03  # m: ... of a standing foot's height over the ground
TILT = np.radians(10.0)  # ... of the mean of upright bodies from the vertical
ROLL = np.radians(3.0)  # ... of a camera about its own axis
LEVEL = np.radians(12.0)  # a camera that is turned farther about its axis was not meant to be level
STANDING = 0.9  # of a person's greatest extent from ankles to shoulders, above which they stand upright
_ROUNDS = 10  # of reweighting

Points = Float[np.ndarray, "T K 3"]


@dataclass(frozen=True)
class Ground:
    """A plane before a camera, in its axes: unit normal, upwards, and its `offset` along it, m."""

    normal: Float[np.ndarray, "3"]
    offset: float


def find_roots(
    camera: CalibratedCamera,
    pixel: Float[np.ndarray, "T K 2"],
    confidence: Float[np.ndarray, "T K"],
    relative: Points,
    fps: float,
) -> Float[np.ndarray, "T 3"]:
    """The way of the root before the camera, m, in its axes.

    All frames together: keypoints appear where they were found, and the root accelerates little. Linear least squares,
    reweighted for keypoints that are wrong (Geman and McClure, Statistical methods for tomographic image
    reconstruction, 1987).

    Args:
        camera: its lens, and how it moves, where it does; else its pose is of no account.
        pixel, confidence: of keypoints.
        relative: the same keypoints in space about the root, m, along the camera's axes.
        fps: frames a second.
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
    """Where the rays of pixels meet the plane at depth 1, the lens undone."""
    matrix = np.array([[camera.focal[0], 0, camera.principal[0]], [0, camera.focal[1], camera.principal[1]], [0, 0, 1]])
    flat = np.ascontiguousarray(pixel.reshape(-1, 1, 2), float)
    return np.asarray(cv2.undistortPoints(flat, matrix, camera.distortion), float).reshape(pixel.shape)


def turn_to_rays(relative: Float[np.ndarray, "T L 3"], ray: Float[np.ndarray, "T K 2"]) -> Float[np.ndarray, "T L 3"]:
    """Points that a detector sees along its own picture's axis, turned so that this is the ray through their middle.

    Detectors look at a cutout around the person, and do not know where in the picture it was; `ray` as `normalised`.
    """
    return np.einsum("tij,tkj->tki", towards(ray.mean(axis=1)).as_matrix(), relative)


def towards(ray: Float[np.ndarray, "T 2"]) -> Rotation:
    """By the shortest way from the camera's axis to rays, given where they meet the plane at depth 1."""
    sine = np.linalg.norm(ray, axis=1)
    axis = np.stack([-ray[:, 1], ray[:, 0], np.zeros(len(ray))], axis=1)
    return Rotation.from_rotvec(axis * (np.arctan(sine) / np.maximum(sine, 1e-12))[:, None])


def find_ground(feet: Points, upright: Float[np.ndarray, "T 2 3"]) -> Ground:
    """The plane on which a person stands: near the lowest points of the feet, at right angles to upright bodies.

    Linear least squares in tilt and height, reweighted as in `roots` for feet in the air; a camera that is nearly level
    was meant to be.

    Args:
        feet: points of the soles, m, in the camera's axes.
        upright: for each frame two points, the middle of the ankles and of the shoulders.
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
        # Height over the tilted plane, linear in tilt and offset; a step is one observation of some frames.
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
    """Height of the floor below feet, m, where the vertical is known: `ground` without its tilt; feet along x, y, z."""
    lowest = feet[..., 2].min(axis=1)
    height = float(np.median(lowest))
    for _ in range(_ROUNDS):
        weight = 1.0 / (1.0 + ((lowest - height) / (2 * FOOT)) ** 2) ** 2
        height = float(weight @ lowest / weight.sum())
    return height


def stand_camera_on(camera: CalibratedCamera, plane: Ground, below: Float[np.ndarray, "3"]) -> CalibratedCamera:
    """The camera in a world whose floor z = 0 is the plane: x to the camera's right, y ahead, origin under a point.

    below: that point, m, in the camera's axes.
    """
    up = plane.normal
    ahead = _unit(np.array([0.0, 0.0, 1.0]) - up[2] * up) if abs(up[2]) < 0.99 else _unit(np.cross(up, [1.0, 0.0, 0.0]))
    to_camera = np.stack([np.cross(ahead, up), ahead, up], axis=1)
    origin = below - (below @ up - plane.offset) * up
    return replace(camera, rotation=to_wxyz(Rotation.from_matrix(to_camera)), translation=origin, has_pose=True)


def _seen(
    ray: Float[np.ndarray, "T K 2"], relative: Points, weight: Float[np.ndarray, "T K"]
) -> tuple[scipy.sparse.csr_matrix, Float[np.ndarray, " M"]]:
    """Rows of the system that says: root + relative lies on the ray; in metres at its depth, over the deviation."""
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
    """Rows of the system that says: the root does not accelerate, in the world where the camera moves."""
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
