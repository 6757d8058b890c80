"""What is kept of a run while it runs: a file for each window that is done, from which it can go on."""

import shutil
import zipfile
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data.clip import InputError
from diffphy.physics.simulate import Effort, State, Trajectory
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow
from pipelines.reconstruction.run_folder import CHECKPOINT, RunFolder

Window = dict[str, np.ndarray]
"""A `SolvedWindow` as plain arrays: its S frames, the loss terms of its E evaluations, and where the next starts."""


_KEYS = (*(f"state_{name}" for name in State._fields), *(f"effort_{name}" for name in Effort._fields))
REQUIRED = {*_KEYS, "start", "control", "term_names", "terms", "next_guess"}
"""What a window holds."""


def window_arrays(solved: SolvedWindow) -> Window:
    """The arrays of a solved window that a checkpoint keeps."""
    names = list(solved.terms[0])
    arrays: dict[str, Any] = {
        **dict(zip(_KEYS, (*solved.state, *solved.effort), strict=True)),
        "start": solved.start,
        "control": solved.control,
        "term_names": names,
        "terms": [[terms[name] for name in names] for terms in solved.terms],
        "next_guess": solved.resume_point.guess,
    }
    return {key: np.asarray(value) for key, value in arrays.items()}


def progress_after(window: Window) -> ResumePoint:
    """Where the next window starts: the last frame of this one."""
    frames = len(window["control"])
    last = jax.tree.map(lambda value: value[-1], _states(window))
    return ResumePoint(int(window["start"]) + frames - 1, last, window["control"][-1], window["next_guess"])


def _states(window: Window) -> State:
    return State(*(jnp.asarray(window[f"state_{name}"]) for name in State._fields))


def _efforts(window: Window) -> Effort:
    return Effort(*(jnp.asarray(window[f"effort_{name}"]) for name in Effort._fields))


def trajectory(windows: Sequence[Window]) -> Trajectory:
    """The whole motion."""
    states, efforts = [_states(window) for window in windows], [_efforts(window) for window in windows]
    return Trajectory(
        jax.tree.map(lambda *parts: np.concatenate(parts), *states),
        jax.tree.map(lambda *parts: np.concatenate(parts), *efforts),
        np.concatenate([window["control"] for window in windows]),
    )


def append(folder: RunFolder, window: Window) -> None:
    """Keeps a finished window."""
    (folder / CHECKPOINT).mkdir(exist_ok=True)
    with folder.writing(f"{CHECKPOINT}/{int(window['start']):07d}.npz") as path:
        np.savez(path, **window)  # pyright: ignore[reportArgumentType]


def count(folder: RunFolder) -> int:
    """How many windows of an interrupted run are finished."""
    return len(list((folder / CHECKPOINT).glob("*.npz")))


def read(folder: RunFolder) -> list[Window]:
    """The finished windows of an interrupted run, in order.

    Raises:
        InputError: a file of them is broken, of another version, or missing.
    """
    windows = []
    frames = 0
    for path in sorted((folder / CHECKPOINT).glob("*.npz")):
        try:
            with path.open("rb") as stored, np.load(stored) as file:
                window = dict(file)
            if missing := REQUIRED - set(window):
                raise KeyError(*missing)
            if int(window["start"]) != frames:
                raise ValueError(f"begins at frame {window['start']}, not {frames}")
            frames += len(window["control"])
            windows.append(window)
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} cannot be read, or what comes before it is missing: start the run again without --resume"
            ) from error
    return windows


def remove(folder: RunFolder) -> None:
    """Forgets the windows, once the results are written."""
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
