"""Rays through the pixels of a picture, and turns between a camera's axes and a cutout's."""

import cv2
import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera


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
