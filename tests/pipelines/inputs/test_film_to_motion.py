"""Films and keypoints with their film: what the pictures say of the camera counts, from the file to the motion."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.keypoints.detection import Detection
from data.keypoints.footage import Footage
from data.keypoints.mirroring import mirror_order
from data.keypoints.sets import NAMES
from data.rotations import to_wxyz
from diffphy import rotations
from diffphy.body.landmarks import landmarks
from diffphy.reconstruction.camera import project
from pipelines.config import load
from pipelines.inputs import keypoints, video
from pipelines.inputs.kinematic_fit import physics_camera
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.motion_file import poses
from tests.pipelines.conftest import QUICK
from viz.encode import write_video

SIZE = (640, 360)
PITCH, ROLL = -8.0, 4.0  # degrees: looks down, and is turned to its left


@pytest.fixture(scope="module")
def recorded() -> Subject:
    return prepare(load(None, QUICK))


@pytest.fixture(scope="module")
def camera(recorded: Subject) -> CalibratedCamera:
    """Return a camera four metres from the middle of the walk, held askew."""
    level = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    turn = Rotation.from_euler("zx", [ROLL, -PITCH], degrees=True) * level
    center = recorded.clip.positions[:, 0].mean(axis=0) * [1.0, 1.0, 0.0] + [0.0, -4.0, 1.4]
    lens = from_field_of_view(60.0, SIZE)
    return replace(lens, rotation=to_wxyz(turn), translation=-turn.apply(center), has_pose=True)


@pytest.fixture(scope="module")
def points(recorded: Subject) -> np.ndarray:
    """Return where MediaPipe's keypoints of the person are in the world, m."""
    pose = poses(recorded.humanoid, recorded.retargeted.position, recorded.retargeted.rotation)
    bodies, offset, names = landmarks(recorded.person, NAMES["mediapipe_33"])
    assert names == list(NAMES["mediapipe_33"])
    places = np.broadcast_to(offset, (len(pose.position), *offset.shape))
    return np.asarray(pose.position[:, bodies] + rotations.rotate(pose.rotation[:, bodies], places), float)


@pytest.fixture(scope="module")
def walk(
    recorded: Subject, points: np.ndarray, camera: CalibratedCamera, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the file of the keypoints."""
    pixel = np.asarray(project(physics_camera(camera), points), float)
    path = tmp_path_factory.mktemp("keypoints") / "walk.npz"
    seen = np.concatenate([pixel, np.ones((*pixel.shape[:2], 1))], axis=-1)
    np.savez(path, keypoints=seen, set="mediapipe_33", fps=recorded.clip.fps)
    return path


class KnowingDetector:
    """Knows where the keypoints are in each picture that it is shown: every second one, in a mirror or not."""

    keypoint_set = "mediapipe_33"

    def __init__(self, points: np.ndarray, camera: CalibratedCamera, *, in_mirror: bool) -> None:
        pixel = np.asarray(project(physics_camera(camera), points), float)
        turn = Rotation.from_quat(camera.rotation, scalar_first=True)
        hips = [NAMES["mediapipe_33"].index(f"{side}_hip") for side in ("left", "right")]
        about = points - points[:, hips].mean(axis=1, keepdims=True)
        place = turn.apply(about.reshape(-1, 3)).reshape(about.shape)
        if in_mirror:
            order = mirror_order(NAMES["mediapipe_33"])
            pixel = (np.array([SIZE[0] - 1, 0]) + pixel * [-1, 1])[:, order]
            place = (place * [-1, 1, 1])[:, order]
        self._next = iter([*zip(pixel, place, strict=True)][in_mirror::2])

    def find(self, _: np.ndarray) -> Detection:
        pixel, place = next(self._next)
        return Detection(pixel, np.ones(len(pixel)), place)


def draw_room(camera: CalibratedCamera) -> np.ndarray:
    """Return a picture of a wall of upright panels, 3 m behind the person."""
    picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    middle = Rotation.from_quat(camera.rotation, scalar_first=True).inv().apply(-np.asarray(camera.translation))
    rng = np.random.default_rng(0)
    for left in np.arange(-6.0, 6.0, 0.5):
        corners = [(left, 0.4), (left, 2.8), (left + 0.25, 2.8), (left + 0.25, 0.4)]
        wall = np.array([[middle[0] + across, middle[1] + 7.0, up] for across, up in corners])
        ends = np.asarray(project(physics_camera(camera), wall.astype(np.float32)[None]), float)[0]
        # Coordinates in 16ths of a pixel: whole pixels would turn the edges.
        cv2.fillConvexPoly(
            picture, np.round(16 * ends).astype(np.int32), rng.integers(0, 255, 3).tolist(), cv2.LINE_AA, 4
        )
    return picture


def write_film(path: Path, pictures: list[np.ndarray]) -> Path:
    write_video(path, pictures, 30.0, SIZE)
    return path


def configured(walk: Path, film: Path, **settings: Any) -> dict[str, Any]:
    return {**QUICK, "clip": str(walk), "input.film": film, "camera.fov_deg": 60.0, **settings}


@pytest.mark.parametrize("source", ["keypoints and film", "film"])
def test_upright_edges_of_the_film_tell_where_up_is(
    source: str,
    recorded: Subject,
    points: np.ndarray,
    camera: CalibratedCamera,
    walk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole way but for the detector: pictures, segments, the vanishing point, the fit, the body."""
    film = write_film(tmp_path / "walk.mp4", [draw_room(camera)] * recorded.clip.num_frames)
    opened = iter([False, True])
    monkeypatch.setattr(
        video,
        "open_blazepose",
        lambda: contextlib.nullcontext(KnowingDetector(points, camera, in_mirror=next(opened))),
    )
    given = configured(walk, film, **{"body.height_m": recorded.person.stature})
    if source == "film":
        given = {**given, "clip": str(film), "input.film": None}
    subject = prepare(load(None, given))
    (ground,) = [note for note in subject.clip.notes if note.startswith("ground: ")]
    assert "upright edges" in ground
    up, true_up = (
        Rotation.from_quat(np.asarray(each), scalar_first=True).apply([0.0, 0.0, 1.0])
        for each in (subject.detections[0].camera.rotation, camera.rotation)
    )
    assert np.degrees(np.arccos(up @ true_up)) < 0.5
    judged = {finding.name: finding.level for finding in subject.clip.findings}
    for name in ("cuts", "camera's motion", "frame times", "gravity", "edges"):
        assert judged[name] == "good"
    assert subject.film is not None
    assert subject.film.video.path == film


def test_a_film_of_keypoints_is_judged_like_any_other(
    recorded: Subject, camera: CalibratedCamera, walk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its camera is carried in the first half, and it is cut in the second. Each half alone is used in turn."""
    room, frames = draw_room(camera), recorded.clip.num_frames
    carried = [np.roll(room, 2 * min(frame, frames // 2), axis=1) for frame in range(frames)]
    carried[30:] = [255 - each for each in carried[30:]]
    film = write_film(tmp_path / "walk.mp4", carried)
    taken: list[tuple[int, Footage]] = []

    def instead(*_: object, watched: tuple[int, Footage], **__: object) -> Subject:
        taken.append(watched)
        return recorded

    monkeypatch.setattr(keypoints, "build_subject_from_keypoints", instead)
    for settings in ({"input.end_s": 0.5}, {"input.start_s": 0.7}):
        prepare(load(None, configured(walk, film, **settings)))
    (_, first), (_, second) = taken
    assert first.view is not None
    assert np.linalg.norm(first.view[-1, 0] - first.view[0, 0]) == pytest.approx(30.0, abs=4.0)
    assert (first.cuts, second.cuts) == ((), (30 - 21,))
