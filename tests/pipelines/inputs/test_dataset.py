"""A dataset's sequence becomes a subject. The tests write the files themselves: they hold nothing of a dataset."""

import pathlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data.clip import InputError
from data.datasets import human36m
from data.formats import human36m as pose_files
from data.keypoints.clip import KeypointClip
from data.keypoints.footage import Footage
from data.keypoints.pose_detector import DetectedPerson
from data.video import Video
from pipelines.config import RunConfig, load
from pipelines.inputs import dataset, video
from pipelines.inputs.prepare import prepare
from tests.data.datasets.test_human36m import motion, pixels, place, write_keypoints
from tests.data.formats.test_human36m import poses_of, write_cdf
from tests.messages import check_remedy

RAISED = 0.35  # m, height of the floor in the dataset's world


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("h36m")
    poses = poses_of("walk") + np.array([0.0, 0.0, RAISED])
    write_cdf(path / motion("S9", "Walking 1"), poses)
    longer = np.concatenate([poses, poses[-3:]])  # some archives and videos are a few frames longer
    write_keypoints(path / "data_2d_h36m_gt.npz", "S9", "Walking 1", longer)
    place(path, f"S9/Videos/Walking 1.{human36m.CAMERA}.mp4")
    return path


def configured(root: pathlib.Path, **settings: object) -> RunConfig:
    given = {"clip": "human36m:S9/Walking 1", "dataset.root": root, "simulation.control_fps": 25.0}
    return load(None, {**given, **settings})


def test_mocap_is_followed_at_half_its_rate(root: pathlib.Path) -> None:
    subject = prepare(configured(root))
    assert subject.clip.fps == 25.0
    poses = poses_of("walk")
    ankle = subject.clip.positions[:, subject.clip.joint("left_ankle")]
    expected = poses[::2, pose_files.OURS["left_ankle"]]
    np.testing.assert_allclose(np.diff(ankle, axis=0), np.diff(expected, axis=0), atol=1e-6)
    assert abs(ankle[:, 2].min() - expected[:, 2].min()) < 0.05  # the floor is at z = 0 again


def followed(monkeypatch: pytest.MonkeyPatch, config: RunConfig) -> Any:
    """Return what the subject would be built from: the detected person, the seen part, the floor and the truth."""
    taken = SimpleNamespace()
    recorded = prepare(configured(config.dataset.root))  # pyright: ignore[reportOptionalMemberAccess]

    def instead(*given: Any, floor_m: float, truth: Any) -> Any:
        *detected, (taken.part,) = given[:-3]
        taken.detected = [person for persons in detected for person in persons]
        taken.floor_m, taken.truth = floor_m, truth
        return recorded

    monkeypatch.setattr(dataset, "build_subject_from_keypoints", instead)
    monkeypatch.setattr(dataset, "build_subject_from_video", instead)
    prepare(config)
    return taken


def test_keypoints_camera_and_truth_stand_on_one_floor(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = followed(monkeypatch, configured(root, **{"dataset.input": "keypoints"}))
    seen = taken.part.keypoints
    assert seen.name == f"S9/Walking 1 {human36m.CAMERA}"
    assert seen.num_frames == taken.truth.num_frames == len(poses_of("walk"))
    assert taken.floor_m == 0.0
    for joint in ("left_wrist", "right_ankle"):
        places = taken.truth.positions[:, [taken.truth.joint(joint)]]
        pixel = seen.pixel[:, seen.keypoint(joint)]
        np.testing.assert_allclose(pixels(taken.part.camera, places)[:, 0], pixel, atol=1e-3)
    ankle = taken.truth.positions[:, taken.truth.joint("left_ankle"), 2]
    assert 0.0 < ankle.min() < 0.15  # and not RAISED


def test_a_part_of_both_is_taken(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = followed(monkeypatch, configured(root, **{"dataset.input": "keypoints"}))
    part = {"dataset.input": "keypoints", "input.start_s": 0.2, "input.end_s": 0.6}
    taken = followed(monkeypatch, configured(root, **part))
    assert taken.part.frames == slice(10, 31)
    assert taken.part.keypoints.num_frames == 21
    np.testing.assert_array_equal(taken.part.keypoints.pixel, whole.part.keypoints.pixel[10:31])
    np.testing.assert_array_equal(taken.truth.positions[0], whole.truth.positions[10])


def test_the_video_of_the_camera_is_looked_at(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at, sizes = [], [(1000, 1002)]
    keypoints = human36m.Human36m(root).keypoints("S9/Walking 1", human36m.CAMERA)

    def detect(path: pathlib.Path, part: slice, **_: object) -> Any:
        looked_at.append(path)
        clip = KeypointClip("film", 49.7, keypoints.names, keypoints.pixel, keypoints.confidence)
        film = Footage(Video(path, 49.7, sizes[-1]), times=np.arange(clip.num_frames) / 49.7)
        person = DetectedPerson(clip, np.zeros((clip.num_frames, 33, 3)), film)
        return person.take(slice(*part.indices(clip.num_frames)))

    monkeypatch.setattr(video, "detect", detect)
    taken = followed(monkeypatch, configured(root, **{"dataset.input": "video"}))
    assert looked_at == [root / "S9" / "Videos" / f"Walking 1.{human36m.CAMERA}.mp4"]
    assert taken.part.keypoints.fps == taken.truth.fps == 50.0  # the rate that the video claims does not count
    (detected,) = taken.detected
    assert detected.footage.video.fps == 50.0  # or the overlay would drift
    assert detected.footage.times is None  # or the frames would be said to come late
    of_part = detected.positions[taken.part.frames]
    assert taken.part.keypoints.num_frames == len(of_part) == taken.truth.num_frames
    whole = taken
    taken = followed(
        monkeypatch, configured(root, **{"dataset.input": "video", "input.start_s": 0.2, "input.end_s": 0.6})
    )
    assert len(taken.detected[0].positions) == taken.part.keypoints.num_frames == 21  # the rest was not searched
    assert taken.part.keypoints.first == 10
    np.testing.assert_array_equal(taken.part.keypoints.pixel, whole.part.keypoints.pixel[10:31])
    np.testing.assert_array_equal(taken.truth.positions[0], whole.truth.positions[10])
    sizes.append((500, 501))
    with pytest.raises(InputError, match="has pictures of 500 x 501 pixels, those of camera .* 1000 x 1002") as refused:
        followed(monkeypatch, configured(root, **{"dataset.input": "video"}))
    check_remedy(str(refused.value))


def test_what_a_folder_lacks_is_said(root: pathlib.Path) -> None:
    for wrong in (
        {"clip": "human36m:S9/Waiting"},
        {"dataset.input": "keypoints", "dataset.camera": "1"},
        {"dataset.input": "video", "dataset.camera": "54138969"},
        {"dataset.root": root / "absent"},
        {"dataset.keypoints": "none"},
    ):
        with pytest.raises(InputError) as refused:
            prepare(configured(root, **wrong))
        check_remedy(str(refused.value))


def test_a_camera_that_is_raised_sees_the_raised_world_alike(root: pathlib.Path) -> None:
    camera = human36m.Human36m(root).cameras("S9/Walking 1")[human36m.CAMERA]
    points = np.array([[[0.1, 0.2, 0.9], [-0.5, 0.3, 0.0]]])
    raised = camera.shifted(0.4)
    np.testing.assert_allclose(raised.center - camera.center, [0.0, 0.0, 0.4], atol=1e-12)
    np.testing.assert_allclose(pixels(raised, points + np.array([0.0, 0.0, 0.4])), pixels(camera, points), atol=1e-9)
