"""Persons who walk in front of Human3.6M's cameras, as a detector sees them."""

from collections.abc import Sequence

import numpy as np

from data.camera import CalibratedCamera
from data.datasets import human36m_cameras
from data.keypoints.mirroring import mirror_order
from data.keypoints.rays import pixels_of_points

CAMERAS = [human36m_cameras.camera("S9", name) for name in human36m_cameras.NAMES]
FRAMES, FPS = 40, 30.0
NOISE_PX = 3.0
# Ahead, aside and up, m, at the start, and how far ahead the limb swings, m.
BODY = {
    "nose": (0.1, 0.0, 1.6, 0.0),
    "shoulder": (0.0, 0.2, 1.4, 0.0),
    "elbow": (0.0, 0.25, 1.1, -0.15),
    "wrist": (0.1, 0.25, 0.9, -0.3),
    "hip": (0.0, 0.1, 0.9, 0.0),
    "knee": (0.05, 0.1, 0.5, 0.2),
    "ankle": (0.0, 0.1, 0.1, 0.4),
}
NAMES = ("nose", *(f"{side}_{joint}" for joint in list(BODY)[1:] for side in ("left", "right")))
EXCHANGE = mirror_order(NAMES)
NOBODY = [np.zeros((0, len(NAMES), 3))] * FRAMES


def walker(x: float, y: float, heading: float = 0.0, start: float = 0.0) -> np.ndarray:
    """Return the keypoints of somebody who walks past a place, m.

    Args:
        x: The place.
        y: The place.
        heading: Where the person walks, rad.
        start: Phase of the step at the start, rad.
    """
    time = np.arange(FRAMES) / FPS
    swing = np.sin(2 * np.pi * time + start)
    points = np.zeros((FRAMES, len(NAMES), 3))
    for number, name in enumerate(NAMES):
        ahead, aside, up, reach = BODY[name.rpartition("_")[2]]
        side = -1.0 if "right" in name else 1.0
        lifted = np.maximum(side * np.cos(2 * np.pi * time + start), 0.0) * abs(reach) / 3
        points[:, number] = np.stack([ahead + side * reach * swing, 0 * time + side * aside, up + lifted], axis=-1)
    points[..., 0] += 1.2 * (time - time.mean())[:, None]
    cosine, sine = np.cos(heading), np.sin(heading)
    turned = points @ np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]).T
    return turned + np.array([x, y, 0.0])


def see(points: np.ndarray, camera: CalibratedCamera, seed: int = 0, noise_px: float = NOISE_PX) -> np.ndarray:
    """Return column, row and confidence of the points in every frame."""
    pixel = pixels_of_points(camera, points)
    pixel = pixel + np.random.default_rng(seed).normal(scale=noise_px, size=pixel.shape)
    return np.concatenate([pixel, np.full((*pixel.shape[:2], 1), 0.9)], axis=-1)


def crowd(*persons: np.ndarray) -> list[np.ndarray]:
    """Return the people in each frame. Frames of a person that are NaN do not have them."""
    here = ([each[frame] for each in persons if np.isfinite(each[frame]).all()] for frame in range(FRAMES))
    return [np.array(each).reshape(-1, len(NAMES), 3) for each in here]


def absent(person: np.ndarray, frames: slice | Sequence[int]) -> np.ndarray:
    """Return the person who is not seen in some frames."""
    gone = person.copy()
    gone[frames] = np.nan
    return gone
