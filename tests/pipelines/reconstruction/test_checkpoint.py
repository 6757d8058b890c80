"""What is left of a run that was interrupted, also where its files are damaged."""

import io
from pathlib import Path

import numpy as np
import pytest

from data.clip import InputError
from pipelines.reconstruction import checkpoint
from pipelines.reconstruction.run_folder import CHECKPOINT, RunFolder

WINDOW = {name: np.zeros(2) for name in checkpoint.REQUIRED} | {"start": np.array(0)}


def stored(save, *arguments, **named) -> bytes:
    file = io.BytesIO()
    save(file, *arguments, **named)
    return file.getvalue()


def write(folder: Path, content: bytes) -> RunFolder:
    (folder / CHECKPOINT).mkdir()
    (folder / CHECKPOINT / "0000000.npz").write_bytes(content)
    return RunFolder(folder)


def test_a_window_is_read_as_it_was_kept(tmp_path: Path) -> None:
    window = {name: np.array([index, 0.5]) for index, name in enumerate(checkpoint.REQUIRED)} | {"start": np.array(0)}
    checkpoint.append(RunFolder(tmp_path), window)
    (read,) = checkpoint.read(RunFolder(tmp_path))
    assert set(read) == set(window)
    for name, array in window.items():
        np.testing.assert_array_equal(read[name], array)


@pytest.mark.parametrize("missing", ["control", "next_guess", "state_position", "effort_torque"])
def test_a_window_of_another_version_is_refused(tmp_path: Path, missing: str) -> None:
    content = stored(np.savez, **{name: array for name, array in WINDOW.items() if name != missing})
    with pytest.raises(InputError, match="0000000.npz cannot be read, or .*: start the run again without --resume"):
        checkpoint.read(write(tmp_path, content))


@pytest.mark.parametrize(
    "content", [b"", b"PK", stored(np.save, np.zeros(3)), stored(np.savez, **WINDOW)[:-40]], ids=len
)
def test_a_damaged_window_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="0000000.npz cannot be read, or .*: start the run again without --resume"):
        checkpoint.read(write(tmp_path, content))


def test_windows_with_a_gap_between_them_are_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for start in (0, 2, 4):
        checkpoint.append(folder, WINDOW | {"start": np.array(start)})
    assert checkpoint.count(folder) == len(checkpoint.read(folder)) == 3
    (folder / CHECKPOINT / "0000002.npz").unlink()
    with pytest.raises(InputError, match="0000004.npz cannot be read, or what comes before it is missing"):
        checkpoint.read(folder)
