"""feedback.npz: the feedback gains of the motion, written and read again."""

import zipfile

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from diffphy.physics.feedback import gain_shape
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import FEEDBACK, MOTION, RunFolder

_GAIN, _FPS = "gain", "fps_hz"


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
        np.savez(path, **{_FPS: np.float32(fps), _GAIN: gain})  # pyright: ignore[reportArgumentType]


def load(folder: RunFolder, motion: ReconstructedMotion) -> Float[np.ndarray, "T U V"] | None:
    """Return the gains of a finished run. None if it has none.

    Args:
        folder: The folder of the run.
        motion: Its motion.

    Raises:
        InputError: The file is broken, or is not that of this motion.
    """
    path = folder / FEEDBACK
    if not path.is_file():
        return None
    try:
        with np.load(path) as file:
            gain, fps = file[_GAIN], float(file[_FPS])
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read, or another version wrote it: make the run again") from error
    if gain.shape != (wanted := gain_shape(motion.states)):
        raise InputError(f"{path} has the shape {gain.shape}, but {MOTION} needs {wanted}: make the run again")
    if fps != (rate := float(motion.fps_hz)):
        raise InputError(f"{path} is for {fps:g} Hz, but {MOTION} has {rate:g} Hz: make the run again")
    if not (np.issubdtype(gain.dtype, np.floating) and np.isfinite(gain).all()):
        raise InputError(f"{path} has gains that are not finite numbers: make the run again")
    return gain
