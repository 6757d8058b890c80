"""Rays through pixels, with the lens undone, and points that turn with them."""

from dataclasses import replace

import numpy as np
import pytest

from data.camera import COEFFICIENTS, from_field_of_view
from data.keypoints.rays import pixels_of_points, rays_of_pixels, turn_to_rays
from diffphy.reconstruction.camera import Camera, project


def test_rays_undo_the_lens() -> None:
    """It distorts by some ten pixels at the edge."""
    lens = from_field_of_view(65.0, (1280, 720))
    camera = replace(lens, distortion=np.array([-0.1, 0.05, 1e-3, -5e-4, 0.0, 0.0, 0.0, 0.0]))
    points = np.random.default_rng(0).uniform([-0.3, -0.8, 2.8], [0.3, 0.9, 3.2], (60, 14, 3))
    placed = Camera(camera.rotation, camera.translation, camera.focal, camera.principal, camera.distortion)
    pixel = np.asarray(project(placed, points), float)
    np.testing.assert_allclose(rays_of_pixels(camera, pixel), points[..., :2] / points[..., 2:], atol=2e-4)


@pytest.mark.parametrize("lens", [(-0.3, 0.1), (-0.2, 0.2), (0.3, 0.2, 1e-3, -1e-3)])
def test_rays_of_wide_lenses_are_right_in_the_corners_too(lens: tuple[float, ...]) -> None:
    """The picture spans 94 degrees, and the lens moves its corners by 200 pixels and more."""
    camera = from_field_of_view(94.0, (1920, 1080))
    camera = replace(camera, distortion=np.pad(lens, (0, COEFFICIENTS - len(lens))))
    pixel = np.stack(np.meshgrid(np.linspace(0.0, 1919.0, 9), np.linspace(0.0, 1079.0, 7)), axis=-1)
    ray = rays_of_pixels(camera, pixel)
    seen = pixels_of_points(camera, 4.0 * np.concatenate([ray, np.ones((7, 9, 1))], axis=-1))
    np.testing.assert_allclose(seen, pixel, atol=1e-3)


def test_points_turn_with_the_ray_through_their_middle() -> None:
    ahead = np.tile([0.0, 0.0, 1.0], (1, 5, 1))
    ray = np.broadcast_to([0.3, -0.2], (1, 5, 2))
    turned = turn_to_rays(ahead, ray)[0, 0]
    np.testing.assert_allclose(turned[:2] / turned[2], [0.3, -0.2], atol=0.02)
