"""A video becomes a subject in a world on the ground. A made-up detector sees a known motion."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.clip import InputError
from data.film.vertical_edges import MeasuredVertical
from data.keypoints.clip import KeypointClip
from data.keypoints.footage import Footage, Still
from data.keypoints.pose_detector import DetectedPerson
from data.keypoints.sets import NAMES
from data.rotations import to_wxyz
from data.video import Video
from diffphy import rotations
from diffphy.body.landmarks import landmarks
from diffphy.reconstruction.camera import project
from pipelines.config import Body, RunConfig, load
from pipelines.inputs import steady_view, video
from pipelines.inputs.kinematic_fit import physics_camera
from pipelines.inputs.prepare import prepare
from pipelines.inputs.seen_by_camera import SeenPerson
from pipelines.inputs.subject import Subject
from pipelines.inputs.visible_frames import take_seen_parts
from pipelines.reconstruction.measure import COUNTS
from pipelines.reconstruction.motion_file import poses
from tests.pipelines.conftest import QUICK

SIZE = (1280, 720)
EDGES = MeasuredVertical(np.array([0.0, -1.0, 0.0]), 0.01, 20, 9.0)
HEIGHT = 1.4  # m, of the camera above the ground


@pytest.fixture(scope="module")
def recorded() -> Subject:
    return prepare(load(None, QUICK))


@pytest.fixture(scope="module")
def camera(recorded: Subject) -> CalibratedCamera:
    """Return a camera four metres from the middle of the walk. It looks down a little."""
    lens = from_field_of_view(60.0, SIZE)
    level = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    turn = Rotation.from_euler("x", 6.0, degrees=True) * level
    center = recorded.clip.positions[:, 0].mean(axis=0) * [1.0, 1.0, 0.0] + [0.0, -4.0, HEIGHT]
    return replace(lens, rotation=to_wxyz(turn), translation=-turn.apply(center), has_pose=True)


@pytest.fixture(scope="module")
def detected(recorded: Subject, camera: CalibratedCamera) -> DetectedPerson:
    moved = recorded.retargeted
    pose = poses(recorded.humanoid, moved.position, moved.rotation)
    bodies, offset, names = landmarks(recorded.person, NAMES["mediapipe_33"])
    assert names == list(NAMES["mediapipe_33"])
    places = np.broadcast_to(offset, (len(pose.position), *offset.shape))
    points = pose.position[:, bodies] + np.asarray(rotations.rotate(pose.rotation[:, bodies], places))
    seen = Rotation.from_quat(camera.rotation, scalar_first=True).apply(points.reshape(-1, 3)).reshape(points.shape)
    hips = seen[:, [names.index("left_hip"), names.index("right_hip")]].mean(axis=1, keepdims=True)
    pixel = np.asarray(project(physics_camera(camera), points), float)
    clip = KeypointClip("walk", recorded.clip.fps, NAMES["mediapipe_33"], pixel, np.ones(pixel.shape[:2]))
    film = Video(Path("walk.mp4"), recorded.clip.fps, SIZE, clip.num_frames)
    return DetectedPerson(clip, seen - hips, Footage(film))


def configured(**settings: object) -> RunConfig:
    return load(None, {**QUICK, "clip": "walk.mp4", "camera.fov_deg": 60.0, **settings})


@pytest.fixture(scope="module", autouse=True)
def detector(detected: DetectedPerson) -> Iterator[None]:
    """Replace MediaPipe and the reader of videos."""
    with pytest.MonkeyPatch.context() as patch:
        every = range(detected.keypoints.num_frames)
        patch.setattr(video, "detect", lambda *_, part, **__: detected.take(slice(*part.indices(len(every)))))
        patch.setattr(video, "open_video", lambda *_: detected.footage.video)
        patch.setattr(video, "frame_times", lambda _: every)
        yield


@pytest.fixture(scope="module")
def subject(recorded: Subject, detector: None) -> Subject:
    return prepare(configured(**{"body.height_m": recorded.person.stature}))


def test_the_motion_is_that_which_was_filmed(subject: Subject, recorded: Subject) -> None:
    """Only the world's origin and its turn about the vertical may differ."""
    keys = subject.retargeted.rig.keys
    bodies = [body for body in subject.tracked if body in recorded.tracked and "toe" not in keys[body]]
    found = subject.clip.positions[:, [subject.tracked[body] for body in bodies]]
    true = recorded.clip.positions[:, [recorded.tracked[body] for body in bodies]]
    about_z = [each - each.mean(axis=(0, 1)) * [1.0, 1.0, 0.0] for each in (found, true)]
    turn = Rotation.align_vectors(*(each.reshape(-1, 3) for each in about_z[::-1]))[0]
    assert turn.magnitude() == pytest.approx(abs(turn.as_rotvec()[2]), abs=0.08)  # about the vertical only
    apart = np.linalg.norm(turn.apply(about_z[0].reshape(-1, 3)) - about_z[1].reshape(-1, 3), axis=-1)
    assert apart.mean() < 0.08


def test_a_detector_without_depth_leaves_it_to_known_poses(detected: DetectedPerson, camera: CalibratedCamera) -> None:
    flat = replace(detected, positions=np.full_like(detected.positions, np.nan))
    (part,) = take_seen_parts([detected.keypoints], [camera], None, None)
    seen = video._see(flat, part, 1.7)
    assert np.isfinite(seen.relative).all()
    thigh = seen.relative[:, seen.names.index("left_hip")] - seen.relative[:, seen.names.index("left_knee")]
    assert np.linalg.norm(thigh, axis=1) == pytest.approx(0.24 * 1.7, abs=0.06)


def test_the_camera_stands_where_it_stood(subject: Subject) -> None:
    (seen,) = subject.detections
    turn = Rotation.from_quat(seen.camera.rotation, scalar_first=True).inv()
    assert turn.apply(-np.asarray(seen.camera.translation))[2] == pytest.approx(HEIGHT, abs=0.12)
    assert np.degrees(np.arcsin(-turn.apply([0.0, 0.0, 1.0])[2])) == pytest.approx(6.0, abs=3.0)


def test_the_body_is_seen_where_it_was_detected(subject: Subject) -> None:
    (seen,), moved = subject.detections, subject.retargeted
    pose = poses(subject.humanoid, moved.position, moved.rotation)
    joints = [number for number, place in enumerate(np.asarray(seen.offset)) if not place.any()]
    pixel = project(seen.camera, pose.position[:, [seen.body[number] for number in joints]])
    assert (np.asarray(seen.confidence) > COUNTS).all()
    assert np.linalg.norm(pixel - seen.pixel[:, joints], axis=-1).mean() < 8.0  # 25 pixels are 0.1 m


def test_the_notes_say_what_was_assumed(subject: Subject) -> None:
    assert "camera: field of view 60 degrees, as given" in subject.clip.notes
    assert not any(note.startswith("height:") for note in subject.clip.notes)  # it was given
    assert any(note.startswith("ground: ") for note in subject.clip.notes)


@pytest.mark.parametrize("height_m", [None, 1.9])
def test_film_part_and_height_agree(height_m: float | None, monkeypatch: pytest.MonkeyPatch, recorded: Subject) -> None:
    seen: list[tuple[SeenPerson, Body]] = []

    def instead(persons: Sequence[SeenPerson], body: Body, *__: object, **___: object) -> Subject:
        seen.append((persons[0], body))
        return recorded

    monkeypatch.setattr(video, "build_subject_from_seen", instead)
    subject = prepare(configured(**{"input.start_s": 0.3, "input.end_s": 1.0, "body.height_m": height_m}))
    ((person, body),) = seen
    assert subject.film is not None
    assert subject.film.first == person.keypoints.first == round(0.3 * recorded.clip.fps)
    assert len(person.relative) == person.keypoints.num_frames == round(0.7 * recorded.clip.fps) + 1
    assert body.height_m == height_m
    assert person.vertical is None  # no pictures were kept


@pytest.mark.parametrize("depth", [True, False])
def test_edges_are_looked_for_in_the_part_that_is_used(
    depth: bool, monkeypatch: pytest.MonkeyPatch, detected: DetectedPerson
) -> None:
    """Also for a detector that knows no depth. Before, somebody carried the camera to where it stands."""
    stills = tuple(Still(frame, np.full((720, 1280), frame, np.uint8)) for frame in range(0, 30, 3))
    looked: list[list[int]] = []

    def find(pictures: Sequence[np.ndarray], *_: object) -> MeasuredVertical:
        looked.append([int(each[0, 0]) for each in pictures])
        return EDGES

    monkeypatch.setattr(steady_view, "find_vertical", find)
    positions = detected.positions if depth else np.full_like(detected.positions, np.nan)
    person = replace(detected, footage=replace(detected.footage, stills=stills), positions=positions)
    lens = from_field_of_view(60.0, SIZE)
    (part,) = take_seen_parts([person.keypoints], [lens], 0.3, 0.8)
    assert video._see(person, part, 1.7).vertical is EDGES
    ((first, *_, last),) = looked
    assert part.frames.start <= first < last < part.frames.stop
    before = replace(person, footage=replace(person.footage, stills=stills[:2]))
    assert video._see(before, part, 1.7).vertical is None


@pytest.mark.parametrize("wrong", [{"input.start_s": 50.0}, {"input.end_s": 50.0}])
def test_a_time_outside_of_the_video_is_said_before_anybody_is_looked_for(
    wrong: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "detect", None)
    with pytest.raises(InputError, match="walk lasts 1.27 s: give --start and --end within it"):
        prepare(configured(**wrong))


def test_a_video_with_fewer_frames_than_it_says_is_said(
    monkeypatch: pytest.MonkeyPatch, detected: DetectedPerson
) -> None:
    film = replace(detected.footage.video, frames=1000)
    monkeypatch.setattr(video, "open_video", lambda *_: film)
    with pytest.raises(InputError, match="walk lasts 1.27 s: give --start and --end within it"):
        prepare(configured(**{"input.end_s": 3.0}))


def test_the_physics_camera_another_size_is_said(tmp_path: Path) -> None:
    file = tmp_path / "camera.json"
    file.write_text('{"camera_matrix": [[900, 0, 320], [0, 900, 240], [0, 0, 1]], "image_size": [640, 480]}')
    with pytest.raises(InputError, match="has pictures of 640 x 480 pixels, those of walk.mp4 have 1280 x 720"):
        prepare(configured(**{"camera.fov_deg": None, "camera.file": file}))


def test_a_camera_has_a_file_or_a_field_of_view(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"the camera has a file \(--camera\) and a field of view \(--fov\): give one of them"
    ):
        configured(**{"camera.file": tmp_path / "camera.json"})
