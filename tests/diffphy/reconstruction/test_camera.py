"""The camera equals OpenCV's up to rounding. It is differentiable also where a point has no image."""

from dataclasses import replace

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from diffphy.reconstruction.camera import NEAR, Camera, project, visible

pytestmark = pytest.mark.usefixtures("float64")

LENSES = {
    "none": np.zeros(8),
    "radial and tangential": np.array([-0.21, 0.24, -0.0009, -0.0016, -0.002, 0.0, 0.0, 0.0]),
    "rational": np.array([0.12, -0.07, 0.001, -0.002, 0.01, 0.05, 0.02, -0.004]),
}


def camera(lens: str = "none", seed: int = 0) -> Camera:
    """A camera four to six metres from the origin that looks roughly at it."""
    rng = np.random.default_rng(seed)
    rotation = Rotation.random(rng=rng)
    translation = np.array([*rng.uniform(-0.3, 0.3, 2), rng.uniform(4.0, 6.0)])
    focal, principal = np.array([1145.0, 1143.0]), np.array([512.5, 515.5])
    return Camera(rotation.as_quat(scalar_first=True), translation, focal, principal, LENSES[lens])


def opencv(camera: Camera, point: np.ndarray) -> np.ndarray:
    """The result of `cv2.projectPoints`."""
    (fx, fy), (cx, cy) = camera.focal, camera.principal
    matrix = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    turn = Rotation.from_quat(np.asarray(camera.rotation), scalar_first=True).as_rotvec()
    pixels, _ = cv2.projectPoints(
        point[:, None], turn, np.asarray(camera.translation), matrix, np.asarray(camera.distortion)
    )
    return pixels[:, 0]


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("seed", range(4))
def test_pixels_are_those_of_opencv(lens: str, seed: int) -> None:
    here = camera(lens, seed)
    point = np.random.default_rng(seed).uniform(-1.0, 1.0, (200, 3))
    np.testing.assert_allclose(project(here, point), opencv(here, point), rtol=0, atol=1e-9)


def test_a_camera_that_moves_has_a_pose_for_each_frame() -> None:
    poses = [camera("rational", seed) for seed in range(3)]
    moving = replace(
        poses[0],
        rotation=np.stack([each.rotation for each in poses]),
        translation=np.stack([each.translation for each in poses]),
    )
    point = np.random.default_rng(5).uniform(-1.0, 1.0, (3, 7, 3))
    each = np.stack([project(pose, frame) for pose, frame in zip(poses, point, strict=True)])
    np.testing.assert_allclose(project(moving, point), each, rtol=1e-14)


def test_a_point_to_the_right_and_below_has_the_larger_column_and_row() -> None:
    level = Camera(np.array([1.0, 0, 0, 0]), np.zeros(3), np.full(2, 1000.0), np.array([320.0, 240.0]), np.zeros(8))
    np.testing.assert_allclose(project(level, np.array([[0.1, 0.2, 2.0]])), [[370.0, 340.0]])


def test_what_is_behind_the_camera_is_not_visible_and_its_slope_is_a_number() -> None:
    level = Camera(np.array([1.0, 0, 0, 0]), np.zeros(3), np.full(2, 1000.0), np.zeros(2), LENSES["rational"])
    point = np.array([[0.1, 0.2, 2.0], [0.1, 0.2, NEAR], [0.1, 0.2, 0.0], [0.1, 0.2, -2.0]])
    np.testing.assert_array_equal(visible(level, point), [True, False, False, False])
    slope = jax.jacrev(lambda p: project(level, p))(jnp.asarray(point))
    assert np.isfinite(slope).all()
    assert np.isfinite(project(level, point)).all()


@pytest.mark.parametrize("lens", LENSES)
def test_slopes_agree_in_both_modes_with_differences(lens: str) -> None:
    point = jnp.asarray(np.random.default_rng(1).uniform(-1.0, 1.0, (4, 3)))
    leaves = jax.tree.map(jnp.asarray, list(vars(camera(lens)).values()))
    check_grads(lambda leaves, point: project(Camera(*leaves), point) / 1000.0, (leaves, point), order=1)


def test_a_point_beyond_the_fold_of_the_lens_is_not_visible() -> None:
    """The polynomial of this lens turns back at 0.62: a point far outside would appear in the middle."""
    lens = np.array([-0.04, 1.37, 0.0, 0.0, -5.6, 0.0, 0.0, 0.0])
    level = Camera(np.array([1.0, 0, 0, 0]), np.zeros(3), np.full(2, 900.0), np.zeros(2), lens)
    radius = np.linspace(0.0, 1.0, 101)
    column = np.asarray(project(level, np.stack([radius, np.zeros(101), np.ones(101)], axis=1)))[:, 0]
    turns = radius[column.argmax()]
    seen = np.asarray(visible(level, np.stack([radius, np.zeros(101), np.ones(101)], axis=1)))
    assert 0.5 < turns < 0.7
    np.testing.assert_array_equal(seen, radius < radius[seen].max() + 1e-9)
    assert radius[seen].max() == pytest.approx(turns, abs=0.02)
