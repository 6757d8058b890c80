"""Pickles of numbers are read in every protocol; programs in them are not run."""

import codecs
import io
import pathlib
import pickle
import zipfile
from collections.abc import Callable

import numpy as np
import pytest

from data.clip import InputError
from data.formats import safe_pickle
from tests.messages import check_remedy

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
    check(safe_pickle.load_npz(path, "positions_3d"))
    assert safe_pickle.load_npz(path, "fps") == 50
    assert safe_pickle.load_npz(path, "absent") is None


class Malicious:
    """Creates a file when it is unpickled."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


def _positions(path: pathlib.Path) -> object:
    return safe_pickle.load_npz(path, "positions_3d")


def _pickled(path: pathlib.Path, content: object) -> None:
    path.write_bytes(pickle.dumps(content))


def _archived(path: pathlib.Path, content: object) -> None:
    np.savez(path, positions_3d=np.array({"S1": content}, dtype=object))


@pytest.mark.parametrize(
    ("name", "write", "read"),
    [("data.pkl", _pickled, safe_pickle.load), ("data.npz", _archived, _positions)],
)
def test_a_program_is_refused_before_it_runs(
    tmp_path: pathlib.Path,
    name: str,
    write: Callable[[pathlib.Path, object], None],
    read: Callable[[pathlib.Path], object],
) -> None:
    executed = tmp_path / "executed"
    write(tmp_path / name, Malicious(executed))
    with pytest.raises(InputError, match=f"{name} is damaged, or holds more than numbers: it calls") as refused:
        read(tmp_path / name)
    check_remedy(str(refused.value))
    assert not executed.exists()


class Pointers:
    """An array whose bytes are said to be objects."""

    def __reduce__(self):
        kind = np.dtype([("a", "O")])
        return np.frombuffer, (b"A" * 8, kind)


class Forged:
    """As `Pointers`, by the names that arrays are pickled with."""

    def __init__(self, state: tuple):
        self.state = state

    def __reduce__(self):
        return np.dtype, ("V8", False, True), self.state


def test_bytes_that_are_said_to_be_objects_are_refused(tmp_path: pathlib.Path) -> None:
    """NumPy would follow them as pointers."""
    fields = {"a": (np.dtype("O"), 0)}
    for content in (Pointers(), Forged((3, "|", None, ("a",), fields, 8, 1, 0))):
        path = tmp_path / "data.pkl"
        path.write_bytes(pickle.dumps({"S1": content}))
        with pytest.raises(InputError, match="holds more than numbers"):
            safe_pickle.load(path)


class Encoded:
    def __reduce__(self):
        return codecs.encode, ("A" * 10, "hex")


def test_codecs_that_inflate_are_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "data.pkl"
    path.write_bytes(pickle.dumps(Encoded()))
    with pytest.raises(InputError, match="it encodes as 'hex'"):
        safe_pickle.load(path)


def test_an_array_that_is_larger_than_its_file_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "data.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**13,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("positions_3d.npy", header.getvalue())
    with pytest.raises(InputError, match="data.npz is damaged"):
        _positions(path)


@pytest.mark.parametrize("read", [safe_pickle.load, _positions])
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
