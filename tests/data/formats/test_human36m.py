"""Human3.6M's file formats, on files that are written here: nothing of that dataset is in them."""

import itertools
import pathlib

import numpy as np
import pytest
from cdflib.cdfwrite import CDF
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError
from data.datasets import human36m_cameras
from data.formats import human36m
from data.resample import resample
from data.rigs import joint_maps
from data.rigs.retarget import Rig, retarget, retarget_error
from tests.messages import check_remedy


def poses_of(clip_name: str) -> np.ndarray:
    """A built-in motion as 32 joints, m, at 50 Hz."""
    clip = resample(formats.read(f"builtin:{clip_name}"), human36m.FPS)
    joint_map = joint_maps.detect(clip)
    poses = np.tile(clip.positions[:, [clip.joint(joint_map["pelvis"])]], (1, human36m.JOINTS, 1))
    for ours, index in human36m.OURS.items():
        if ours in joint_map:
            poses[:, index] = clip.positions[:, clip.joint(joint_map[ours])]
    for toe, ankle, tip in ((4, 3, 5), (9, 8, 10)):
        poses[:, toe] = 0.4 * poses[:, ankle] + 0.6 * poses[:, tip]
    poses[:, 14] = poses[:, 13] + 0.5 * (poses[:, 15] - poses[:, 13]) + [0.1, 0.0, 0.0]
    return poses


def write_cdf(path: pathlib.Path, poses: np.ndarray) -> pathlib.Path:
    """As the official files: mm, one record of T x 96 numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = CDF(str(path), cdf_spec={"Majority": "row_major"}, delete=True)
    flat = (poses * 1000.0).reshape(1, len(poses), -1).astype(np.float32)
    spec = {"Variable": "Pose", "Data_Type": 44, "Num_Elements": 1, "Rec_Vary": True, "Dim_Sizes": list(flat.shape[1:])}
    file.write_var(spec, var_data=flat)
    file.close()
    return path


def test_official_files_are_in_millimetres(tmp_path: pathlib.Path) -> None:
    poses = poses_of("walk")
    read = human36m.read_poses(write_cdf(tmp_path / "Walking 1.cdf", poses))
    np.testing.assert_allclose(read, poses, atol=1e-6)


def test_the_joints_are_followed_on_our_body(rig: Rig) -> None:
    clip = human36m.clip_of_poses("Walking 1", poses_of("walk"), "a test")
    assert clip.fps == 50.0
    result = retarget(clip, rig, joint_maps.detect(clip))
    errors = retarget_error(result, clip)
    assert {"left_toe", "right_wrist", "upper_spine", "neck"} <= errors.keys()
    assert max(errors.values()) < 1e-3


def test_joints_are_those_of_the_dataset() -> None:
    """By the parents of the 32 joints that VideoPose3D gives: legs from 1 and 6, arms on the neck from 17 and 25."""
    parents = [-1, 0, 1, 2, 3, 4, 0, 6, 7, 8, 9, 0, 11, 12, 13, 14, 12, 16, 17, 18, 19, 20, 19, 22]
    parents += [12, 24, 25, 26, 27, 28, 27, 30]
    ours = human36m.OURS
    assert {name: ours[name] for name in ("pelvis", "upper_spine", "neck", "head_tip")} == {
        "pelvis": 0,
        "upper_spine": 12,
        "neck": 13,
        "head_tip": 15,
    }
    assert [ours[f"right_{joint}"] for joint in ("hip", "knee", "ankle", "toe", "toes_tip")] == [1, 2, 3, 4, 5]
    assert [ours[f"left_{joint}"] for joint in ("hip", "knee", "ankle", "toe", "toes_tip")] == [6, 7, 8, 9, 10]
    assert [ours[f"left_{joint}"] for joint in ("shoulder", "elbow", "wrist")] == [17, 18, 19]
    assert [ours[f"right_{joint}"] for joint in ("shoulder", "elbow", "wrist")] == [25, 26, 27]
    for side in ("left", "right"):
        for chain in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "toe", "toes_tip")):
            for above, below in itertools.pairwise(chain):
                assert parents[ours[f"{side}_{below}"]] == ours[f"{side}_{above}"]


@pytest.mark.parametrize(
    "poses", [np.ones((5, 17, 3)), np.ones((5, 96)), [1.0], np.ones((5, 32, 3), int)], ids=["17", "flat", "list", "int"]
)
def test_poses_of_another_shape_are_refused(poses: object) -> None:
    with pytest.raises(InputError, match="not \\(frames, 32, 3\\): get the file again") as refused:
        human36m.clip_of_poses("Walking", poses, "data_3d_h36m.npz")
    check_remedy(str(refused.value))


@pytest.mark.parametrize("bad", ["NaN", "zeros", "no frames"])
def test_poses_that_are_no_motion_are_refused(bad: str) -> None:
    poses = poses_of("walk")
    if bad == "NaN":
        poses[5, 27] = np.nan
    poses = {"NaN": poses, "zeros": np.zeros_like(poses), "no frames": poses[:0]}[bad]
    with pytest.raises(InputError) as refused:
        human36m.clip_of_poses("Walking", poses, "data_3d_h36m.npz")
    check_remedy(str(refused.value))


def test_archives_of_videopose3d_are_read(tmp_path: pathlib.Path) -> None:
    content = {"S9": {"Walking": poses_of("walk").astype(np.float32)}}
    path = tmp_path / "data_3d_h36m.npz"
    np.savez_compressed(path, positions_3d=np.array(content, dtype=object))
    read = human36m.read_archive(path, "positions_3d")
    np.testing.assert_array_equal(read["S9"]["Walking"], content["S9"]["Walking"])
    with pytest.raises(InputError, match="lacks 'positions_2d'; make it") as refused:
        human36m.read_archive(path, "positions_2d")
    check_remedy(str(refused.value))


@pytest.mark.parametrize("content", [b"", b"not a CDF file", b"\xcd\xf3\x00\x01" + bytes(500)])
def test_damaged_files_are_refused_in_a_sentence(tmp_path: pathlib.Path, content: bytes) -> None:
    path = tmp_path / "Directions.cdf"
    path.write_bytes(content)
    with pytest.raises(InputError, match="Directions.cdf is not a file of poses, or is damaged") as refused:
        human36m.read_poses(path)
    check_remedy(str(refused.value))


def test_files_of_other_features_are_refused(tmp_path: pathlib.Path) -> None:
    path = write_cdf(tmp_path / "Walking.cdf", np.ones((5, 17, 3)))
    with pytest.raises(InputError, match="not \\(1, frames, 96\\): get the file of D3_Positions"):
        human36m.read_poses(path)
    with pytest.raises(InputError, match="there is no file"):
        human36m.read_poses(tmp_path / "absent.cdf")


@pytest.mark.parametrize("subject", human36m_cameras.SUBJECTS)
def test_cameras_stand_in_the_corners_and_see_the_middle_of_the_room_upright(subject: str) -> None:
    """Known of the laboratory: they hang 1.4 to 1.7 m high, 4 to 6 m from the middle, two at each end."""
    cameras = [human36m_cameras.camera(subject, name) for name in human36m_cameras.NAMES]
    centers = np.stack([camera.center for camera in cameras])
    assert ((centers[:, 2] > 1.4) & (centers[:, 2] < 1.7)).all()
    distance = np.linalg.norm(centers[:, :2], axis=1)
    assert ((distance > 4.0) & (distance < 6.0)).all()
    assert len({(x > 0, y > 0) for x, y in centers[:, :2]}) == 4
    for camera in cameras:
        head, feet = (
            Rotation.from_quat(camera.rotation, scalar_first=True).apply([0.0, 0.0, height]) + camera.translation
            for height in (1.7, 0.0)
        )
        for point in (head, feet):
            pixel = camera.focal * point[:2] / point[2] + camera.principal
            assert point[2] > 0
            assert ((pixel > 0) & (pixel < 1000)).all()
        assert head[1] < feet[1]


@pytest.mark.parametrize(
    ("name", "focal", "principal", "distortion"),
    [
        (
            "54138969",
            (1145.0494, 1143.7811),
            (512.5415, 515.4515),
            (-0.2070989, 0.2477752, -0.0009757, -0.0014245, -0.0030752),
        ),
        (
            "55011271",
            (1149.6757, 1147.5917),
            (508.8486, 508.0649),
            (-0.1942136, 0.2404085, -0.0016190, -0.0027409, 0.0068200),
        ),
        (
            "58860488",
            (1149.1407, 1148.7990),
            (519.8159, 501.4026),
            (-0.2083382, 0.2554880, 0.0014844, -0.0007600, -0.0024605),
        ),
        (
            "60457274",
            (1145.5114, 1144.7739),
            (514.9682, 501.8820),
            (-0.1983841, 0.2183237, -0.0005872, -0.0018134, -0.0089478),
        ),
    ],
)
def test_lenses_are_those_of_the_dataset(
    name: str, focal: tuple[float, ...], principal: tuple[float, ...], distortion: tuple[float, ...]
) -> None:
    """k1, k2, p1, p2, k3, as OpenCV has them; the dataset lists the radial ones first."""
    camera = human36m_cameras.camera("S9", name)
    np.testing.assert_allclose(camera.focal, focal, atol=1e-3)
    np.testing.assert_allclose(camera.principal, principal, atol=1e-3)
    np.testing.assert_allclose(camera.distortion, [*distortion, 0.0, 0.0, 0.0], atol=1e-6)


def test_cameras_that_there_are_not_are_refused() -> None:
    for subject, name in (("S2", "54138969"), ("S9", "1")):
        with pytest.raises(InputError, match="Human3.6M has no") as refused:
            human36m_cameras.camera(subject, name)
        check_remedy(str(refused.value))
