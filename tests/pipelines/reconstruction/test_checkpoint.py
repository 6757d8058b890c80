"""What is left of a run that was interrupted, also where its files are damaged."""

import io
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from data.clip import InputError
from diffphy.physics.simulate import Effort, State
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow
from pipelines.reconstruction import checkpoint
from pipelines.reconstruction.run_folder import CHECKPOINT, RunFolder

FRAMES, BODIES, POINTS = 2, 4, 5
# The keys that files have had since the first version with these arrays: old checkpoints must stay readable.
KEYS = {
    *("state_position", "state_rotation", "state_velocity", "state_angular_velocity"),
    *("effort_torque", "effort_contact_force", "effort_residual_force"),
    *("start", "control", "term_names", "terms", "next_guess"),
}


def solved_window(start: int = 0) -> SolvedWindow:
    """A window of random numbers."""
    rng = np.random.default_rng(start)

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    spins = numbers(FRAMES, BODIES, 3)
    state = State(numbers(FRAMES, 3), numbers(FRAMES, BODIES, 4), numbers(FRAMES, 3), spins)  # pyright: ignore[reportArgumentType]
    torque, force = numbers(FRAMES, BODIES - 1, 3), numbers(FRAMES, POINTS, 3)
    effort = Effort(torque, force, numbers(FRAMES))  # pyright: ignore[reportArgumentType]
    control = numbers(FRAMES, BODIES - 1, 4)
    terms = [{"root": 0.1, "effort": 2e-5}, {"root": 0.05, "effort": 3e-5}]
    last = jax.tree.map(lambda values: values[-1], state)
    resume_point = ResumePoint(start + FRAMES - 1, last, control[-1], numbers(3, BODIES - 1, 3))
    return SolvedWindow(start, state, effort, control, terms, resume_point)


ARRAYS = checkpoint.to_arrays(solved_window())


def stored(save, *arguments, **named) -> bytes:
    file = io.BytesIO()
    save(file, *arguments, **named)
    return file.getvalue()


def write(folder: Path, content: bytes) -> RunFolder:
    (folder / CHECKPOINT).mkdir()
    (folder / CHECKPOINT / "0000000.npz").write_bytes(content)
    return RunFolder(folder)


def test_a_window_is_read_as_it_was_kept(tmp_path: Path) -> None:
    window = solved_window()
    checkpoint.append(RunFolder(tmp_path), window)
    (read,) = checkpoint.read(RunFolder(tmp_path))
    before, after = jax.tree.leaves(vars(window)), jax.tree.leaves(vars(read))
    assert len(before) == len(after)
    jax.tree.map(np.testing.assert_array_equal, vars(window.resume_point), vars(read.resume_point))
    jax.tree.map(np.testing.assert_array_equal, (window.state, window.effort), (read.state, read.effort))
    np.testing.assert_array_equal(window.control, read.control)
    assert (window.start, window.terms) == (read.start, read.terms)


def test_files_keep_their_keys() -> None:
    assert set(ARRAYS) == set(checkpoint.KEYS) == KEYS
    assert ARRAYS["terms"].shape == (2, 2)
    assert ARRAYS["term_names"].tolist() == ["root", "effort"]


@pytest.mark.parametrize("missing", ["control", "next_guess", "state_position", "effort_torque"])
def test_a_window_of_another_version_is_refused(tmp_path: Path, missing: str) -> None:
    content = stored(np.savez, **{name: array for name, array in ARRAYS.items() if name != missing})
    with pytest.raises(InputError, match="0000000.npz cannot be read, or .*: start the run again without --resume"):
        checkpoint.read(write(tmp_path, content))


@pytest.mark.parametrize(
    "content", [b"", b"PK", stored(np.save, np.zeros(3)), stored(np.savez, **ARRAYS)[:-40]], ids=len
)
def test_a_damaged_window_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="0000000.npz cannot be read, or .*: start the run again without --resume"):
        checkpoint.read(write(tmp_path, content))


def test_windows_with_a_gap_between_them_are_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for start in (0, 2, 4):
        checkpoint.append(folder, replace(solved_window(), start=start))
    assert folder.solved_windows == len(checkpoint.read(folder)) == 3
    (folder / CHECKPOINT / "0000002.npz").unlink()
    with pytest.raises(InputError, match="0000004.npz cannot be read, or the window before it is missing"):
        checkpoint.read(folder)
