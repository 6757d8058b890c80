import pathlib
from typing import Any

import numpy as np
import pytest

from data.clip import InputError
from data.formats import joint_arrays
from tests.messages import check_remedy

TIME = np.arange(5) / 100
POSITIONS = np.random.default_rng(0).normal(size=(5, 2, 3))


def arrays(**others: Any) -> dict[str, Any]:
    """The arrays of a valid file, with some replaced or, where they are None, left out."""
    whole = {
        "joint_names": np.array(["left_hip", "left_knee"]),
        "marker_truth_time_s": TIME,
        "marker_truth_joint_position_y_up_m": POSITIONS,
    } | others
    return {key: value for key, value in whole.items() if value is not None}


def write(path: pathlib.Path, **others: Any) -> pathlib.Path:
    np.savez(path, **arrays(**others))
    return path


def test_y_up_is_turned_to_z_up(tmp_path: pathlib.Path) -> None:
    truth = joint_arrays.read(write(tmp_path / "joints.npz"))["marker_truth"]
    assert truth.names == ("left_hip", "left_knee")
    np.testing.assert_array_equal(truth.positions[..., 2], POSITIONS[..., 1])
    assert np.linalg.det(np.linalg.lstsq(POSITIONS.reshape(-1, 3), truth.positions.reshape(-1, 3))[0]) > 0


def test_z_up_is_taken_as_it_is(tmp_path: pathlib.Path) -> None:
    replaced = {"marker_truth_joint_position_y_up_m": None, "marker_truth_joint_position_z_up_m": POSITIONS}
    truth = joint_arrays.read(write(tmp_path / "joints.npz", **replaced))["marker_truth"]
    np.testing.assert_array_equal(truth.positions, POSITIONS)


def test_other_systems_have_their_own_times_or_those_of_the_truth(tmp_path: pathlib.Path) -> None:
    others = {"wham_joint_position_y_up_m": POSITIONS, "mono_joint_position_y_up_m": POSITIONS[:4]}
    tracks = joint_arrays.read(write(tmp_path / "joints.npz", **others, mono_time_s=TIME[:4] + 1.0))
    assert tracks.keys() == {"marker_truth", "wham", "mono"}
    np.testing.assert_array_equal(tracks["wham"].time_s, TIME)
    np.testing.assert_array_equal(tracks["mono"].time_s, TIME[:4] + 1.0)


BROKEN = {
    "no positions": ({"marker_truth_joint_position_y_up_m": None}, "holds no joints"),
    "no names": ({"joint_names": None}, "holds no joints"),
    "an unknown name": ({"joint_names": np.array(["left_hip", "LKNE"])}, "unknown or repeated names of joints, LKNE"),
    "a name twice": ({"joint_names": np.array(["left_hip", "left_hip"])}, "unknown or repeated"),
    "another number of joints": ({"marker_truth_joint_position_y_up_m": POSITIONS[:, :1]}, "2 joints, 3"),
    "no times": ({"marker_truth_time_s": None}, "no time for each frame"),
    "too few times": ({"marker_truth_time_s": TIME[:3]}, "no time for each frame"),
    "times that go back": ({"marker_truth_time_s": TIME[::-1]}, "do not increase"),
    "NaN times": ({"marker_truth_time_s": TIME * np.nan}, "do not increase"),
}


@pytest.mark.parametrize("bad", BROKEN)
def test_what_is_wrong_is_said(bad: str, tmp_path: pathlib.Path) -> None:
    others, said = BROKEN[bad]
    with pytest.raises(InputError, match=said) as refused:
        joint_arrays.read(write(tmp_path / "joints.npz", **others))
    check_remedy(str(refused.value))


def test_a_file_that_is_no_archive_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "joints.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"joints\.npz"):
        joint_arrays.read(tmp_path / "joints.npz")


def test_films_with_truth_are_read(test_data: pathlib.Path) -> None:
    tracks = joint_arrays.read(test_data / "video" / "phone_squat" / "joints.npz")
    assert tracks.keys() == {"marker_truth", "opencap_monocular", "wham"}
    truth = tracks["marker_truth"]
    height = dict(zip(truth.names, truth.positions[..., 2].mean(axis=0), strict=True))
    assert height["left_ankle"] < height["left_knee"] < height["left_hip"] < height["left_shoulder"]
