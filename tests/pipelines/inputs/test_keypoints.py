"""Keypoints of a known motion become a subject. Its motion is compared with the known one."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data import builtin_clips
from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.keypoints.clip import KeypointClip
from data.lifting import lifting, pose_library
from data.rotations import to_wxyz
from data.video import Video
from diffphy.metrics import mpjpe_g, mpjpe_pa
from diffphy.physics.scene import ground
from pipelines.config import Body, load
from pipelines.inputs import keypoints
from pipelines.inputs.keypoints import build_subject_from_keypoints, rescale_confidence
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject
from pipelines.inputs.visible_frames import SeenPart, take_seen_part
from tests.pipelines.conftest import QUICK
from tests.pipelines.inputs.conftest import SIZE, see


@pytest.fixture(scope="module")
def recorded() -> Iterator[Subject]:
    """Return a walk. The poses that keypoints are matched with are those of the other motions."""
    others = {name: path for name, path in builtin_clips.clip_paths().items() if name != "walk"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifting, "library", cache(lambda: pose_library.build_library(tuple(others))))
        yield prepare(load(None, {**QUICK, "clip": "builtin:walk"}))


@pytest.fixture(scope="module")
def truth(recorded: Subject) -> MotionClip:
    return recorded.clip


def follow(clip: KeypointClip, camera: CalibratedCamera, *, body: Body | None = None, **known: Any) -> Subject:
    part = take_seen_part(clip, camera, None, None)
    return build_subject_from_keypoints([part], body or Body(), ground(), 30.0, **known)


@pytest.fixture(scope="module")
def subject(truth: MotionClip, camera: CalibratedCamera) -> Subject:
    return follow(see(truth, camera), camera, floor_m=0.0, truth=truth)


def test_the_motion_behind_the_keypoints_is_found(subject: Subject) -> None:
    """The height is assumed, and no detector gives positions in space."""
    assert subject.truth is not None
    assert mpjpe_pa(subject.clip.positions, subject.truth.positions) < 80.0
    assert mpjpe_g(subject.clip.positions, subject.truth.positions) < 250.0  # mm; the camera is 5 m away


def test_the_notes_say_what_was_guessed(subject: Subject) -> None:
    assert any(note.endswith("m, measured by the camera, whose height is known") for note in subject.clip.notes)
    assert "in space: guessed from poses of the built-in motions" in subject.clip.notes
    assert "floor: +0.000 m in the camera's world, as given" in subject.clip.notes


def test_scores_of_any_detector_count_alike() -> None:
    """Keypoints that are seen well have a confidence of 1, and a guess stays one."""
    confidence = np.full((10, 10), 0.55)
    confidence[:, 0], confidence[:, 1] = 0.0, 0.11
    clip = KeypointClip("walk", 30.0, tuple(map(str, range(10))), np.zeros((10, 10, 2)), confidence)
    for scale in (1.0, 0.5):
        found = rescale_confidence(replace(clip, confidence=scale * confidence)).confidence
        np.testing.assert_allclose(found[:, 2:], 1.0)
        np.testing.assert_allclose(found[:, :2], [[0.0, 0.2]] * 10)


def test_the_floor_is_found_below_the_feet(truth: MotionClip, camera: CalibratedCamera, recorded: Subject) -> None:
    """Motion and camera are a metre higher, and no floor is given."""
    turn = Rotation.from_quat(camera.rotation, scalar_first=True)
    higher = replace(camera, translation=camera.translation - turn.apply([0.0, 0.0, 1.0]))
    lifted = truth.shifted(1.0)
    found = follow(see(lifted, higher), higher, body=Body(height_m=recorded.person.stature))
    note = next(each for each in found.clip.notes if each.startswith("floor:"))
    assert float(note.split()[1]) == pytest.approx(1.0, abs=0.2)
    ankles = found.retargeted.joint_positions()[:, found.retargeted.rig.keys.index("left_ankle"), 2]
    assert 0.02 < ankles.min() < 0.15


def sways(camera: CalibratedCamera, frames: int, fps: float) -> CalibratedCamera:
    """Return the camera, swaying by 20 degrees and 0.3 m."""
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
    """The sway moves the person farther in the pictures than the walk does."""
    moving = sways(camera, truth.num_frames, truth.fps)
    found = follow(see(truth, moving), moving, floor_m=0.0, truth=truth)
    assert found.truth is not None
    assert mpjpe_pa(found.clip.positions, found.truth.positions) < 95.0
    assert mpjpe_g(found.clip.positions, found.truth.positions) < 300.0
    way = [each.positions[:, 0, :2] - each.positions[:1, 0, :2] for each in (found.clip, found.truth)]
    assert np.linalg.norm(way[0] - way[1], axis=-1).max() < 0.25


def test_a_part_is_seen_by_the_camera_as_it_was_then(
    truth: MotionClip, camera: CalibratedCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take keypoints, poses and film from frame 10 of a recording that begins with frame 5 of the film."""
    moving = sways(camera, truth.num_frames, truth.fps)
    clip = see(truth, moving)
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
    parts: list[SeenPart] = []

    def instead(given: Sequence[SeenPart], *_: object, **__: object) -> Subject:
        parts.extend(given)
        return replace(prepared, film=None)

    prepared = prepare(load(None, {**QUICK, "clip": "builtin:walk"}))
    monkeypatch.setattr(keypoints, "build_subject_from_keypoints", instead)
    settings = {"clip": str(path), "input.film": film, "camera.file": lens, "camera.up": "z", "input.start_s": 10 / 30}
    found = prepare(load(None, {**QUICK, **settings}))
    (part,) = parts
    assert found.film is not None
    assert (part.frames.start, part.keypoints.first, found.film.first) == (10, 15, 15)
    np.testing.assert_allclose(part.keypoints.pixel, clip.pixel[10:])
    np.testing.assert_allclose(part.camera.translation, moving.translation[10:])
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
    recorded: Subject, truth: MotionClip, camera: CalibratedCamera, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the first two frames the detector's keypoints are outside the picture."""
    clip = see(truth, camera)
    clip.pixel[:2] = -50.0
    shown = Video(Path("film.mp4"), truth.fps, SIZE, truth.num_frames)
    monkeypatch.setattr(keypoints.video, "open_video", lambda *_: shown)
    stored = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    np.savez(tmp_path / "walk.npz", keypoints=stored, set="coco_17", fps=clip.fps)
    monkeypatch.setattr(keypoints, "build_subject_from_keypoints", lambda *_, **__: recorded)
    found = keypoints.prepare_keypoints([tmp_path / "walk.npz"], load(None, {**QUICK, "input.film": shown.path}))
    assert found.film is not None
    assert found.film.first == 2


@pytest.mark.parametrize(
    ("film", "match"),
    [
        (
            Video(Path("film.mp4"), 60.0, SIZE, 100),
            "has 30 frames a second, film.mp4 has 60: give the video of",
        ),
        (
            Video(Path("film.mp4"), 30.0, SIZE, 20),
            "has keypoints up to frame 38, but film.mp4 has only 20 frames: give the video",
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
    clip, path = see(truth, camera), tmp_path / "walk.npz"
    np.savez(path, keypoints=np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1), fps=truth.fps)
    monkeypatch.setattr(keypoints.video, "open_video", lambda *_: film)
    with pytest.raises(InputError, match=match):
        prepare(load(None, {**QUICK, "clip": str(path), "input.film": film.path}))


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"input.floor_m": 0.1}, "which way is up there is not known: give --camera-up too, or leave it out"),
        ({"input.unit": "cm"}, r"holds keypoints: --units \(input.unit\) has no effect on it, remove it"),
        (
            {"input.start_s": 0.3, "keypoints": 5},
            "nobody is seen for long enough in walk: give a recording, or a part of it",
        ),
    ],
)
def test_what_says_nothing_is_refused(
    truth: MotionClip, camera: CalibratedCamera, tmp_path: Path, wrong: dict, match: str
) -> None:
    clip, path = see(truth, camera), tmp_path / "walk.npz"
    stored = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    stored[wrong.pop("keypoints", len(stored)) :] = 0.0
    np.savez(path, keypoints=stored, fps=truth.fps)
    with pytest.raises(InputError, match=match):
        prepare(load(None, {**QUICK, "clip": str(path), "input.image_size": SIZE, **wrong}))
    with pytest.raises(InputError, match="is a motion in space: --person .* has no effect on it, remove it"):
        prepare(load(None, {**QUICK, "input.person": 2}))


def test_keypoints_in_a_file_are_followed(truth: MotionClip, camera: CalibratedCamera, tmp_path: Path) -> None:
    """The first frames show nobody. Camera and ground are found."""
    clip = see(truth, camera, confidence=0.9)
    stored = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    stored = np.concatenate([np.zeros((3, 17, 3)), stored])
    path = tmp_path / "walk.npz"
    np.savez(path, keypoints=stored, set="coco_17", fps=clip.fps)
    subject = prepare(load(None, {**QUICK, "clip": str(path), "input.image_size": SIZE, "body.height_m": 1.7}))
    assert f"frames 3 to {truth.num_frames + 2} are taken" in subject.clip.notes
    assert subject.clip.num_frames == truth.num_frames
    assert subject.film is None
    assert any(note.startswith("ground: ") for note in subject.clip.notes)


def test_pictures_of_unknown_size_are_said(truth: MotionClip, camera: CalibratedCamera, tmp_path: Path) -> None:
    clip = see(truth, camera)
    path = tmp_path / "walk.npz"
    np.savez(path, keypoints=np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1), set="coco_17")
    with pytest.raises(InputError, match="does not say how large the pictures are: give --image-size, --film or"):
        prepare(load(None, {**QUICK, "clip": str(path)}))


def test_a_person_seen_too_briefly_is_said(truth: MotionClip, camera: CalibratedCamera) -> None:
    clip = see(truth, camera)
    gone = replace(clip, confidence=clip.confidence * (np.arange(truth.num_frames) == 5)[:, None])
    with pytest.raises(InputError, match="nobody is seen for long enough in walk: give a recording, or a part of it"):
        follow(gone, camera)
    hipless = clip.confidence.copy()
    hipless[:, clip.keypoint("left_hip")] = 0.0
    with pytest.raises(InputError, match="walk does not show the left hip: give keypoints with hips"):
        follow(replace(clip, confidence=hipless), camera)
