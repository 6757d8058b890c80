"""The path of the camera: obliquely in front of the person, following smoothly, with the whole body in view."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from viz.camera import ViewCamera

FIELD_OF_VIEW = np.radians(32.0)  # vertical
AZIMUTH = np.radians(55.0)  # from straight ahead of the person, towards their left
ELEVATION = np.radians(12.0)
SMOOTHING = 0.5  # s, standard deviation of the filter on the camera's motion
MARGIN = 0.84  # share of the image's half width and half height that the body can fill


def follow(
    position: Float[np.ndarray, "T N 3"],
    radius: Float[np.ndarray, "N"],
    heading: float,
    fps: float,
    size: tuple[int, int],
) -> list[ViewCamera]:
    """Return one camera for each frame, at a constant distance and direction from a smoothed centre.

    Args:
        position: Centres of spheres that cover everything that must stay in view, m.
        radius: Radii of these spheres, m.
        heading: Direction in which the person looks or walks, radians about z from the x axis.
        fps: Frames a second of `position`.
        size: Width and height of the image, pixels.
    """
    low = (position - radius[:, None]).min(axis=1)
    high = (position + radius[:, None]).max(axis=1)
    middle = (low + high) / 2
    line = np.linspace(
        middle[0], middle[-1], len(middle)
    )  # the filtered difference then ends at zero: no lag at the ends
    target = line + gaussian_filter1d(middle - line, SMOOTHING * fps, axis=0, mode="nearest")
    azimuth = heading + AZIMUTH
    away = np.array([np.cos(ELEVATION) * np.cos(azimuth), np.cos(ELEVATION) * np.sin(azimuth), np.sin(ELEVATION)])
    distance = _distance(position - target[:, None], radius, ViewCamera.look_at(away, np.zeros(3), size, FIELD_OF_VIEW))
    return [ViewCamera.look_at(point + distance * away, point, size, FIELD_OF_VIEW) for point in target]


def _distance(offset: Float[np.ndarray, "T N 3"], radius: Float[np.ndarray, "N"], camera: ViewCamera) -> float:
    """Return the least distance, m, from which `camera` sees all spheres at these offsets completely."""
    right, down, forward = np.moveaxis(offset @ camera.axes.T, -1, 0)
    slope = MARGIN * np.array(camera.size) / 2 / camera.focal
    needed = [np.abs(right) / slope[0], np.abs(down) / slope[1]]
    # A sphere is inside a bounding plane of the view if its centre is radius / cos away from this plane.
    room = [radius * np.hypot(1, 1 / share) for share in slope]
    return float(max((reach + extra - forward).max() for reach, extra in zip(needed, room, strict=True)))


def find_heading(root_position: Float[np.ndarray, "T 3"], root_forward: Float[np.ndarray, "T 3"]) -> float:
    """Return the direction of travel, or the mean direction faced if the person stays in place; radians about z."""
    travel = (root_position[-1] - root_position[0])[:2]
    x, y = travel if np.linalg.norm(travel) > 1.0 else root_forward[:, :2].mean(axis=0)
    return float(np.arctan2(y, x))
