"""AIST++'s annotation files, on ones that are written here: nothing of that dataset is in them."""

import json
import pathlib
import pickle

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError
from data.formats import aistpp
from data.resample import resample
from data.rigs import joint_maps
from data.rigs.retarget import Rig, retarget, retarget_error
from tests.messages import check_remedy

SEQUENCE = "gBR_sBM_cAll_d04_mBR0_ch01"
MATRIX = np.array([[1500.0, 0.0, 960.0], [0.0, 1500.0, 540.0], [0.0, 0.0, 1.0]])
DISTORTION = np.array([-0.1, 0.05, 0.001, -0.001, 0.0])
TURN, SHIFT = np.array([np.pi - 0.1, 0.2, 0.05]), np.array([10.0, 120.0, 450.0])  # Y up, cm


def keypoints_y_up() -> np.ndarray:
    """A built-in motion as 17 keypoints, cm, Y up, 60 Hz."""
    clip = resample(formats.read("builtin:walk"), aistpp.FPS)
    joint_map = joint_maps.detect(clip)
    at = {ours: clip.positions[:, clip.joint(name)] for ours, name in joint_map.items()}
    head = (at["neck"] + at["head_tip"]) / 2
    at |= {"nose": head + np.array([0.1, 0.0, 0.0])}
    for side, y in (("left", 0.07), ("right", -0.07)):
        at |= {f"{side}_eye": head + np.array([0.08, y / 2, 0.02]), f"{side}_ear": head + np.array([0.0, y, 0.0])}
    z_up = np.stack([at[name] for name in aistpp.KEYPOINTS], axis=1)
    return 100.0 * z_up[..., [1, 2, 0]]  # x to the left, y up, z ahead


def write_annotations(folder: pathlib.Path) -> None:
    """Those of one sequence."""
    keypoints = keypoints_y_up()
    pixels = np.stack([cv2.projectPoints(frame, TURN, SHIFT, MATRIX, DISTORTION)[0][:, 0] for frame in keypoints])
    seen = np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 0.9)], axis=-1)
    views = np.stack([seen + np.array([number, 0.0, 0.0]) for number in range(9)])
    views[2, 5, 3] = np.nan
    cameras = [
        {
            "name": f"c{number + 1:02}",
            "size": [1920, 1080],
            "matrix": MATRIX.tolist(),
            "rotation": TURN.tolist(),
            "translation": SHIFT.tolist(),
            "distortions": DISTORTION.tolist(),
        }
        for number in range(9)
    ]
    for part in ("keypoints3d", "keypoints2d", "cameras"):
        (folder / part).mkdir()
    three = {"keypoints3d": keypoints + 5.0, "keypoints3d_optim": keypoints}
    (folder / "keypoints3d" / f"{SEQUENCE}.pkl").write_bytes(pickle.dumps(three))
    two = {"keypoints2d": views, "det_scores": np.ones(views.shape[:2]), "timestamps": np.arange(len(keypoints))}
    (folder / "keypoints2d" / f"{SEQUENCE}.pkl").write_bytes(pickle.dumps(two))
    (folder / "cameras" / "mapping.txt").write_text(f"{SEQUENCE} setting1\nother setting2\n")
    (folder / "cameras" / "setting1.json").write_text(json.dumps(cameras))
    (folder / "ignore_list.txt").write_text("gBR_sBM_cAll_d05_mBR0_ch02\n")


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder of annotations of one sequence."""
    write_annotations(tmp_path)
    return tmp_path


def test_a_motion_is_on_our_body_in_metres_with_z_up(root: pathlib.Path, rig: Rig) -> None:
    clip = aistpp.read_motion(root, SEQUENCE)
    assert (clip.name, clip.fps) == (SEQUENCE, 60.0)
    height = clip.positions[:, clip.joint("neck"), 2] - clip.positions[:, clip.joint("left_ankle"), 2]
    assert 1.1 < np.median(height) < 1.6
    result = retarget(clip, rig, joint_maps.detect(clip))
    errors = retarget_error(result, clip)
    assert max(errors.values()) < 5.0  # the middle of the shoulders moves against the trunk


def test_cameras_see_the_motion_where_the_keypoints_are(root: pathlib.Path) -> None:
    """That is, the camera was turned with the world."""
    clip = aistpp.read_motion(root, SEQUENCE)
    camera = aistpp.read_cameras(root, SEQUENCE)["c01"]
    seen = aistpp.read_keypoints(root, SEQUENCE, "c01")
    turn = Rotation.from_quat(camera.rotation, scalar_first=True).as_rotvec()
    for joint in ("left_wrist", "right_ankle"):
        world = clip.positions[:, clip.joint(joint)]
        pixel = cv2.projectPoints(world[:, None], turn, camera.translation, MATRIX, DISTORTION)[0][:, 0]
        np.testing.assert_allclose(pixel, seen.pixel[:, seen.keypoint(joint)], atol=1e-6)


def test_each_camera_has_its_keypoints_and_what_is_no_number_was_not_found(root: pathlib.Path) -> None:
    first, third = (aistpp.read_keypoints(root, SEQUENCE, camera) for camera in ("c01", "c03"))
    found = third.confidence > 0
    np.testing.assert_array_equal(np.argwhere(~found), [[5, 3]])
    np.testing.assert_allclose((third.pixel - first.pixel)[found], np.tile([2.0, 0.0], (found.sum(), 1)), atol=1e-9)
    assert np.isfinite(third.pixel).all()
    with pytest.raises(InputError, match="no camera c10: use one of c01 to c09"):
        aistpp.read_keypoints(root, SEQUENCE, "c10")


def test_the_ignore_list_is_read(root: pathlib.Path) -> None:
    assert aistpp.read_ignored(root) == {"gBR_sBM_cAll_d05_mBR0_ch02"}


@pytest.mark.parametrize("content", [[1, 2], {}, {"keypoints3d": 3}, {"keypoints3d": np.ones((4, 16, 3))}])
def test_other_content_is_refused_in_a_sentence(root: pathlib.Path, content: object) -> None:
    (root / "keypoints3d" / f"{SEQUENCE}.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(InputError, match="get it again") as refused:
        aistpp.read_motion(root, SEQUENCE)
    check_remedy(str(refused.value))


def test_what_is_missing_is_named(tmp_path: pathlib.Path, root: pathlib.Path) -> None:
    reads = (
        lambda: aistpp.read_motion(root, "absent"),
        lambda: aistpp.read_cameras(root, "absent"),
        lambda: aistpp.read_cameras(root, "other"),
        lambda: aistpp.read_ignored(tmp_path / "absent"),
    )
    for read in reads:
        with pytest.raises(InputError) as refused:
            read()
        check_remedy(str(refused.value))
