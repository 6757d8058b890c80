"""Where the camera stands: three quarters from the front, following the person smoothly, the whole body in view."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from viz.camera import ViewCamera

FIELD_OF_VIEW = np.radians(32.0)  # vertical
AZIMUTH = np.radians(55.0)  # from straight in front of the person, towards the left-hand side
ELEVATION = np.radians(12.0)
SMOOTHING = 0.5  # s, standard deviation of the filter over the camera's own motion
MARGIN = 0.84  # share of the image's half width and half height that the body may fill


def follow(
    position: Float[np.ndarray, "T N 3"],
    radius: Float[np.ndarray, "N"],
    heading: float,
    fps: float,
    size: tuple[int, int],
) -> list[ViewCamera]:
    """One camera a frame, at a constant distance and direction from a smoothed centre.

    Args:
        position: centres of spheres that cover everything to be kept in view, m.
        radius: of those spheres, m.
        heading: direction the person faces or walks to, radians about z from the x axis.
        fps: frames a second of `position`.
        size: of the image, width and height in pixels.
    """
    low = (position - radius[:, None]).min(axis=1)
    high = (position + radius[:, None]).max(axis=1)
    middle = (low + high) / 2
    line = np.linspace(middle[0], middle[-1], len(middle))  # what is filtered then ends at zero: no lag at the ends
    target = line + gaussian_filter1d(middle - line, SMOOTHING * fps, axis=0, mode="nearest")
    azimuth = heading + AZIMUTH
    away = np.array([np.cos(ELEVATION) * np.cos(azimuth), np.cos(ELEVATION) * np.sin(azimuth), np.sin(ELEVATION)])
    distance = _distance(
        position - target[:, None], radius, ViewCamera.looking_at(away, np.zeros(3), size, FIELD_OF_VIEW)
    )
    return [ViewCamera.looking_at(point + distance * away, point, size, FIELD_OF_VIEW) for point in target]


def _distance(offset: Float[np.ndarray, "T N 3"], radius: Float[np.ndarray, "N"], camera: ViewCamera) -> float:
    """The least distance from which `camera`, looking along its axis, sees all spheres at these offsets whole, m."""
    right, down, forward = np.moveaxis(offset @ camera.axes.T, -1, 0)
    slope = MARGIN * np.array(camera.size) / 2 / camera.focal
    needed = [np.abs(right) / slope[0], np.abs(down) / slope[1]]
    # A sphere stays behind the plane through the eye that bounds the view when its centre is radius / cos away from it.
    room = [radius * np.hypot(1, 1 / share) for share in slope]
    return float(max((reach + extra - forward).max() for reach, extra in zip(needed, room, strict=True)))


def heading(root_position: Float[np.ndarray, "T 3"], root_forward: Float[np.ndarray, "T 3"]) -> float:
    """The direction of travel where the person gets somewhere, else the mean direction faced; radians about z."""
    travel = (root_position[-1] - root_position[0])[:2]
    x, y = travel if np.linalg.norm(travel) > 1.0 else root_forward[:, :2].mean(axis=0)
    return float(np.arctan2(y, x))
