"""Pickles of numbers are read in every protocol; programs in them are not run."""

import pathlib
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from data.clip import InputError
from data.formats import safe_pickle
from tests.data.test_messages import check_remedy

CONTENT = {
    "S1": {"Walking 1": np.arange(24.0, dtype=np.float32).reshape(2, 4, 3), "empty": np.zeros((0, 3))},
    "metadata": {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": [[4, 5], [1, 2]]},
    "scale": np.float64(2.5),
}


def check(content: dict) -> None:
    np.testing.assert_array_equal(content["S1"]["Walking 1"], CONTENT["S1"]["Walking 1"])
    assert content["S1"]["Walking 1"].dtype == np.float32
    assert content["S1"]["empty"].shape == (0, 3)
    assert content["metadata"] == CONTENT["metadata"]
    assert content["scale"] == 2.5


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_numbers_are_read_in_every_protocol(tmp_path: pathlib.Path, protocol: int) -> None:
    path = tmp_path / "numbers.pkl"
    path.write_bytes(pickle.dumps(CONTENT, protocol))
    check(safe_pickle.load(path))


def test_archives_of_dictionaries_are_read(tmp_path: pathlib.Path) -> None:
    """As VideoPose3D's are: one dictionary in an array of objects."""
    path = tmp_path / "data.npz"
    np.savez_compressed(path, positions_3d=np.array(CONTENT, dtype=object), fps=50)
    arrays = safe_pickle.load_npz(path)
    check(arrays["positions_3d"])
    assert arrays["fps"] == 50


class Malicious:
    """Creates a file when it is unpickled."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


def _pickled(path: pathlib.Path, content: object) -> None:
    path.write_bytes(pickle.dumps(content))


def _archived(path: pathlib.Path, content: object) -> None:
    np.savez(path, positions_3d=np.array({"S1": content}, dtype=object))


@pytest.mark.parametrize(
    ("name", "write", "read"),
    [("data.pkl", _pickled, safe_pickle.load), ("data.npz", _archived, safe_pickle.load_npz)],
)
def test_a_program_is_refused_before_it_runs(
    tmp_path: pathlib.Path,
    name: str,
    write: Callable[[pathlib.Path, object], None],
    read: Callable[[pathlib.Path], object],
) -> None:
    executed = tmp_path / "executed"
    write(tmp_path / name, Malicious(executed))
    with pytest.raises(InputError, match=f"{name} is damaged, or is no file of numbers alone: it calls") as refused:
        read(tmp_path / name)
    check_remedy(str(refused.value))
    assert not executed.exists()


@pytest.mark.parametrize("read", [safe_pickle.load, safe_pickle.load_npz])
@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(CONTENT)[:40]])
def test_damaged_files_are_refused_in_a_sentence(
    tmp_path: pathlib.Path, read: Callable[[pathlib.Path], object], content: bytes
) -> None:
    path = tmp_path / "data.pkl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="data.pkl is damaged") as refused:
        read(path)
    check_remedy(str(refused.value))
    with pytest.raises(InputError, match="cannot read"):
        read(tmp_path / "absent")
