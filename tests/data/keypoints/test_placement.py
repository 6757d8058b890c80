"""A person before a camera, and the ground below both, from keypoints that are known about the hips alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.keypoints import placement
from diffphy.reconstruction.camera import Camera, project

FPS = 30.0
FRAMES = 60


@pytest.fixture
def camera() -> CalibratedCamera:
    """At the origin, with a lens that distorts by some ten pixels at the edge."""
    lens = from_field_of_view(65.0, (1280, 720))
    return replace(lens, distortion=np.array([-0.1, 0.05, 1e-3, -5e-4, 0.0, 0.0, 0.0, 0.0]))


def seen(camera: CalibratedCamera, points: np.ndarray) -> np.ndarray:
    placed = Camera(camera.rotation, camera.translation, camera.focal, camera.principal, camera.distortion)
    return np.asarray(project(placed, points), float)


def walker() -> tuple[np.ndarray, np.ndarray]:
    """Root (T, 3) and points around it (T, K, 3), along the camera's axes, m."""
    time = np.arange(FRAMES) / FPS
    root = np.stack([time - 1.0, 0.3 + 0.02 * np.cos(6 * time), 4.0 + 0.3 * time], axis=1)
    points = np.random.default_rng(0).uniform([-0.3, -0.8, -0.2], [0.3, 0.9, 0.2], (14, 3))
    sway = 0.1 * np.sin(5 * time[:, None, None] + np.arange(14)[:, None])
    return root, points + sway * [1.0, 0.2, 0.5]


def test_the_root_is_found_although_some_keypoints_are_wrong(camera: CalibratedCamera) -> None:
    root, relative = walker()
    pixel = seen(camera, root[:, None] + relative)
    rng = np.random.default_rng(1)
    pixel += rng.normal(scale=2.0, size=pixel.shape)
    wrong = rng.uniform(size=pixel.shape[:2]) < 0.1
    pixel[wrong] += 150.0
    found = placement.find_roots(camera, pixel, np.ones(pixel.shape[:2]), relative, FPS)
    apart = np.abs(found - root).mean(axis=0)
    assert (apart[:2] < 0.02).all()
    assert apart[2] < 0.08


def test_what_was_not_found_says_nothing(camera: CalibratedCamera) -> None:
    root, relative = walker()
    pixel, confidence = seen(camera, root[:, None] + relative), np.ones((FRAMES, 14))
    pixel[20:25], confidence[20:25] = 0.0, 0.0
    found = placement.find_roots(camera, pixel, confidence, relative, FPS)
    np.testing.assert_allclose(found, root, atol=0.03)


def test_rays_undo_the_lens(camera: CalibratedCamera) -> None:
    _, relative = walker()
    points = relative + np.array([0.0, 0.0, 3.0])
    np.testing.assert_allclose(
        placement.rays_of_pixels(camera, seen(camera, points)), points[..., :2] / points[..., 2:], atol=2e-4
    )


def test_points_turn_with_the_ray_through_their_middle() -> None:
    ahead = np.tile([0.0, 0.0, 1.0], (1, 5, 1))
    ray = np.broadcast_to([0.3, -0.2], (1, 5, 2))
    turned = placement.turn_to_rays(ahead, ray)[0, 0]
    np.testing.assert_allclose(turned[:2] / turned[2], [0.3, -0.2], atol=0.02)


def steps(up: np.ndarray, offset: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Feet (T, 4, 3), one on the ground and one above it, and middles of ankles and shoulders, of an upright walker."""
    rng = np.random.default_rng(2)
    across = np.cross(up, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    ahead = np.cross(across, up)
    way = rng.uniform(-1.5, 1.5, FRAMES)[:, None] * across + rng.uniform(3.0, 5.0, FRAMES)[:, None] * ahead
    on = way + offset * up
    feet = np.stack([on, on + 0.2 * ahead, on + 0.15 * up, on + 0.2 * ahead + 0.1 * up], axis=1)
    return feet + rng.normal(scale=noise, size=feet.shape), np.stack([on, on + 1.4 * up], axis=1)


def test_the_ground_is_where_the_feet_stand() -> None:
    up = Rotation.from_euler("xz", [12.0, 2.0], degrees=True).apply([0.0, -1.0, 0.0])
    feet, upright = steps(up, -1.3, 0.01)
    found = placement.find_ground(feet, upright)
    assert np.degrees(np.arccos(found.normal @ up)) < 1.0
    assert found.offset == pytest.approx(-1.3, abs=0.04)


def test_feet_say_more_about_the_ground_than_the_back() -> None:
    up = Rotation.from_euler("x", 8.0, degrees=True).apply([0.0, -1.0, 0.0])
    feet, upright = steps(up, -1.3, 0.01)
    upright[:, 1] += [0.0, 0.0, 0.25]  # who leans by ten degrees
    found = placement.find_ground(feet, upright)
    assert np.degrees(np.arccos(found.normal @ up)) < 3.0


def test_the_floor_of_the_world_is_the_ground(camera: CalibratedCamera) -> None:
    up = Rotation.from_euler("xz", [12.0, 2.0], degrees=True).apply([0.0, -1.0, 0.0])
    hips = np.array([0.4, 0.5, 4.0])
    placed = placement.stand_camera_on(camera, placement.Ground(up, -1.3), hips)
    turn = Rotation.from_quat(placed.rotation, scalar_first=True)
    np.testing.assert_allclose(placed.center[2], 1.3)
    np.testing.assert_allclose(turn.apply([0.0, 0.0, 1.0]), up, atol=1e-12)
    under = turn.inv().apply(hips - placed.translation)
    np.testing.assert_allclose(under, [0.0, 0.0, hips @ up + 1.3], atol=1e-12)
    assert turn.inv().apply([0.0, 0.0, 1.0])[1] > 0.9  # y is ahead
    assert turn.inv().apply([1.0, 0.0, 0.0])[0] > 0.9  # x is to the right
