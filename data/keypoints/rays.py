"""Rays through the pixels of a picture, pixels of points, and turns between a camera's axes and a cutout's."""

import cv2
import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera
from data.rotations import from_wxyz

NEAREST = 0.1  # m: nearer points, and those behind, are not before the camera
# OpenCV's five steps leave 30 pixels in the corners of a wide lens. These end where nothing changes any more.
UNTIL_STILL = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-9)


def rays_of_pixels(camera: CalibratedCamera, pixel: Float[np.ndarray, "T K 2"]) -> Float[np.ndarray, "T K 2"]:
    """Return where the rays of pixels meet the plane at depth 1, with the lens distortion removed."""
    flat = np.ascontiguousarray(pixel.reshape(-1, 1, 2), float)
    ray = cv2.undistortPoints(flat, _matrix(camera), camera.distortion, criteria=UNTIL_STILL)
    return np.asarray(ray, float).reshape(pixel.shape)


def pixels_of_points(camera: CalibratedCamera, points: Float[np.ndarray, "T K 3"]) -> Float[np.ndarray, "T K 2"]:
    """Return where points of the camera's world are in the picture; NaN for those that are not before the camera."""
    turn = from_wxyz(np.broadcast_to(camera.rotation, (len(points), 4))).as_matrix()
    shift = np.broadcast_to(camera.translation, (len(points), 3))
    place = np.einsum("tij,tkj->tki", turn, points) + shift[:, None]
    ahead = np.nan_to_num(place[..., 2]) > NEAREST
    flat = np.where(ahead[..., None], place, [0.0, 0.0, 1.0]).reshape(-1, 1, 3)
    pixel, _ = cv2.projectPoints(flat, np.zeros(3), np.zeros(3), _matrix(camera), camera.distortion)
    return np.where(ahead[..., None], np.asarray(pixel, float).reshape(*ahead.shape, 2), np.nan)


def _matrix(camera: CalibratedCamera) -> Float[np.ndarray, "3 3"]:
    (across, down), (column, row) = camera.focal, camera.principal
    return np.array([[across, 0.0, column], [0.0, down, row], [0.0, 0.0, 1.0]])


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
