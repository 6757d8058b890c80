"""feedback.npz: the feedback gains of the motion, written and read again."""

import zipfile

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from pipelines.reconstruction.run_folder import FEEDBACK, RunFolder

_GAIN = "gain"


def save(folder: RunFolder, gain: Float[np.ndarray, "T U V"], fps: float) -> None:
    """Write feedback.npz. It is not compressed: that would save a tenth.

    Args:
        folder: The folder of the run.
        gain: The gains.
        fps: Control rate, Hz.

    Raises:
        InputError: The file cannot be written.
    """
    with folder.writing(FEEDBACK) as path:
        np.savez(path, fps_hz=np.float32(fps), **{_GAIN: gain})  # pyright: ignore[reportArgumentType]


def load(folder: RunFolder) -> Float[np.ndarray, "T U V"] | None:
    """Return the gains of a finished run. None if it has none.

    Raises:
        InputError: The file is broken.
    """
    path = folder / FEEDBACK
    if not path.is_file():
        return None
    try:
        with np.load(path) as file:
            return file[_GAIN]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read, or another version wrote it: make the run again") from error
