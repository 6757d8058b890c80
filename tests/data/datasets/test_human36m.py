"""Folders of Human3.6M, written here: which sequences they hold, and which are evaluated. Nothing of it is in them."""

import pathlib

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera
from data.clip import InputError
from data.datasets import human36m, human36m_cameras
from data.datasets.human36m import Human36m
from tests.data.formats.test_human36m import poses_of, write_cdf
from tests.messages import check_remedy

KEPT = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]  # of the 32 joints, the 17 of the keypoints
METADATA = {"num_joints": 17, "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]}


def pixels(camera: CalibratedCamera, points: np.ndarray) -> np.ndarray:
    """Where OpenCV says that a camera sees points (T, K, 3)."""
    matrix = np.array([[camera.focal[0], 0, camera.principal[0]], [0, camera.focal[1], camera.principal[1]], [0, 0, 1]])
    turn = Rotation.from_quat(camera.rotation, scalar_first=True).as_rotvec()
    seen = cv2.projectPoints(points.reshape(-1, 1, 3), turn, camera.translation, matrix, camera.distortion)[0]
    return seen.reshape(*points.shape[:2], 2)


def write_archive(path: pathlib.Path, **content: object) -> None:
    """As VideoPose3D: dictionaries as objects."""
    np.savez_compressed(path, **{key: np.array(each, dtype=object) for key, each in content.items()})  # pyright: ignore[reportArgumentType]


def write_keypoints(path: pathlib.Path, subject: str, action: str, poses: np.ndarray, **metadata: object) -> None:
    """What the four cameras see of the poses."""
    views = [
        pixels(human36m_cameras.camera(subject, camera), poses[:, KEPT]).astype(np.float32)
        for camera in human36m_cameras.NAMES
    ]
    write_archive(path, positions_2d={subject: {action: views}}, metadata=METADATA | metadata)


def place(root: pathlib.Path, *files: str) -> None:
    """Empty files: what is there is found by name."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()


def motion(subject: str, action: str) -> str:
    return f"{subject}/MyPoseFeatures/D3_Positions/{action}.cdf"


def test_a_subject_has_two_trials_of_fifteen_actions() -> None:
    assert len(human36m.ACTIONS) == 15
    for subject in human36m.SUBJECTS:
        names = {sequence.name for sequence in human36m.usable_sequences(subject)}
        assert len(names) == (29 if subject == "S11" else 30)


def test_trials_are_called_differently_by_subject() -> None:
    def names(subject: str, action: str) -> list[str]:
        return [sequence.name.partition("/")[2] for sequence in human36m.trials(subject, action)]

    assert names("S9", "Walking") == ["Walking 1", "Walking"]
    assert names("S7", "Walking") == ["Walking 1", "Walking 2"]
    assert names("S5", "Photo") == ["Photo", "Photo 2"]
    assert names("S11", "Phoning") == ["Phoning 3", "Phoning 2"]
    assert "S11/Directions" not in {sequence.name for sequence in human36m.usable_sequences("S11")}


def test_the_protocol_leaves_chairs_out() -> None:
    validation, testing = human36m.evaluated_sequences("mocap"), human36m.evaluated_sequences("video")
    assert human36m.evaluated_sequences("keypoints") == testing
    assert (len(validation), len(testing)) == (20, 39)
    for sequence in (*validation, *testing):
        assert sequence.subject in ("S9", "S11")
        assert sequence.action not in ("Sitting", "SittingDown", "Eating", "Phoning", "Smoking")
        assert (sequence.group == human36m.IN_DOMAIN) == (sequence.action in ("Walking", "WalkTogether"))
    assert {sequence.name for sequence in validation} < {sequence.name for sequence in testing}


def test_the_official_tree_is_found_however_its_files_are_called(tmp_path: pathlib.Path) -> None:
    place(
        tmp_path,
        *(motion("S1", action) for action in ("TakingPhoto 1", "WalkingDog", "Walking 1", "_ALL")),
        *(motion("S7", action) for action in ("Walking 1", "Walking 2", "Photo")),
        *(motion("S11", action) for action in ("Directions", "Directions 1")),
        *(f"S1/Videos/TakingPhoto 1.{camera}.mp4" for camera in human36m_cameras.NAMES[:3]),
    )
    tree = Human36m(tmp_path)
    assert not tree.is_archive
    assert set(tree.sequences) == {
        *("S1/Photo 1", "S1/WalkDog", "S1/Walking 1", "S7/Walking 1", "S7/Walking 2", "S7/Photo", "S11/Directions 1")
    }
    first, *_, missing = human36m_cameras.NAMES
    assert tree.video("S1/Photo 1", first) == tmp_path / "S1" / "Videos" / f"TakingPhoto 1.{first}.mp4"
    assert tree.has("S1/Photo 1", "video", first)
    assert not tree.has("S1/Photo 1", "video", missing)
    with pytest.raises(InputError, match=f"there is no video .*{missing}.mp4: get the videos of S1") as refused:
        tree.video("S1/Photo 1", missing)
    check_remedy(str(refused.value))


def test_both_forms_hold_the_same_motion(tmp_path: pathlib.Path) -> None:
    poses = poses_of("walk")
    write_cdf(tmp_path / "official" / motion("S9", "Walking 1"), poses)
    (tmp_path / "archive").mkdir()
    archive = {"S9": {"Walking 1": poses.astype(np.float32)}, "S11": {"Directions": poses.astype(np.float32)}}
    write_archive(tmp_path / "archive" / human36m.POSES, positions_3d=archive)
    official, archived = Human36m(tmp_path / "official"), Human36m(tmp_path / "archive")
    assert archived.is_archive
    assert list(official.sequences) == list(archived.sequences) == ["S9/Walking 1"]
    clips = [tree.truth("S9/Walking 1") for tree in (official, archived)]
    np.testing.assert_allclose(clips[0].positions, clips[1].positions, atol=1e-6)
    assert clips[0].fps == 50.0
    assert archived.files("S9/Walking 1", "mocap", human36m.CAMERA) == (tmp_path / "archive" / human36m.POSES,)


def test_keypoints_are_where_the_camera_of_that_subject_sees_the_motion(tmp_path: pathlib.Path) -> None:
    poses = poses_of("walk")
    write_cdf(tmp_path / motion("S9", "Walking 1"), poses)
    write_keypoints(tmp_path / "data_2d_h36m_gt.npz", "S9", "Walking 1", poses)
    tree = Human36m(tmp_path)
    truth = tree.truth("S9/Walking 1")
    for camera, model in tree.cameras("S9/Walking 1").items():
        seen = tree.keypoints("S9/Walking 1", camera)
        for joint in ("left_wrist", "right_ankle"):
            places = truth.positions[:, [truth.joint(joint)]]
            np.testing.assert_allclose(pixels(model, places)[:, 0], seen.pixel[:, seen.keypoint(joint)], atol=1e-3)
    assert (tree.keypoints("S9/Walking 1", human36m.CAMERA).confidence == 1.0).all()


def test_a_camera_that_is_missing_has_no_keypoints(tmp_path: pathlib.Path) -> None:
    place(tmp_path, motion("S9", "Walking"), motion("S9", "Walking 1"))
    view = np.ones((4, 17, 2), np.float32)
    view[1, 3] = np.nan
    content = {"S9": {"Walking": [view, view, view[:0], view], "Walking 1": [view] * 3}}
    write_archive(tmp_path / "data_2d_h36m_detectron_ft_h36m.npz", positions_2d=content, metadata=METADATA)
    tree = Human36m(tmp_path)
    first, _, third, fourth = human36m_cameras.NAMES
    assert tree.has("S9/Walking", "keypoints", fourth)
    np.testing.assert_array_equal(np.argwhere(tree.keypoints("S9/Walking", fourth).confidence == 0), [[1, 3]])
    for name, camera in (("S9/Walking", third), ("S9/Walking", "none"), ("S9/Walking 1", first)):
        assert not tree.has(name, "keypoints", camera)
        with pytest.raises(InputError, match="has no keypoints of S9/Walking.* by camera") as refused:
            tree.keypoints(name, camera)
        check_remedy(str(refused.value))


def test_the_best_detector_is_taken_and_the_true_keypoints_last(tmp_path: pathlib.Path) -> None:
    place(tmp_path, *(f"data_2d_h36m_{each}.npz" for each in ("gt", "mine", "detectron_ft_h36m")))
    assert Human36m(tmp_path).detector == "detectron_ft_h36m"
    assert Human36m(tmp_path, "gt").detector == "gt"
    (tmp_path / "data_2d_h36m_detectron_ft_h36m.npz").unlink()
    assert Human36m(tmp_path).detector == "mine"
    with pytest.raises(InputError, match="has no data_2d_h36m_cpn.npz: name one that it has \\(gt, mine\\)") as refused:
        Human36m(tmp_path, "cpn")
    check_remedy(str(refused.value))


@pytest.mark.parametrize("sides", [None, [[1], [2]], 3, [4, 5]])
def test_keypoints_in_an_order_that_is_not_known_are_refused(tmp_path: pathlib.Path, sides: object) -> None:
    place(tmp_path, motion("S9", "Walking"))
    path = tmp_path / "data_2d_h36m_mine.npz"
    write_keypoints(path, "S9", "Walking", np.ones((3, 32, 3)), keypoints_symmetry=sides)
    with pytest.raises(InputError, match="mine.npz does not say the order of its keypoints") as refused:
        Human36m(tmp_path).keypoints("S9/Walking", human36m.CAMERA)
    check_remedy(str(refused.value))


def test_keypoints_of_another_shape_are_refused(tmp_path: pathlib.Path) -> None:
    place(tmp_path, motion("S9", "Walking"))
    views = [np.ones((3, 16, 2), np.float32)] * 4
    write_archive(tmp_path / "data_2d_h36m_mine.npz", positions_2d={"S9": {"Walking": views}}, metadata=METADATA)
    with pytest.raises(InputError, match="is \\(3, 16, 2\\), not \\(frames, 17, 2\\): get the file again"):
        Human36m(tmp_path).keypoints("S9/Walking", human36m.CAMERA)


def test_what_is_not_there_is_said(tmp_path: pathlib.Path) -> None:
    place(tmp_path, motion("S9", "Walking"))
    for read in (
        lambda: Human36m(tmp_path / "absent"),
        lambda: Human36m(tmp_path).truth("S9/Waiting"),
        lambda: Human36m(tmp_path).truth("S11/Directions"),
        lambda: Human36m(tmp_path).truth("S9/Walking"),  # an empty file
    ):
        with pytest.raises(InputError) as refused:
            read()
        check_remedy(str(refused.value))
