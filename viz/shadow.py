"""Soft shadows: a point is in shadow if it is farther from the light than the light's own depth image."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import minimum_filter

from viz.camera import ViewCamera
from viz.mesh_renderer import MeshRenderer

RESOLUTION = 512  # pixels a side of the light's image
SOFTNESS = 0.03  # m, radius of the penumbra
BIAS = 0.015  # m, how far behind the lit surface a point must lie to be in its shadow
SLOPE = 2.0  # steepest lit surface (rise over width, seen from the light) that does not shadow itself
TAPS = 12
EDGE = 0.2  # share of the light's field of view, at its border, over which shadows fade out
LIGHT_DISTANCE = 12.0  # m


class ShadowMap:
    """The light's depth image of the shapes within `radius` (m) of `centre`."""

    def __init__(self, renderer: MeshRenderer, light: Float[np.ndarray, "3"], centre, radius: float):
        eye = np.asarray(centre) + LIGHT_DISTANCE * light
        angle = 2 * np.arcsin(min(radius / (1 - EDGE) / LIGHT_DISTANCE, 0.9))
        self._camera = ViewCamera.look_at(eye, centre, (RESOLUTION, RESOLUTION), angle)
        self._depth = renderer.render(self._camera, light).depth
        # A sunflower's spiral covers the disc of the penumbra evenly.
        turn = np.arange(TAPS) * np.pi * (3 - np.sqrt(5))
        self._reach = SOFTNESS * self._camera.focal / LIGHT_DISTANCE
        radii = self._reach * np.sqrt((np.arange(TAPS) + 0.5) / TAPS)
        self._taps = np.stack([radii * np.cos(turn), radii * np.sin(turn)], -1).astype(np.float32)
        pixel = LIGHT_DISTANCE / self._camera.focal
        self._nearest = minimum_filter(self._depth, size=2 * int(np.ceil(self._reach)) + 3)
        self._bias = (BIAS + SLOPE * pixel * (radii + 1)).astype(np.float32)

    def darkness(self, camera: ViewCamera, depth: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
        """Return the share of the light, 0 to 1, that does not reach each pixel of an image with this depth, m."""
        pixels, distance, rows, columns = self._points_in_reach(camera, depth)
        hidden = np.zeros(len(pixels), np.float32)
        for tap, bias in zip(self._taps, self._bias, strict=True):
            column, row = (pixels + tap).astype(np.int32).T
            hidden += self._depth[row, column] < distance - bias
        rim = np.abs(2 * pixels / RESOLUTION - 1).max(axis=-1)
        dark = np.zeros(depth.shape, np.float32)
        dark[rows, columns] = hidden / TAPS * np.clip((1 - rim) / EDGE, 0, 1)
        return dark

    def _points_in_reach(self, camera: ViewCamera, depth: Float[np.ndarray, "h w"]):
        """Return light's pixels, distances, rows and columns in the image of the points that can be in a shadow."""
        rows, columns = np.nonzero(np.isfinite(depth))
        turn = self._camera.axes.astype(np.float32)
        origin = (turn @ (camera.eye - self._camera.eye)).astype(np.float32)
        points = (camera.rays()[rows, columns] * depth[rows, columns, None]) @ turn.T + origin
        distance = points[:, 2]
        pixels = np.float32(self._camera.focal) * points[:, :2] / distance[:, None] + np.float32(RESOLUTION / 2)
        margin = self._reach + 1
        inside = ((pixels > margin) & (pixels < RESOLUTION - margin)).all(axis=-1)
        column, row = pixels[inside].astype(np.int32).T
        chosen = np.flatnonzero(inside)[self._nearest[row, column] < distance[inside] - BIAS]
        return pixels[chosen], distance[chosen], rows[chosen], columns[chosen]
