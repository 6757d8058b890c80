"""Files of keypoints become a motion: guessed in space, then made likely; the motion behind them is known."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.clip import InputError, MotionClip
from data.datasets import builtin, human36m_cameras
from data.keypoints import lifting
from data.keypoints.clip import KeypointClip
from data.keypoints.sets import NAMES
from data.rigs import joint_maps
from data.rotations import to_wxyz
from data.video import Video
from diffphy.metrics import mpjpe_g, mpjpe_pa
from diffphy.reconstruction.camera import project
from pipelines.config import CameraSettings, RunConfig, load
from pipelines.inputs import keypoints
from pipelines.inputs.camera import viewpoint
from pipelines.inputs.keypoints import HEIGHT, in_picture, subject_from_keypoints
from pipelines.inputs.kinematic_fit import camera_of
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.reconstruct_command import parse_image_size
from tests.pipelines.conftest import QUICK

SIZE = (1000, 1002)


@pytest.fixture(scope="module")
def recorded() -> Iterator[Subject]:
    """A walk that is none of the poses for matching: they are those of the other motions."""
    others = {name: path for name, path in builtin.clip_paths().items() if name != "walk"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifting, "library", cache(lambda: lifting.build_library(tuple(others))))
        yield prepare(load(None, {**QUICK, "clip": "builtin:walk"}))


@pytest.fixture(scope="module")
def truth(recorded: Subject) -> MotionClip:
    return recorded.clip


@pytest.fixture(scope="module")
def camera() -> CalibratedCamera:
    return human36m_cameras.camera("S9", "54138969")


def seen(truth: MotionClip, camera: CalibratedCamera, confidence: float = 1.0) -> KeypointClip:
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
def subject(truth: MotionClip, camera: CalibratedCamera) -> Subject:
    config = load(None, {**QUICK, "clip": "walk.npz", "input.floor_m": 0.0})
    return subject_from_keypoints(config, seen(truth, camera), camera, truth=truth)


def test_the_motion_behind_the_keypoints_is_found(subject: Subject) -> None:
    """An unknown person of an assumed height, from two dimensions: no detector of 3D poses was asked."""
    assert subject.truth is not None
    assert mpjpe_pa(subject.clip.positions, subject.truth.positions) < 80.0
    assert mpjpe_g(subject.clip.positions, subject.truth.positions) < 250.0  # of 5 m to the camera


def test_the_notes_say_what_was_guessed(subject: Subject) -> None:
    assert f"height: {HEIGHT:g} m, assumed; give --height where it is known" in subject.clip.notes
    assert "in space: guessed from poses of the built-in motions" in subject.clip.notes
    assert "floor: +0.000 m in the camera's world, as given" in subject.clip.notes


def test_the_floor_is_found_below_the_feet(truth: MotionClip, camera: CalibratedCamera, recorded: Subject) -> None:
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


def sways(camera: CalibratedCamera, frames: int, fps: float) -> CalibratedCamera:
    """The camera, swaying by 20 degrees and three decimetres."""
    time = np.arange(frames) / fps
    sway = Rotation.from_euler("y", 20.0 * np.sin(4.0 * time)[:, None], degrees=True)
    shift = sway.apply(np.tile(camera.translation, (frames, 1)))
    shift[:, 0] += 0.3 * np.sin(3.0 * time)
    return replace(
        camera,
        rotation=to_wxyz(sway * Rotation.from_quat(camera.rotation, scalar_first=True)),
        translation=shift,
    )


def test_a_camera_that_moves_is_followed(truth: MotionClip, camera: CalibratedCamera) -> None:
    """Its file says in every frame where it is; a second and a half of a metre's walk are nothing to its sway."""
    moving = sways(camera, truth.num_frames, truth.fps)
    config = load(None, {**QUICK, "clip": "walk.npz", "input.floor_m": 0.0})
    found = subject_from_keypoints(config, seen(truth, moving), moving, truth=truth)
    assert found.truth is not None
    assert mpjpe_pa(found.clip.positions, found.truth.positions) < 95.0
    assert mpjpe_g(found.clip.positions, found.truth.positions) < 300.0
    way = [each.positions[:, 0, :2] - each.positions[:1, 0, :2] for each in (found.clip, found.truth)]
    assert np.linalg.norm(way[0] - way[1], axis=-1).max() < 0.25


def test_a_part_is_seen_by_the_camera_as_it_was_then(
    truth: MotionClip, camera: CalibratedCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keypoints, poses and film from the tenth frame of a recording that itself begins with the fifth of the film."""
    moving = sways(camera, truth.num_frames, truth.fps)
    clip = seen(truth, moving)
    images = [
        {"image_id": 6 + frame, "keypoints": np.append(pixel, found[:, None], axis=1).ravel().tolist()}
        for frame, (pixel, found) in enumerate(zip(clip.pixel, clip.confidence, strict=True))
    ]
    path, lens, film = tmp_path / "walk.json", tmp_path / "camera.json", tmp_path / "film.mp4"
    path.write_text(json.dumps(images))
    rotations = Rotation.from_quat(moving.rotation, scalar_first=True).as_rotvec().tolist()
    matrix = [[moving.focal[0], 0, moving.principal[0]], [0, moving.focal[1], moving.principal[1]], [0, 0, 1]]
    described = {"matrix": matrix, "rotation": rotations, "translation": moving.translation.tolist()}
    lens.write_text(json.dumps(described))
    shown = Video(film, truth.fps, SIZE, truth.num_frames + 5)
    monkeypatch.setattr(keypoints.video, "open_video", lambda *_: shown)
    taken: list[tuple[KeypointClip, CalibratedCamera]] = []

    def instead(config: RunConfig, seen: KeypointClip, camera: CalibratedCamera) -> Subject:
        taken.append((seen, camera))
        return replace(prepared, film=None)

    prepared = prepare(load(None, {**QUICK, "clip": "builtin:walk"}))
    monkeypatch.setattr(keypoints, "subject_from_keypoints", instead)
    settings = {"clip": str(path), "input.film": film, "camera.file": lens, "camera.up": "z", "input.start_s": 10 / 30}
    found = prepare(load(None, {**QUICK, **settings}))
    ((part, camera_then),) = taken
    assert found.film is not None
    assert (part.first, found.film.first) == (15, 15)
    np.testing.assert_allclose(part.pixel, clip.pixel[10:])
    np.testing.assert_allclose(camera_then.translation, moving.translation[10:])
    for wrong, match in (
        ({"input.image_size": (640, 480)}, "has pictures of 1000 x 1002 pixels, not 640 x 480: leave --image-size out"),
        ({"input.end_s": 9.0}, "lasts 1.27 s: give --start and --end within it"),
    ):
        with pytest.raises(InputError, match=match):
            prepare(load(None, {**QUICK, **settings, **wrong}))
    described["rotation"], described["translation"] = rotations[:-1], moving.translation[:-1].tolist()
    lens.write_text(json.dumps(described))
    with pytest.raises(InputError, match="has 38 poses for 39 frames: give one for each frame"):
        prepare(load(None, {**QUICK, **settings}))


def test_the_film_begins_where_the_person_is_in_the_picture(
    recorded: Subject, truth: MotionClip, camera: CalibratedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detector guesses on for two frames beyond the edge."""
    clip = seen(truth, camera)
    clip.pixel[:2] = -50.0
    shown = Video(Path("film.mp4"), truth.fps, SIZE, truth.num_frames)
    monkeypatch.setattr(keypoints.video, "open_video", lambda *_: shown)
    monkeypatch.setattr(keypoints.files, "read", lambda *_, **__: clip)
    monkeypatch.setattr(keypoints, "subject_from_keypoints", lambda *_: recorded)
    found = keypoints.prepare_keypoints(load(None, {**QUICK, "clip": "walk.npz", "input.film": shown.path}))
    assert found.film is not None
    assert found.film.first == 2


@pytest.mark.parametrize(
    ("film", "match"),
    [
        (Video(Path("film.mp4"), 60.0, SIZE, 100), "has 30 frames a second, film.mp4 60: give the video that they are"),
        (
            Video(Path("film.mp4"), 30.0, SIZE, 20),
            "has keypoints up to frame 38, film.mp4 has 20 frames: give the video",
        ),
    ],
)
def test_a_film_of_something_else_is_said(
    truth: MotionClip,
    camera: CalibratedCamera,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    film: Video,
    match: str,
) -> None:
    clip, path = seen(truth, camera), tmp_path / "walk.npz"
    np.savez(path, keypoints=np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1), fps=truth.fps)
    monkeypatch.setattr(keypoints.video, "open_video", lambda *_: film)
    with pytest.raises(InputError, match=match):
        prepare(load(None, {**QUICK, "clip": str(path), "input.film": film.path}))


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"input.floor_m": 0.1}, "of which nobody knows which way is up: give --camera-up too, or leave it out"),
        ({"input.unit": "cm"}, "is keypoints, of which --units .* says nothing: leave it out"),
        ({"input.start_s": 0.3, "keypoints": 5}, "nobody is seen for long enough in walk: give a part"),
    ],
)
def test_what_says_nothing_is_refused(
    truth: MotionClip, camera: CalibratedCamera, tmp_path: Path, wrong: dict, match: str
) -> None:
    clip, path = seen(truth, camera), tmp_path / "walk.npz"
    keypoints = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    keypoints[wrong.pop("keypoints", len(keypoints)) :] = 0.0
    np.savez(path, keypoints=keypoints, fps=truth.fps)
    with pytest.raises(InputError, match=match):
        prepare(load(None, {**QUICK, "clip": str(path), "input.image_size": SIZE, **wrong}))
    with pytest.raises(InputError, match="is a motion in space, of which --person .* says nothing: leave it out"):
        prepare(load(None, {**QUICK, "input.person": 2}))


def test_keypoints_in_a_file_are_followed(truth: MotionClip, camera: CalibratedCamera, tmp_path: Path) -> None:
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


def test_pictures_of_unknown_size_are_said(truth: MotionClip, camera: CalibratedCamera, tmp_path: Path) -> None:
    clip = seen(truth, camera)
    path = tmp_path / "walk.npz"
    np.savez(path, keypoints=np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1), set="coco_17")
    with pytest.raises(InputError, match="does not say how large the pictures are: give --image-size, --film or"):
        prepare(load(None, {**QUICK, "clip": str(path)}))


def test_a_person_seen_too_briefly_is_said(truth: MotionClip, camera: CalibratedCamera) -> None:
    clip = seen(truth, camera)
    config = load(None, {**QUICK, "clip": "walk.npz"})
    gone = replace(clip, confidence=clip.confidence * (np.arange(truth.num_frames) == 5)[:, None])
    with pytest.raises(InputError, match="nobody is seen for long enough in walk: give a recording"):
        subject_from_keypoints(config, gone, camera)
    hipless = clip.confidence.copy()
    hipless[:, clip.keypoint("left_hip")] = 0.0
    with pytest.raises(InputError, match="walk does not show the left hip: give keypoints with hips"):
        subject_from_keypoints(config, replace(clip, confidence=hipless), camera)


def test_feet_that_are_not_seen_are_said(truth: MotionClip, camera: CalibratedCamera) -> None:
    """Neither in the picture in five frames; one of them missing is nothing to speak of."""
    clip = seen(truth, camera)
    feet = [clip.keypoint(f"{side}_ankle") for side in ("left", "right")]
    clip.pixel[10:15, feet, 1] = 1500.0
    clip.confidence[20:25, feet[0]] = 0.0
    inside = in_picture(clip, camera.size)
    assert "neither foot is seen in frames 10-14: what they do is guessed" in inside.notes
    assert not inside.confidence[10:15, feet].any()
    assert not in_picture(seen(truth, camera), camera.size).notes


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
