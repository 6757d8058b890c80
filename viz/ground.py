"""The checkered floor z = 0. Each pixel has the mean colour of the floor that it covers."""

import numpy as np
from jaxtyping import Float

from viz.camera import ViewCamera
from viz.mesh_renderer import Layer

TILE = 0.5  # m
LIGHT_TILE = np.array([0.93, 0.94, 0.95], np.float32)
DARK_TILE = np.array([0.80, 0.83, 0.86], np.float32)
SKY = np.array([0.965, 0.972, 0.98], np.float32)
FADE = (6.0, 22.0)  # m from the camera: the floor fades into the sky between these distances


def ground_depth(camera: ViewCamera) -> Float[np.ndarray, "height width"]:
    """Return the depth of the floor along the optical axis, m. It is infinite above the horizon."""
    drop = -camera.rise
    depth = np.where(drop > 0, camera.eye[2] / np.where(drop > 0, drop, 1), np.inf).astype(np.float32)
    return np.broadcast_to(depth[:, None], camera.size[::-1])


def paint_ground(camera: ViewCamera) -> Layer:
    """Return the picture of the floor and the sky, and their depth."""
    depth = ground_depth(camera)
    row = depth[:, :1]
    reach = np.where(np.isfinite(row), row, 0)
    rays = camera.rays()
    x = reach * rays[..., 0] + np.float32(camera.eye[0])
    y = reach * rays[..., 1] + np.float32(camera.eye[1])
    mix = 0.5 + 0.5 * _stripes(x / TILE) * _stripes(y / TILE)
    floor = DARK_TILE + mix[..., None] * (LIGHT_TILE - DARK_TILE)
    haze = np.clip((row - FADE[0]) / (FADE[1] - FADE[0]), 0, 1)
    return Layer(floor + haze[..., None] * (SKY - floor), depth)


def _stripes(u: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "height width"]:
    """Return the square wave of period 2 (+1 on [0, 1), -1 on [1, 2)), averaged over each pixel's width in `u`."""
    width = np.maximum(np.abs(np.gradient(u, axis=0)) + np.abs(np.gradient(u, axis=1)), 1e-4).astype(np.float32)

    def integral(v):
        return np.abs(v - 2 * np.floor(v / 2) - 1)  # integral of the negative square wave

    return (integral(u - width / 2) - integral(u + width / 2)) / width
