"""C3D, the file of motion laboratories: trajectories of markers, and of joint centres where a model was fitted.

Points have names, a unit, a rate and a residual, which is negative where the point was not seen. The up axis is not
stored. Some files say how their world stood on a screen.

Source: the C3D file format user guide, Motion Lab Systems, 2008.
"""

import warnings
from pathlib import Path

import c3d
import numpy as np

from data.clip import InputError, MotionClip
from data.formats.marker_recording import MarkerRecording, clip_of_markers
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.trajectories import Trajectory

C3D_KEY = b"\x50"  # the second byte of every file
INTEL = 84
PROCESSORS = {85: "a DEC processor", 86: "a MIPS (SGI) processor"}


class _Reader(c3d.Reader):
    """The library's reader, for files whose header contradicts their parameters."""

    def _check_metadata(self) -> None:
        """Believe the parameters on scale and rate, as the library's functions for frames do."""
        self._header.scale_factor = self.point_scale
        self._header.frame_rate = self.point_rate
        super()._check_metadata()


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the motion of a person's joints in a C3D file, see `marker_recording.clip_of_markers`.

    Raises:
        InputError: The file is damaged, its markers are unknown, or it is not a person's motion.
    """
    path = Path(path)
    return clip_of_markers(_load(path), path, options)


def _load(path: Path) -> MarkerRecording:
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about parameters that we do not need
            reader = _Reader(file)
            frames = [points.copy() for _, points, _ in reader.read_frames()]
            labels = [label.strip() for label in _labels(reader)]
            rotations = reader.get("ROTATION:LABELS") is not None
            expected = reader.last_frame - reader.first_frame + 1
            rate, first = float(reader.point_rate), int(reader.first_frame)
            unit, screen_up = _text(reader, "POINT:UNITS").lower(), _text(reader, "POINT:Y_SCREEN").lower()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except Exception:  # the library does not catch what a damaged file makes it raise
        _refuse_foreign(path)
        raise InputError(f"{path} is not a C3D file, or is damaged: export it again") from None
    if not frames or not labels or frames[0].shape[0] == 0:
        _refuse_foreign(path)
        only = "only rotations, and no points" if rotations else "no points in space"
        raise InputError(f"{path} has {only}: export it with its markers")
    # Programs that count from 0 write one frame too many into the header.
    if len(frames) < expected - 1:
        raise InputError(f"{path} ends after {len(frames)} of its {expected} frames: get it again")
    values = np.stack(frames).astype(float)
    position, residual = values[..., :3], values[..., 3]
    # Some programs write zeros for a point that was not seen.
    lost = (residual < 0) | ~np.isfinite(position).all(axis=-1) | (position == 0).all(axis=-1)
    if lost.all():
        raise InputError(f"{path} has no point that was seen in any frame: export it with its markers")
    position = np.where(lost[..., None], np.nan, position)
    tracks: dict[str, Trajectory] = {}
    for index, label in enumerate(labels[: position.shape[1]]):
        if label and not label.rpartition(":")[2].startswith("*"):  # unlabelled
            tracks.setdefault(label, position[:, index])
    notes = (f"frames: {len(frames)}, though the header says {expected}",) if len(frames) != expected else ()
    return MarkerRecording(tracks, rate, unit, screen_up, first, notes)


def _refuse_foreign(path: Path) -> None:
    """Raise InputError if a file that could not be read was written for another processor than Intel's."""
    data = path.read_bytes()
    at = 512 * (data[0] - 1) + 3 if data[1:2] == C3D_KEY else len(data)
    if at < len(data) and data[at] != INTEL:
        processor = PROCESSORS.get(data[at], f"the unknown processor {data[at]}")
        raise InputError(f"{path} was written for {processor}, and cannot be read: export it for Intel processors")


def _labels(reader: c3d.Reader) -> list[str]:
    """Return the names of the points. More than 255 names are spread over several parameters."""
    labels: list[str] = []
    for number in ("", *range(2, 100)):
        if (parameter := reader.get(f"POINT:LABELS{number}")) is None:
            return labels
        labels += list(np.ravel(parameter.string_array))
    return labels


def _text(reader: c3d.Reader, name: str) -> str:
    parameter = reader.get(name)
    return "" if parameter is None else str(np.ravel(parameter.string_array)[0]).strip() if parameter.bytes else ""
