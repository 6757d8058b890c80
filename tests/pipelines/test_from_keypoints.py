"""Files of keypoints become a motion: guessed in space, then made likely; the motion behind them is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data import joint_maps
from data.camera import CameraModel, from_field_of_view
from data.clip import InputError, MotionClip
from data.datasets import human36m_cameras
from data.keypoint_clip import KeypointClip
from data.keypoint_skeletons import NAMES
from data.rotations import to_wxyz
from diffphy.camera import project
from diffphy.metrics import mpjpe_g, mpjpe_pa
from pipelines.config import CameraSettings, load
from pipelines.from_keypoints import HEIGHT, _in_picture, subject_from_keypoints
from pipelines.most_likely import camera_of
from pipelines.prepare import prepare
from pipelines.reconstruct import parse_image_size
from pipelines.subject import Subject
from pipelines.viewpoint import viewpoint
from tests.pipelines.conftest import QUICK

SIZE = (1000, 1002)


@pytest.fixture(scope="module")
def recorded() -> Subject:
    """A walk to the side of the room's middle, of which the poses for matching have no frame: it is seen at 30 fps."""
    return prepare(load(None, {**QUICK, "clip": "builtin:walk"}))


@pytest.fixture(scope="module")
def truth(recorded: Subject) -> MotionClip:
    return recorded.clip


@pytest.fixture(scope="module")
def camera() -> CameraModel:
    return human36m_cameras.camera("S9", "54138969")


def seen(truth: MotionClip, camera: CameraModel, confidence: float = 1.0) -> KeypointClip:
    """The seventeen keypoints of COCO that are joints, with five pixels of noise; the face is not found."""
    ours = joint_maps.detect(truth)
    names = NAMES["coco_17"]
    pixel, found = np.zeros((truth.num_frames, 17, 2)), np.zeros((truth.num_frames, 17))
    joints = [name for name in names if name in ours]
    columns = [names.index(name) for name in joints]
    points = truth.positions[:, [truth.joint(ours[name]) for name in joints]]
    noise = np.random.default_rng(0).normal(scale=5.0, size=(truth.num_frames, len(joints), 2))
    pixel[:, columns] = np.asarray(project(camera_of(camera), points), float) + noise
    found[:, columns] = confidence
    return KeypointClip("walk", truth.fps, names, pixel, found)


@pytest.fixture(scope="module")
def subject(truth: MotionClip, camera: CameraModel) -> Subject:
    config = load(None, {**QUICK, "clip": "walk.npz", "input.floor_m": 0.0})
    return subject_from_keypoints(config, seen(truth, camera), camera, truth=truth)


def test_the_motion_behind_the_keypoints_is_found(subject: Subject) -> None:
    """An unknown person of an assumed height, from two dimensions: no detector of 3D poses was asked."""
    assert subject.truth is not None
    assert mpjpe_pa(subject.clip.positions, subject.truth.positions) < 90.0
    assert mpjpe_g(subject.clip.positions, subject.truth.positions) < 350.0  # of 5 m to the camera


def test_the_notes_say_what_was_guessed(subject: Subject) -> None:
    assert f"height: {HEIGHT:g} m, assumed; give --height where it is known" in subject.clip.notes
    assert "in space: guessed from poses of the built-in motions" in subject.clip.notes
    assert "floor: +0.000 m in the camera's world, as given" in subject.clip.notes


def test_the_floor_is_found_below_the_feet(truth: MotionClip, camera: CameraModel, recorded: Subject) -> None:
    """The same world, a metre higher: the camera's file does not say where the floor is."""
    turn = Rotation.from_quat(camera.rotation, scalar_first=True)
    higher = replace(camera, translation=camera.translation - turn.apply([0.0, 0.0, 1.0]))
    lifted = truth.shifted(1.0)
    config = load(None, {**QUICK, "clip": "walk.npz", "body.height_m": recorded.person.stature})
    found = subject_from_keypoints(config, seen(lifted, higher), higher)
    note = next(each for each in found.clip.notes if each.startswith("floor:"))
    assert float(note.split()[1]) == pytest.approx(1.0, abs=0.2)
    ankles = found.retargeted.joint_positions()[:, found.retargeted.rig.keys.index("left_ankle"), 2]
    assert 0.02 < ankles.min() < 0.15


def test_a_camera_that_moves_is_followed(truth: MotionClip, camera: CameraModel) -> None:
    """One that sways by a decimetre and turns by degrees, as its file says in every frame."""
    time = np.arange(truth.num_frames) / truth.fps
    sway = Rotation.from_euler("y", 3.0 * np.sin(4.0 * time)[:, None], degrees=True)
    rotation = sway * Rotation.from_quat(camera.rotation, scalar_first=True)
    shift = sway.apply(np.tile(camera.translation, (truth.num_frames, 1)))
    shift[:, 0] += 0.1 * np.sin(3.0 * time)
    moving = replace(camera, rotation=to_wxyz(rotation), translation=shift)
    config = load(None, {**QUICK, "clip": "walk.npz", "input.floor_m": 0.0})
    found = subject_from_keypoints(config, seen(truth, moving), moving, truth=truth)
    assert found.truth is not None
    assert mpjpe_pa(found.clip.positions, found.truth.positions) < 100.0
    assert mpjpe_g(found.clip.positions, found.truth.positions) < 400.0
    with pytest.raises(InputError, match=r"has 10 poses for \d+ frames: give one for each frame"):
        short = replace(moving, rotation=moving.rotation[:10], translation=moving.translation[:10])
        subject_from_keypoints(config, seen(truth, moving), short)


def test_keypoints_in_a_file_are_followed(truth: MotionClip, camera: CameraModel, tmp_path: Path) -> None:
    """What is seen of them; the camera and the ground are found."""
    clip = seen(truth, camera, confidence=0.9)
    keypoints = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    keypoints = np.concatenate([np.zeros((3, 17, 3)), keypoints])
    path = tmp_path / "walk.npz"
    np.savez(path, keypoints=keypoints, set="coco_17", fps=clip.fps)
    subject = prepare(load(None, {**QUICK, "clip": str(path), "input.image_size": SIZE, "body.height_m": 1.7}))
    assert f"frames 3 to {truth.num_frames + 2} are taken" in subject.clip.notes
    assert subject.clip.num_frames == truth.num_frames
    assert subject.film is None
    assert any(note.startswith("ground: found from the feet") for note in subject.clip.notes)


def test_pictures_of_unknown_size_are_said(truth: MotionClip, camera: CameraModel, tmp_path: Path) -> None:
    clip = seen(truth, camera)
    path = tmp_path / "walk.npz"
    np.savez(path, keypoints=np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1), set="coco_17")
    with pytest.raises(InputError, match="does not say how large the pictures are: give --image-size, --film or"):
        prepare(load(None, {**QUICK, "clip": str(path)}))


def test_a_person_seen_too_briefly_is_said(truth: MotionClip, camera: CameraModel) -> None:
    clip = seen(truth, camera)
    config = load(None, {**QUICK, "clip": "walk.npz"})
    gone = replace(clip, confidence=clip.confidence * (np.arange(truth.num_frames) == 5)[:, None])
    with pytest.raises(InputError, match="nobody is seen for long enough in walk: give a recording"):
        subject_from_keypoints(config, gone, camera)
    hipless = clip.confidence.copy()
    hipless[:, clip.keypoint("left_hip")] = 0.0
    with pytest.raises(InputError, match="walk does not show the left hip: give keypoints with hips"):
        subject_from_keypoints(config, replace(clip, confidence=hipless), camera)


def test_feet_that_are_not_seen_are_said(truth: MotionClip, camera: CameraModel) -> None:
    """Neither in the picture in five frames; one of them missing is nothing to speak of."""
    clip = seen(truth, camera)
    feet = [clip.keypoint(f"{side}_ankle") for side in ("left", "right")]
    clip.pixel[10:15, feet, 1] = 1500.0
    clip.confidence[20:25, feet[0]] = 0.0
    inside = _in_picture(clip, camera.size)
    assert "neither foot is seen in frames 10-14: what they do is guessed" in inside.notes
    assert not inside.confidence[10:15, feet].any()
    assert not _in_picture(seen(truth, camera), camera.size).notes


@pytest.mark.parametrize("up", ["x", "y", "z", "-x", "-y", "-z"])
def test_the_world_of_a_camera_is_turned_upright(up: str, tmp_path: Path) -> None:
    """A point a metre up the named axis stays where it is in the picture, and is a metre up z."""
    turn = Rotation.from_euler("xyz", [100.0, 20.0, -30.0], degrees=True)
    rows, shift = turn.as_matrix().tolist(), [0.1, 0.2, 3.0]
    file = tmp_path / "camera.json"
    matrix = "[[900, 0, 320], [0, 900, 240], [0, 0, 1]]"
    file.write_text(f'{{"camera_matrix": {matrix}, "R": {rows}, "T": {shift}}}')
    given = CameraSettings.model_validate({"file": file, "up": up, "unit_m": 0.5})
    camera, note = viewpoint(given, (640, 480), "walk.mp4")
    axis = np.eye(3)["xyz".index(up[-1])] * (-1.0 if up[0] == "-" else 1.0)
    now = Rotation.from_quat(camera.rotation, scalar_first=True)
    np.testing.assert_allclose(now.apply([0.0, 0.0, 1.0]), turn.apply(axis), atol=1e-12)
    np.testing.assert_allclose(camera.translation, np.multiply(shift, 0.5))
    assert note.endswith("with its pose")
    assert not viewpoint(given.model_copy(update={"up": None}), (640, 480), "walk.mp4")[0].has_pose


def test_a_pose_that_is_needed_and_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "camera.json"
    matrix = '"camera_matrix": [[900, 0, 320], [0, 900, 240], [0, 0, 1]]'
    file.write_text(f"{{{matrix}}}")
    with pytest.raises(InputError, match="has no pose: leave --camera-up out, or write its rotation"):
        viewpoint(CameraSettings.model_validate({"file": file, "up": "z"}), None, "walk")
    file.write_text(f'{{{matrix}, "rvec": [[0, 0, 0], [0, 0, 0.1]], "tvec": [[0, 0, 3], [0, 0, 3]]}}')
    with pytest.raises(InputError, match="moves: say which axis of its world points up with --camera-up"):
        viewpoint(CameraSettings.model_validate({"file": file}), None, "walk")
    with pytest.raises(InputError, match="a name or an axis that points up, but no file: give its file"):
        load(None, {"camera.up": "z"})
    assert from_field_of_view(60.0, SIZE).has_pose is False


@pytest.mark.parametrize("text", ["1920", "1920x", "axb", "1920 1080", "-1x5"])
def test_an_image_size_that_is_none_is_said(text: str) -> None:
    with pytest.raises(InputError, match=f"--image-size {text} is no size: give width and height in pixels"):
        parse_image_size(text)
    assert parse_image_size("1920x1080") == (1920, 1080)
