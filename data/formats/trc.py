"""TRC, the text file of markers that OpenSim reads and that OpenCap, Pose2Sim and Cortex write. Read and written.

Three lines of header: kinds, keys, values. A line names the markers, each above three columns; the next line numbers
the columns. A row has the frame's number, its time in s, and three numbers a marker. Blank cells are markers not seen.
Counts in the header are often wrong, and the time of the rows contradicts the rate at times: the rows are believed.

Source: OpenSim documentation, "Marker (.trc) Files".
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import InputError, MotionClip, require_frames
from data.conventions import MAX_VALUE, remedy_for_number
from data.finding import Finding
from data.formats.marker_recording import MarkerRecording, clip_of_markers
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.trajectories import Trajectory

SAME_RATE = 0.03  # share by which the rate in the header may differ from that of the rows


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the motion of a person's joints in a TRC file, see `marker_recording.clip_of_markers`.

    Raises:
        InputError: The file is damaged, its markers are unknown, or it is not a person's motion.
    """
    path = Path(path)
    return clip_of_markers(_load(path), path, options)


def write(path: Path, markers: Mapping[str, Float[np.ndarray, "T 3"]], fps: float) -> None:
    """Write points over time. The first frame is at 0 s.

    Args:
        path: The file.
        markers: Positions of each point, m, in the axes of the file: Y up for OpenSim.
        fps: Frames per second.
    """
    values = np.concatenate(list(markers.values()), axis=1)
    rate, frames = f"{fps:.9g}", len(values)
    header = {
        **{"DataRate": rate, "CameraRate": rate, "NumFrames": frames, "NumMarkers": len(markers), "Units": "m"},
        **{"OrigDataRate": rate, "OrigDataStartFrame": 1, "OrigNumFrames": frames},
    }
    names = [cell for name in markers for cell in (name, "", "")]
    axes = [f"{axis}{number}" for number in range(1, len(markers) + 1) for axis in "XYZ"]
    head = [
        ["PathFileType", 4, "(X/Y/Z)", path.name],
        header,
        header.values(),
        ["Frame#", "Time", *names],
        ["", "", *axes],
        [],
    ]
    rows = [[i + 1, f"{i / fps:.6f}", *(f"{value:.6f}" for value in row)] for i, row in enumerate(values)]
    path.write_text("".join("\t".join(map(str, cells)) + "\n" for cells in [*head, *rows]), encoding="utf-8")


def _load(path: Path) -> MarkerRecording:
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    at = next((index for index, line in enumerate(lines) if line.lower().startswith("frame#")), None)
    if at is None or at < 2:
        raise InputError(f"{path} is not a TRC file: it has no line that begins with Frame#; export it again")
    header = _header(lines[at - 2], lines[at - 1])
    names = [(column, name.strip()) for column, name in enumerate(lines[at].split("\t")) if name.strip()][2:]
    rows = [line.split("\t") for line in lines[at + 1 :] if line.split("\t")[0].strip().isdecimal()]
    if not names:
        raise InputError(f"{path} names no markers: separate the names by tabs, three for each")
    require_frames(len(rows), path)
    width = 1 + max(column for column, _ in names) + 2
    values = _numbers(rows, width, path)
    time = values[:, 1]
    tracks: dict[str, Trajectory] = {}
    for column, name in names:
        track = values[:, column : column + 3]
        lost = ~np.isfinite(track).all(axis=1) | (track == 0).all(axis=1)
        tracks.setdefault(name, np.where(lost[:, None], np.nan, track))
    rate, doubts = _rate(header.get("datarate", ""), time, path)
    said = header.get("numframes", "")
    notes = () if said == str(len(rows)) else (f"frames: {len(rows)}, though the header says {said or 'nothing'}",)
    return MarkerRecording(
        tracks, rate, header.get("units", "").lower(), "", int(rows[0][0]), notes, doubts, _first_s(time)
    )


def _first_s(time: Float[np.ndarray, "T"]) -> float:
    """Return the time of the first row, s; 0 where it is blank."""
    return float(np.nan_to_num(time[0]))


def _header(keys: str, values: str) -> dict[str, str]:
    """Return the values of the header by their keys in lower case."""
    pairs = zip(keys.split("\t"), values.split("\t"), strict=False)
    return {key.strip().lower(): value.strip() for key, value in pairs}


def _numbers(rows: list[list[str]], width: int, path: Path) -> Float[np.ndarray, "T C"]:
    """Return the cells of the rows as numbers, NaN where a cell is blank or missing."""
    values = np.full((len(rows), width), np.nan)
    for frame, row in enumerate(rows):
        for column, cell in enumerate(row[:width]):
            word = cell.strip()
            if word:
                try:
                    values[frame, column] = float(word)
                except ValueError:
                    raise InputError(
                        f"{path} has '{word}' in frame {row[0].strip()}, which is not a number: "
                        f"{remedy_for_number(word)}"
                    ) from None
    if (np.abs(values) > MAX_VALUE).any():
        raise InputError(f"{path} holds an absurd value: repair or cut that frame")
    return values


def _rate(said: str, time: Float[np.ndarray, "T"], path: Path) -> tuple[float, tuple[Finding, ...]]:
    """Return frames per second, and what makes them doubtful. The time of the rows wins over the header."""
    try:
        header = float(said)
    except ValueError:
        header = 0.0
    step = float(np.median(np.diff(time)))
    if not step > 0:
        return header, ()
    rows = 1.0 / step
    rows = float(round(rows)) if abs(rows / max(round(rows), 1) - 1.0) < SAME_RATE / 5 else rows
    if header > 0 and abs(header / rows - 1.0) <= SAME_RATE:
        return header, ()
    finding = Finding(
        "doubtful",
        "rate",
        f"{rows:g} a second by the time of the rows",
        f"{header:g}, as the header says",
        f"the frame rate of {path} is doubtful: its header says {header:g} a second, the time of its rows {rows:g}, "
        "which is taken; give the true one with --fps",
    )
    return rows, (finding,) if header > 0 else ()
