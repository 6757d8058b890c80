import numpy as np
import pytest

from diffphy.body.humanoid import Geom
from tests.viz.stick_figure import shapes, walk
from viz.camera import ViewCamera
from viz.camera_path import find_heading, follow
from viz.geometry import bounding_radius, world_poses
from viz.mesh_renderer import MeshRenderer

CAMERA = ViewCamera.look_at([3.0, -2.0, 1.5], [0.2, 0.1, 0.6], (320, 240), np.radians(40))
LIGHT = np.array([0.0, 0.0, 1.0])


def ball(radius: float) -> Geom:
    return Geom(0, "sphere", np.array([radius]), np.zeros(3), np.array([1.0, 0, 0, 0]))


@pytest.mark.parametrize("camera", [CAMERA, CAMERA.crop(40, 20, 300, 200, 2)], ids=["whole", "crop"])
@pytest.mark.parametrize("place", [(0.2, 0.1, 0.6), (-0.3, 0.6, 1.0), (0.9, 0.2, 0.2)])
def test_pybullet_draws_a_ball_where_the_camera_projects_it(camera, place):
    with MeshRenderer([ball(0.05)], np.ones((1, 3))) as renderer:
        renderer.pose(np.array([place]), np.array([[1.0, 0, 0, 0]]))
        depth = renderer.render(camera, LIGHT).depth
    rows, columns = np.nonzero(np.isfinite(depth))
    (pixel,), (distance,) = camera.project(np.array([place]))
    np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], pixel, atol=0.6)
    radius = np.sqrt(len(rows) / np.pi)
    assert radius == pytest.approx(camera.focal * 0.05 / distance, rel=0.05)
    assert depth.min() == pytest.approx(distance - 0.05, abs=0.003)


def test_rays_and_projection_are_each_others_inverse():
    points = CAMERA.eye + 2.5 * CAMERA.rays()[[10, 200], [300, 5]]
    pixels, depth = CAMERA.project(points)
    np.testing.assert_allclose(pixels, [[300.5, 10.5], [5.5, 200.5]], atol=1e-3)
    np.testing.assert_allclose(depth, 2.5, atol=1e-5)


def test_up_is_up_and_right_is_right():
    camera = ViewCamera.look_at([-5.0, 0, 1], [0.0, 0, 1], (200, 100), 0.5)
    ((x, y),), _ = camera.project(np.array([[0.0, -0.5, 1.5]]))  # right of the x axis, above
    assert x > 100
    assert y < 50


@pytest.mark.parametrize("size", [(320, 240), (240, 320)], ids=["wide", "tall"])
def test_followed_person_stays_whole_in_the_image_and_fills_it(size):
    position, rotation = walk(60, 30.0, speed=2.0)
    geoms = shapes()
    centres, _ = world_poses(geoms, position, rotation)
    radius = np.array([bounding_radius(geom) for geom in geoms])
    cameras = follow(centres, radius, 0.0, 30.0, size)
    filled = []
    for camera, places in zip(cameras, centres, strict=True):
        pixels, depth = camera.project(places)
        spread = (camera.focal * radius / depth)[:, None]
        assert (pixels - spread).min() > 0
        assert (pixels + spread - size).max() < 0
        filled.append(((pixels + spread).max(axis=0) - (pixels - spread).min(axis=0)) / size)
    assert np.max(filled) > 0.7


def test_camera_path_is_smoother_than_the_motion():
    time = np.arange(240) / 30
    shake = 0.1 * np.sin(2 * np.pi * 3 * time)
    position = np.stack([time, shake, 1 + shake], -1)[:, None]
    cameras = follow(position, np.array([0.2]), 0.0, 30.0, (320, 240))
    eyes = np.stack([camera.eye for camera in cameras])[65:-65]  # as far as the filter reaches
    assert np.abs(np.diff(eyes, 2, axis=0)).max() < 0.02 * np.abs(np.diff(position[:, 0], 2, axis=0)).max()
    travel = np.diff([camera.eye[0] for camera in cameras])
    np.testing.assert_allclose(travel, 1 / 30, rtol=1e-6)  # no lag, not even at the ends


def test_heading_is_the_way_travelled_or_the_way_faced():
    facing_left = np.tile([0.0, 1.0, 0.0], (5, 1))
    backwards = np.linspace([0.0, 0, 1], [-3.0, 0, 1], 5)
    assert find_heading(backwards, facing_left) == pytest.approx(np.pi)
    assert find_heading(0.1 * backwards, facing_left) == pytest.approx(np.pi / 2)
