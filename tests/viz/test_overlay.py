"""A body drawn on the pictures of a camera."""

import numpy as np
from scipy.spatial.transform import Rotation

from diffphy.reconstruction.camera import Camera, project
from tests.viz.stick_figure import NAMES, shapes, walk
from tests.viz.test_video import probe
from viz import Shot
from viz.overlay import Keypoints, camera_at, render_overlay

SIZE = (160, 120)
ROTATION = Rotation.from_euler("xyz", [-100.0, 0.0, 4.0], degrees=True)  # ahead is nearly +y, a little down and rolled


def pose(center: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World to camera."""
    to_camera = ROTATION.inv() if ROTATION.inv().apply([0.0, 1.0, 0.0])[2] > 0 else ROTATION
    return to_camera.as_quat(scalar_first=True), -to_camera.apply(center)


def test_the_camera_is_that_of_the_physics() -> None:
    """Our pixels count from a corner, OpenCV's from the centre of the first pixel."""
    rotation, translation = pose(np.array([0.2, -4.0, 1.2]))
    points = np.random.default_rng(0).uniform([-1, -1, 0], [1, 1, 2], (20, 3))
    lens = Camera(rotation, translation, np.array([150.0, 150.0]), np.array([80.0, 55.0]), np.zeros(8))
    drawn, depth = camera_at(rotation, translation, 150.0, (80.0, 55.0), SIZE).project(points)
    assert (depth > 0).all()
    np.testing.assert_allclose(drawn - 0.5, project(lens, points), atol=1e-3)


def test_the_body_is_where_the_camera_sees_it_and_the_rest_stays_the_picture(tmp_path) -> None:
    position, rotation = walk(4, 20.0)
    shot = Shot(shapes(), NAMES, 20.0, position, rotation)
    middle = position.reshape(-1, 3).mean(axis=0)
    camera = camera_at(*pose(middle + np.array([0.0, -4.0, 0.4])), 150.0, (80.0, 60.0), SIZE)
    grey = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    nothing = np.zeros((4, 1, 2))
    path = tmp_path / "overlay.mp4"
    keypoints = Keypoints(nothing, np.zeros((4, 1)), nothing)
    render_overlay(path, iter([grey] * 4), shot, [camera] * 4, keypoints)
    _, frames = probe(path)
    assert len(frames) == 4
    changed = np.abs(frames[0].astype(int) - 128).max(axis=-1) > 25
    changed[:14] = changed[-18:] = False  # the time and the legend
    rows, columns = np.nonzero(changed)
    pixels, _ = camera.project(position[0])
    assert np.abs([columns.mean(), rows.mean()] - pixels.mean(axis=0)).max() < 12
    assert changed.mean() < 0.4
