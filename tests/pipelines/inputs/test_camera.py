"""The camera of a run: its lens and pose as the user gives them."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, Held, from_field_of_view
from data.clip import InputError
from data.rotations import to_wxyz
from pipelines.config import CameraSettings, load
from pipelines.inputs.camera import build_camera, require_poses, take_poses
from tests.messages import check_remedy
from tests.pipelines.inputs.conftest import SIZE


@pytest.mark.parametrize("up", ["x", "y", "z", "-x", "-y", "-z"])
def test_the_world_of_a_camera_is_turned_upright(up: str, tmp_path: Path) -> None:
    """The named axis of the file's world is the z axis of ours, as the camera sees it."""
    turn = Rotation.from_euler("xyz", [100.0, 20.0, -30.0], degrees=True)
    rows, shift = turn.as_matrix().tolist(), [0.1, 0.2, 3.0]
    file = tmp_path / "camera.json"
    matrix = "[[900, 0, 320], [0, 900, 240], [0, 0, 1]]"
    file.write_text(f'{{"camera_matrix": {matrix}, "R": {rows}, "T": {shift}}}')
    given = CameraSettings.model_validate({"file": file, "up": up, "unit_m": 0.5})
    camera, note = build_camera(given, (640, 480), "walk.mp4")
    axis = np.eye(3)["xyz".index(up[-1])] * (-1.0 if up[0] == "-" else 1.0)
    now = Rotation.from_quat(camera.rotation, scalar_first=True)
    np.testing.assert_allclose(now.apply([0.0, 0.0, 1.0]), turn.apply(axis), atol=1e-12)
    np.testing.assert_allclose(camera.translation, np.multiply(shift, 0.5))
    assert note.endswith("with its pose")
    assert not build_camera(given.model_copy(update={"up": None}), (640, 480), "walk.mp4")[0].has_pose


def test_a_pose_that_is_needed_and_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "camera.json"
    matrix = '"camera_matrix": [[900, 0, 320], [0, 900, 240], [0, 0, 1]]'
    file.write_text(f"{{{matrix}}}")
    with pytest.raises(InputError, match="has no pose: leave --camera-up out, or write its rotation"):
        build_camera(CameraSettings.model_validate({"file": file, "up": "z"}), None, "walk")
    file.write_text(f'{{{matrix}, "rvec": [[0, 0, 0], [0, 0, 0.1]], "tvec": [[0, 0, 3], [0, 0, 3]]}}')
    with pytest.raises(InputError, match="moves: say which axis of its world points up with --camera-up"):
        build_camera(CameraSettings.model_validate({"file": file}), None, "walk")
    with pytest.raises(InputError, match="need the camera.s file: give it with --camera"):
        load(None, {"camera.up": "z"})
    assert from_field_of_view(60.0, SIZE).has_pose is False


def test_a_field_of_view_is_given_or_assumed() -> None:
    given, note = build_camera(CameraSettings(fov_deg=47.0), SIZE, "walk")
    assert (given.size, given.has_pose) == (SIZE, False)
    assert 2 * np.degrees(np.arctan(max(SIZE) / 2 / given.focal[0])) == pytest.approx(47.0)
    assert note == "camera: field of view 47 degrees, as given"
    assert build_camera(CameraSettings(), SIZE, "walk")[1].startswith("camera: field of view 69 degrees, assumed")


def test_a_camera_that_moves_has_a_pose_for_each_frame(camera: CalibratedCamera) -> None:
    turns = to_wxyz(Rotation.from_euler("z", np.linspace(0.0, 0.4, 5)[:, None]))
    moving = CalibratedCamera(
        camera.name, SIZE, camera.focal, camera.principal, camera.distortion, turns, np.arange(15.0).reshape(5, 3)
    )
    require_poses(moving, 5)
    with pytest.raises(InputError, match="has 5 poses for 6 frames: give one for each frame") as refused:
        require_poses(moving, 6)
    check_remedy(str(refused.value))
    taken = take_poses(moving, slice(1, 3))
    np.testing.assert_array_equal(taken.rotation, turns[1:3])
    np.testing.assert_array_equal(taken.translation, moving.translation[1:3])
    require_poses(camera, 6)
    assert take_poses(camera, slice(1, 3)) is camera


def test_how_a_camera_is_held_is_taken_and_contradictions_are_refused() -> None:
    camera, _ = build_camera(CameraSettings(pitch_deg=-10.0, height_m=1.2), SIZE, "walk")
    assert camera.held == Held(np.radians(-10.0), None, 1.2)
    assert build_camera(CameraSettings(), SIZE, "walk")[0].held == Held()
    with pytest.raises(ValueError, match="are for a camera without a pose, and --camera-up gives it one"):
        CameraSettings(file=Path("lab.json"), up="z", roll_deg=1.0)


def test_pictures_that_a_coder_cut_are_taken_and_others_refused(tmp_path: Path) -> None:
    file = tmp_path / "camera.json"
    file.write_text('{"camera_matrix": [[900, 0, 540], [0, 900, 960], [0, 0, 1]], "size": [1088, 1920]}')
    settings = CameraSettings.model_validate({"file": file})
    camera, note = build_camera(settings, (1080, 1920), "walk.mp4")
    assert camera.size == (1080, 1920)
    np.testing.assert_array_equal(camera.principal, [540, 960])
    assert note.endswith("; its pictures are 1080 x 1920 pixels, not 1088 x 1920: taken as cut at the right and below")
    assert "its pictures" not in build_camera(settings, (1088, 1920), "walk.mp4")[1]
    for size in ((1060, 1920), (1096, 1920), (1920, 1088)):
        with pytest.raises(InputError, match="has pictures of 1088 x 1920 pixels, those of walk.mp4 have") as refused:
            build_camera(settings, size, "walk.mp4")
        check_remedy(str(refused.value))
