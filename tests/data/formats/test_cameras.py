"""Camera files in their true formats, and broken ones refused."""

import json
import pathlib

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.clip import InputError
from data.formats import cameras
from tests.messages import check_remedy

MATRIX = np.array([[1145.0, 0.0, 512.5], [0.0, 1143.5, 515.25], [0.0, 0.0, 1.0]])
DISTORTION = np.array([-0.21, 0.25, -0.001, -0.0014, -0.003])
TURN = np.array([1.1, -0.4, 0.3])
SHIFT = np.array([0.2, 1.1, 4.5])


def check(camera: CalibratedCamera, *, size: tuple[int, int] | None = (1000, 1002)) -> None:
    """Whether it is the one above."""
    np.testing.assert_allclose(camera.focal, [1145.0, 1143.5])
    np.testing.assert_allclose(camera.principal, [512.5, 515.25])
    np.testing.assert_allclose(camera.distortion, [*DISTORTION, 0.0, 0.0, 0.0])
    assert camera.size == size
    assert camera.has_pose
    np.testing.assert_allclose(Rotation.from_quat(camera.rotation, scalar_first=True).as_rotvec(), TURN, atol=1e-12)
    np.testing.assert_allclose(camera.translation, SHIFT)


@pytest.mark.parametrize("suffix", [".yml", ".yaml", ".xml"])
@pytest.mark.parametrize("as_matrix", [True, False], ids=["matrix", "rodrigues"])
def test_what_opencv_writes_is_read(tmp_path: pathlib.Path, suffix: str, as_matrix: bool) -> None:
    path = tmp_path / f"camera{suffix}"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("calibration_time", "Tue Nov 24 2026")
    storage.write("image_width", 1000)
    storage.write("image_height", 1002)
    storage.write("camera_matrix", MATRIX)
    storage.write("distortion_coefficients", DISTORTION[:, None])
    storage.write("rotation", cv2.Rodrigues(TURN)[0] if as_matrix else TURN[:, None])
    storage.write("translation", SHIFT[:, None])
    storage.release()
    check(cameras.read(path))


def aist(scale: float = 100.0, **more: object) -> dict:
    """As the annotations of AIST++ have it, translation in cm."""
    return {
        "name": "c01",
        "size": [1000, 1002],
        "matrix": MATRIX.tolist(),
        "rotation": TURN.tolist(),
        "translation": (scale * SHIFT).tolist(),
        "distortions": DISTORTION.tolist(),
    } | more


def written(tmp_path: pathlib.Path, content: object) -> pathlib.Path:
    path = tmp_path / "camera.json"
    path.write_text(json.dumps(content))
    return path


def test_lists_of_aist_are_in_centimetres(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, [aist(), aist(name="c02")])
    check(cameras.read(path, name="c02", metres_per_unit=0.01))
    np.testing.assert_allclose(cameras.read(path, name="c01").translation, 100 * SHIFT)
    with pytest.raises(InputError, match="has c01, c02: name one of them"):
        cameras.read(path)
    with pytest.raises(InputError, match="no camera 'c03' but c01, c02: name one"):
        cameras.read(path, name="c03")


def test_calibrations_of_pose2sim_are_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "Calib.toml"
    table = "\n".join(
        f"{key} = {value}"
        for key, value in (
            ("size", [1000.0, 1002.0]),
            ("matrix", MATRIX.tolist()),
            ("distortions", DISTORTION[:4].tolist()),
            ("rotation", TURN.tolist()),
            ("translation", SHIFT.tolist()),
        )
    )
    text = f'[cam_01]\nname = "cam_01"\n{table}\nfisheye = false\n\n[metadata]\nadjusted = false\nerror = 0.0\n'
    path.write_text(text)
    camera = cameras.read(path)
    assert camera.name == "cam_01"
    np.testing.assert_allclose(camera.distortion, [*DISTORTION[:4], 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(camera.translation, SHIFT)
    path.write_text(text.replace("fisheye = false", "fisheye = true"))
    with pytest.raises(InputError, match="fisheye lens, which is not supported: give"):
        cameras.read(path)


def qualisys_text(model: str = "Miqus Video", shown: str = "") -> str:
    """Return the camera as Qualisys exports it: 1/64 pixels, mm, axes to the right, up and back."""
    to_camera = np.diag([1.0, -1.0, -1.0]) @ cv2.Rodrigues(TURN)[0]
    place = -1000.0 * cv2.Rodrigues(TURN)[0].T @ SHIFT
    axes = " ".join(f'r{i + 1}{j + 1}="{to_camera[i, j]}"' for i in range(3) for j in range(3))
    lens = " ".join(f'{name}="{value}"' for name, value in (
        ("focalLengthU", 64 * MATRIX[0, 0]), ("focalLengthV", 64 * MATRIX[1, 1]),
        ("centerPointU", 64 * MATRIX[0, 2]), ("centerPointV", 64 * MATRIX[1, 2]),
        ("sensorMinU", 0), ("sensorMaxU", 64 * 999), ("sensorMinV", 0), ("sensorMaxV", 64 * 1002 - 1),
        ("radialDistortion1", DISTORTION[0]), ("radialDistortion2", DISTORTION[1]),
        ("tangentalDistortion1", DISTORTION[2]), ("tangentalDistortion2", DISTORTION[3]),
        ("radialDistortion3", DISTORTION[4]), ("skew", 0), ("focallength", 9.3),
    ))  # fmt: skip
    return (
        f'<camera active="1" model="{model}" serial="26580" viewrotation="0">{shown}'
        f'<transform x="{place[0]}" y="{place[1]}" z="{place[2]}" {axes}/><intrinsic {lens}/></camera>'
    )


@pytest.mark.parametrize("suffix", [".qca.txt", ".xml"])
def test_calibrations_of_qualisys_are_read(tmp_path: pathlib.Path, suffix: str) -> None:
    path = tmp_path / f"Calib{suffix}"
    sees_markers = qualisys_text("Miqus M3").replace("26580", "1")
    text = f'<?xml version="1.0"?>\n<calibration type="regular"><cameras>{{}}{sees_markers}</cameras></calibration>'
    path.write_text(text.format(qualisys_text()))
    camera = cameras.read(path)
    assert camera.name == "26580"
    check(camera)
    part = '<fov_video left="10" top="20" right="809" bottom="619"/>'
    path.write_text(text.format(qualisys_text(shown=part)))
    camera = cameras.read(path)
    assert camera.size == (800, 600)
    np.testing.assert_allclose(camera.principal, [502.5, 495.25])
    with pytest.raises(InputError, match="says its unit of length itself: give no --camera-unit"):
        cameras.read(path, metres_per_unit=0.001)
    path.write_text(text.format(qualisys_text().replace("r33", "r34")))
    with pytest.raises(InputError, match="a camera lacks r33; write it anew"):
        cameras.read(path)


def test_a_folder_has_the_cameras_of_all_its_files(tmp_path: pathlib.Path) -> None:
    for name in ("left", "right"):
        (tmp_path / f"{name}.json").write_text(json.dumps(aist(name=name)))
    (tmp_path / "notes.md").write_text("of Monday")
    assert list(cameras.read_all(tmp_path)) == ["left", "right"]
    (tmp_path / "again.json").write_text(json.dumps(aist(name="left")))
    with pytest.raises(InputError, match="two cameras with the name left: give the file of one calibration"):
        cameras.read_all(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no cameras: give files"):
        cameras.read_all(tmp_path / "empty")


def test_text_with_headings_is_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "camera.txt"
    parts = {"intrinsic": MATRIX, "distortion": DISTORTION[None], "R": cv2.Rodrigues(TURN)[0], "T": SHIFT[:, None]}
    lines = [f"{name}:\n" + "\n".join(" ".join(map(str, row)) for row in rows.tolist()) for name, rows in parts.items()]
    path.write_text("\n".join(lines) + "\n")
    check(cameras.read(path), size=None)


def test_a_list_of_poses_is_a_camera_that_moves(tmp_path: pathlib.Path) -> None:
    turns = TURN + np.linspace(0.0, 3.0, 30)[:, None] * [1.0, 0.0, 0.0]
    shifts = SHIFT + np.linspace(0.0, 1.0, 30)[:, None]
    camera = cameras.read(written(tmp_path, aist(1.0) | {"rotation": turns.tolist(), "translation": shifts.tolist()}))
    assert camera.moves
    np.testing.assert_allclose(camera.translation, shifts)
    assert (np.sum(camera.rotation[1:] * camera.rotation[:-1], axis=1) > 0).all()
    in_camera = Rotation.from_rotvec(turns).apply(camera.center) + shifts
    np.testing.assert_allclose(in_camera, 0.0, atol=1e-12)


def test_a_camera_without_a_pose_is_at_the_origin(tmp_path: pathlib.Path) -> None:
    table = aist()
    del table["rotation"], table["translation"]
    camera = cameras.read(written(tmp_path, table))
    assert not camera.has_pose
    np.testing.assert_array_equal(camera.rotation, [1, 0, 0, 0])
    np.testing.assert_array_equal(camera.translation, 0)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_the_longer_side_spans_the_field_of_view(size: tuple[int, int]) -> None:
    camera = from_field_of_view(60.0, size)
    longer = np.argmax(size)
    edges = np.array([-0.5, size[longer] - 0.5])
    angle = np.degrees(np.arctan((edges - camera.principal[longer]) / camera.focal[longer]))
    np.testing.assert_allclose(angle, [-30.0, 30.0])


@pytest.mark.parametrize("degrees", [0.0, -20.0, 180.0, np.nan])
def test_angles_that_no_pinhole_has(degrees: float) -> None:
    with pytest.raises(InputError, match="field of view") as refused:
        from_field_of_view(degrees, (640, 480))
    check_remedy(str(refused.value))


BROKEN: dict[str, tuple[object, str]] = {
    "nothing": ({}, "describes no camera"),
    "a number": (3, "describes no camera"),
    "focal length of zero": (aist(matrix=np.diag([0.0, 1143.0, 1.0]).tolist()), "focal length of 0 pixels"),
    "NaN": (aist(translation=[np.nan, 0.0, 0.0]), "not finite"),
    "skew": (aist(matrix=[[1145.0, 30.0, 512.0], [0.0, 1143.0, 515.0], [0.0, 0.0, 1.0]]), "skewed"),
    "two rows": (aist(matrix=MATRIX[:2].tolist()), "matrices of a wrong size"),
    "text": (aist(matrix="wide"), "matrices of a wrong size"),
    "no rotation": (aist(rotation=np.ones((3, 3)).tolist()), "matrices of a wrong size"),
    "half a pose": (aist(rotation=None), "half of a pose"),
    "poses of different number": (aist(rotation=[[0.0, 0.0, 0.0]] * 2), "different number"),
    "a thin prism": (aist(distortions=[0.1] * 12), "12 distortion coefficients"),
    "three coefficients": (aist(distortions=[0.1] * 3), "3 distortion coefficients"),
    "a transposed matrix": (aist(matrix=MATRIX.T.tolist()), "not transposed"),
    "two of one name": ([aist(), aist()], "two cameras with the same name"),
    "a size of one number": (aist(size=[640]), "of a wrong size"),
    "a large number": (aist(translation=[10**400, 0, 0]), "of a wrong size"),
    "OpenCV's fisheye": (aist(fisheye_model=1), "fisheye lens"),
    "no image": (aist(size=[0, 1002]), "image of 0 x 1002 pixels"),
}


@pytest.mark.parametrize("bad", BROKEN)
def test_broken_files_are_refused_in_a_sentence(tmp_path: pathlib.Path, bad: str) -> None:
    content, match = BROKEN[bad]
    with pytest.raises(InputError, match=match) as refused:
        cameras.read(written(tmp_path, content))
    check_remedy(str(refused.value))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("camera.json", '{"camera_matrix": ['),
        (
            "camera.yml",
            "%YAML:1.0\n---\ncamera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n   data: [1., 2.]\n",
        ),
        ("camera.yml", "camera_matrix: !!opencv-matrix\n   rows: 3\n"),
        ("camera.yml", "a: &a [1, 2]\ncamera_matrix: [*a, *a]\n"),
        ("camera.yml", "camera_matrix: !!python/object/apply:os.getcwd []\n"),
        ("camera.xml", "<opencv_storage><camera_matrix>"),
        ("camera.xml", '<!DOCTYPE a [<!ENTITY b "c">]><opencv_storage/>'),
        ("camera.toml", "[cam\n"),
        ("camera.txt", "intrinsic:\n1 2 three\n"),
        ("camera.mat", ""),
    ],
)
def test_files_that_cannot_be_read(tmp_path: pathlib.Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=name) as refused:
        cameras.read(tmp_path / name)
    check_remedy(str(refused.value))
    with pytest.raises(InputError, match="there is no file"):
        cameras.read(tmp_path / "absent.json")
