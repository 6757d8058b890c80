"""The checkpoint of a run: one file for each window of a pass, from which an interrupted run can go on."""

import shutil
import zipfile
from collections.abc import Mapping

import jax
import numpy as np

from data.clip import InputError
from diffphy.physics.simulate import Effort, State
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow
from pipelines.reconstruction.run_folder import CHECKPOINT, RunFolder
from pipelines.reconstruction.solve import term_values

# Field -> key in the file.
_STATE_KEYS = {name: f"state_{name}" for name in State._fields}
_EFFORT_KEYS = {name: f"effort_{name}" for name in Effort._fields}
_START, _CONTROL, _TERM_NAMES, _TERMS, _GUESS = "start", "control", "term_names", "terms", "next_guess"
SECOND = f"{CHECKPOINT}/second_pass"
"""The folder of the second pass. That of the first is `CHECKPOINT`."""

KEYS = (*_STATE_KEYS.values(), *_EFFORT_KEYS.values(), _START, _CONTROL, _TERM_NAMES, _TERMS, _GUESS)
"""The arrays of a file."""


def to_arrays(window: SolvedWindow) -> dict[str, np.ndarray]:
    """Return the arrays of a window, by their keys in the file."""
    arrays = {
        **{key: getattr(window.state, field) for field, key in _STATE_KEYS.items()},
        **{key: getattr(window.effort, field) for field, key in _EFFORT_KEYS.items()},
        _START: window.start,
        _CONTROL: window.control,
        _TERM_NAMES: list(window.terms[0]),
        _TERMS: term_values(window),
        _GUESS: window.resume_point.guess,
    }
    return {key: np.asarray(value) for key, value in arrays.items()}


def from_arrays(arrays: Mapping[str, np.ndarray]) -> SolvedWindow:
    """Return the window that `to_arrays` was given.

    Raises:
        KeyError: An array is missing.
    """
    if missing := set(KEYS) - set(arrays):
        raise KeyError(*missing)
    start, control = int(arrays[_START]), arrays[_CONTROL]
    state = State(**{field: arrays[key] for field, key in _STATE_KEYS.items()})  # pyright: ignore[reportArgumentType]
    effort = Effort(**{field: arrays[key] for field, key in _EFFORT_KEYS.items()})  # pyright: ignore[reportArgumentType]
    names = arrays[_TERM_NAMES].tolist()
    terms = [dict(zip(names, values, strict=True)) for values in arrays[_TERMS].tolist()]
    # The next window starts from the last frame of this one.
    last = jax.tree.map(lambda values: values[-1], state)
    resume_point = ResumePoint(start + len(control) - 1, last, control[-1], arrays[_GUESS])
    return SolvedWindow(start, state, effort, control, terms, resume_point)


def append(folder: RunFolder, window: SolvedWindow, place: str = CHECKPOINT) -> None:
    """Write a solved window into the folder of its pass."""
    (folder / place).mkdir(parents=True, exist_ok=True)
    with folder.writing(f"{place}/{window.start:07d}.npz") as path:
        np.savez(path, **to_arrays(window))  # pyright: ignore[reportArgumentType]


def read(folder: RunFolder, place: str = CHECKPOINT) -> list[SolvedWindow]:
    """Return the solved windows of a pass of an interrupted run, in order.

    Raises:
        InputError: One of their files is broken, was written by another version, or is missing.
    """
    windows = []
    frames = 0
    for path in sorted((folder / place).glob("*.npz")):
        try:
            with path.open("rb") as stored, np.load(stored) as file:
                window = from_arrays(dict(file))
            if window.start != frames:
                raise ValueError(f"begins at frame {window.start}, not {frames}")
            frames += len(window.control)
            windows.append(window)
        except (OSError, EOFError, KeyError, IndexError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} cannot be read, or the window before it is missing: start the run again without --resume"
            ) from error
    return windows


def remove(folder: RunFolder) -> None:
    """Remove the checkpoint, once the results are written."""
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
