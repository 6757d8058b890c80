"""A video becomes a motion in a world that stands on the ground; the detector is made up, of a motion that is known."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.clip import InputError
from data.keypoints.clip import KeypointClip
from data.keypoints.placement import Ground, stand_camera_on
from data.keypoints.pose_detector import SET, DetectedPerson
from data.keypoints.sets import NAMES
from data.video import Video
from diffphy import rotations
from diffphy.body.landmarks import landmarks
from diffphy.reconstruction.camera import project
from pipelines.config import RunConfig, load
from pipelines.inputs import video
from pipelines.inputs.kinematic_fit import camera_of
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.measure import SEEN
from pipelines.reconstruction.motion_file import poses
from pipelines.reconstruction.reconstruct_command import parse_crop
from tests.pipelines.conftest import QUICK

SIZE = (1280, 720)
HEIGHT = 1.4  # m, of the camera


@pytest.fixture(scope="module")
def recorded() -> Subject:
    return prepare(load(None, QUICK))


@pytest.fixture(scope="module")
def camera(recorded: Subject) -> CalibratedCamera:
    """Four metres from the middle of the walk, looking down a little."""
    up = Rotation.from_euler("x", 6.0, degrees=True).apply([0.0, -1.0, 0.0])
    lens = from_field_of_view(60.0, SIZE)
    placed = stand_camera_on(lens, Ground(up, -HEIGHT), np.array([0.0, 0.0, 4.0]))
    middle = recorded.clip.positions[:, 0].mean(axis=0) * [1.0, 1.0, 0.0]
    turn = Rotation.from_quat(placed.rotation, scalar_first=True)
    return CalibratedCamera(
        lens.name, SIZE, lens.focal, lens.principal, lens.distortion, placed.rotation,
        placed.translation - turn.apply(middle),
    )  # fmt: skip


@pytest.fixture(scope="module")
def detected(recorded: Subject, camera: CalibratedCamera) -> DetectedPerson:
    moved = recorded.retargeted
    pose = poses(recorded.humanoid, moved.position, moved.rotation)
    bodies, offset, names = landmarks(recorded.person, NAMES[SET])
    assert names == list(NAMES[SET])
    places = np.broadcast_to(offset, (len(pose.position), *offset.shape))
    points = pose.position[:, bodies] + np.asarray(rotations.rotate(pose.rotation[:, bodies], places))
    seen = Rotation.from_quat(camera.rotation, scalar_first=True).apply(points.reshape(-1, 3)).reshape(points.shape)
    hips = seen[:, [names.index("left_hip"), names.index("right_hip")]].mean(axis=1, keepdims=True)
    pixel = np.asarray(project(camera_of(camera), points), float)
    clip = KeypointClip("walk", recorded.clip.fps, NAMES[SET], pixel, np.ones(pixel.shape[:2]))
    return DetectedPerson(clip, seen - hips, Video(Path("walk.mp4"), recorded.clip.fps, SIZE))


def configured(**settings: object) -> RunConfig:
    return load(None, {**QUICK, "clip": "walk.mp4", "camera.fov_deg": 60.0, **settings})


@pytest.fixture(scope="module", autouse=True)
def detector(detected: DetectedPerson) -> Iterator[None]:
    """In place of MediaPipe and the video, which is none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(video, "detect", lambda *_, **__: detected)
        patch.setattr(video, "open_video", lambda *_: detected.video)
        yield


@pytest.fixture(scope="module")
def subject(recorded: Subject, detector: None) -> Subject:
    return prepare(configured(**{"body.height_m": recorded.person.stature}))


def test_the_motion_is_that_which_was_filmed(subject: Subject, recorded: Subject) -> None:
    """But for where the world's origin is, and which way its axes point."""
    keys = subject.retargeted.rig.keys
    bodies = [body for body in subject.tracked if body in recorded.tracked and "toe" not in keys[body]]
    found = subject.clip.positions[:, [subject.tracked[body] for body in bodies]]
    true = recorded.clip.positions[:, [recorded.tracked[body] for body in bodies]]
    about_z = [each - each.mean(axis=(0, 1)) * [1.0, 1.0, 0.0] for each in (found, true)]
    turn = Rotation.align_vectors(*(each.reshape(-1, 3) for each in about_z[::-1]))[0]
    assert turn.magnitude() == pytest.approx(abs(turn.as_rotvec()[2]), abs=0.08)  # upright is upright
    apart = np.linalg.norm(turn.apply(about_z[0].reshape(-1, 3)) - about_z[1].reshape(-1, 3), axis=-1)
    assert apart.mean() < 0.08


def test_the_camera_stands_where_it_stood(subject: Subject) -> None:
    seen = subject.detections
    assert seen is not None
    turn = Rotation.from_quat(seen.camera.rotation, scalar_first=True).inv()
    assert turn.apply(-np.asarray(seen.camera.translation))[2] == pytest.approx(HEIGHT, abs=0.12)
    assert np.degrees(np.arcsin(-turn.apply([0.0, 0.0, 1.0])[2])) == pytest.approx(6.0, abs=3.0)


def test_the_body_is_seen_where_it_was_detected(subject: Subject) -> None:
    seen, moved = subject.detections, subject.retargeted
    assert seen is not None
    pose = poses(subject.humanoid, moved.position, moved.rotation)
    joints = [number for number, place in enumerate(np.asarray(seen.offset)) if not place.any()]
    pixel = project(seen.camera, pose.position[:, [seen.body[number] for number in joints]])
    assert (np.asarray(seen.confidence) > SEEN).all()
    assert np.linalg.norm(pixel - seen.pixel[:, joints], axis=-1).mean() < 8.0  # 25 pixels are a decimetre


def test_the_notes_say_what_was_assumed(subject: Subject) -> None:
    assert "camera: field of view 60 degrees, as given" in subject.clip.notes
    assert not any(note.startswith("height:") for note in subject.clip.notes)  # it was given
    assert any(note.startswith("ground: found from the feet") for note in subject.clip.notes)


def test_a_time_outside_of_the_video_is_said() -> None:
    with pytest.raises(InputError, match="give --start and --end within it"):
        prepare(configured(**{"input.start_s": 50.0}))


def test_the_camera_of_another_size_is_said(tmp_path: Path) -> None:
    file = tmp_path / "camera.json"
    file.write_text('{"camera_matrix": [[900, 0, 320], [0, 900, 240], [0, 0, 1]], "image_size": [640, 480]}')
    with pytest.raises(InputError, match="has pictures of 640 x 480 pixels, those of walk.mp4 have 1280 x 720"):
        prepare(configured(**{"camera.fov_deg": None, "camera.file": file}))


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "", "1 2 3 4"])
def test_a_crop_that_is_none_is_said(text: str) -> None:
    with pytest.raises(InputError, match=f"--crop {text} is no crop: give left,top,right,bottom"):
        parse_crop(text)
    assert parse_crop("0,440,1518,994") == (0, 440, 1518, 994)


def test_a_camera_has_a_file_or_a_field_of_view(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the camera has a file and a field of view: give one of them"):
        configured(**{"camera.file": tmp_path / "camera.json"})
