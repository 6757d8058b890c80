"""A person in front of a camera is put on the floor, with and without a known pose of the camera."""

from dataclasses import replace

import numpy as np
import pytest

from data.camera import CalibratedCamera, without_pose
from data.clip import InputError, MotionClip
from data.keypoints import placement
from data.rigs import joint_maps
from data.rotations import from_wxyz
from diffphy.body.foot import ANKLE_HEIGHT
from pipelines.inputs.grounding import ground_points
from tests.messages import check_remedy

HEIGHT = 1.7
NAMES = ("pelvis", *(f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "shoulder")))
FEET = [NAMES.index("left_ankle"), NAMES.index("right_ankle")]
SOLES = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("heel", "big_toe"))


@pytest.fixture(scope="module")
def world(walk: MotionClip) -> np.ndarray:
    """Return the points of NAMES, m. A standing ankle is where a person of HEIGHT has it."""
    ours = joint_maps.detect(walk)
    points = walk.positions[:, [walk.joint(ours[name]) for name in NAMES]]
    return points + np.array([0.0, 0.0, ANKLE_HEIGHT * HEIGHT - placement.floor_height(points[:, FEET])])


def seen_from(camera: CalibratedCamera, world: np.ndarray) -> np.ndarray:
    """Move points from the world to the camera's axes."""
    turned = from_wxyz(camera.rotation).apply(world.reshape(-1, 3)).reshape(world.shape)
    return turned + camera.translation


def test_a_given_floor_comes_to_zero(world: np.ndarray, camera: CalibratedCamera) -> None:
    found = ground_points(NAMES, seen_from(camera, world), camera, height=HEIGHT, floor_m=0.25)
    np.testing.assert_allclose(found.points, world - [0.0, 0.0, 0.25], atol=1e-9)
    np.testing.assert_allclose(found.camera.center, camera.center - [0.0, 0.0, 0.25], atol=1e-9)
    assert found.note == "floor: +0.250 m in the camera's world, as given"


def test_the_floor_is_below_the_ankles(world: np.ndarray, camera: CalibratedCamera) -> None:
    higher = camera.shifted(1.0)
    found = ground_points(
        NAMES, seen_from(higher, world + np.array([0.0, 0.0, 1.0])), higher, height=HEIGHT, floor_m=None
    )
    np.testing.assert_allclose(found.points, world, atol=0.02)
    np.testing.assert_allclose(found.camera.center, camera.center, atol=0.02)
    assert found.note.startswith("floor: +")
    assert found.note.endswith("m in the camera's world, found from the feet")


def test_soles_that_are_seen_touch_the_floor(world: np.ndarray, camera: CalibratedCamera) -> None:
    """The height of the person, which tells where ankles are, then has no effect."""
    ankles = [world[:, [NAMES.index(f"{side}_ankle")]] for side in ("left", "right")]
    soles = [each - [0.0, 0.0, ANKLE_HEIGHT * HEIGHT] for each in ankles for _ in range(2)]
    points = np.concatenate([world, *soles], axis=1)
    tall, short = (
        ground_points((*NAMES, *SOLES), seen_from(camera, points), camera, height=height, floor_m=None)
        for height in (2.0, 1.0)
    )
    np.testing.assert_array_equal(tall.points, short.points)
    np.testing.assert_allclose(tall.points, points, atol=0.02)


def test_points_and_camera_agree_where_the_pose_is_found(world: np.ndarray, camera: CalibratedCamera) -> None:
    """Only the world's origin and its turn about the vertical may differ from the true ones."""
    before = seen_from(camera, world)
    found = ground_points(NAMES, before, without_pose(camera), height=HEIGHT, floor_m=None)
    assert found.camera.has_pose
    np.testing.assert_allclose(seen_from(found.camera, found.points), before, atol=1e-9)
    np.testing.assert_allclose(found.points[..., 2], world[..., 2], atol=0.15)
    assert found.camera.center[2] == pytest.approx(camera.center[2], abs=0.15)
    hips = found.points[:, [NAMES.index("left_hip"), NAMES.index("right_hip")]].mean(axis=(0, 1))
    np.testing.assert_allclose(hips[:2], 0.0, atol=1e-9)
    assert found.note.startswith("ground: found from the feet, ")
    assert f"{found.camera.center[2]:.2f} m below the camera" in found.note


def test_a_camera_that_moves_sees_the_same_world(world: np.ndarray, camera: CalibratedCamera) -> None:
    frames = len(world)
    shift = camera.translation + np.linspace(0.0, 1.0, frames)[:, None]
    moving = replace(camera, rotation=np.tile(camera.rotation, (frames, 1)), translation=shift)
    before = np.stack(
        [seen_from(replace(camera, translation=each), here) for each, here in zip(shift, world, strict=True)]
    )
    found = ground_points(NAMES, before, moving, height=HEIGHT, floor_m=0.0)
    np.testing.assert_allclose(found.points, world, atol=1e-9)


def test_a_floor_of_a_world_that_nobody_knows_is_refused(world: np.ndarray, camera: CalibratedCamera) -> None:
    with pytest.raises(InputError, match="which way is up there is not known: give --camera-up too") as refused:
        ground_points(NAMES, world, without_pose(camera), height=HEIGHT, floor_m=0.0)
    check_remedy(str(refused.value))
