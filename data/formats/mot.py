"""MOT and STO files of OpenSim: a head that ends with `endheader`, names of columns, numbers. Force plates are read.

The columns of a plate are `<plate>_vx ... _vz` (force on the person, N) and `<plate>_px ... _pz` (centre of pressure,
m). `<plate>` differs from laboratory to laboratory: `ground_force_1`, `1_ground_force`, `ground_force_r`. Y is up. Some
programs write NaN for the point of a plate that is not loaded.
Source: OpenSim's documentation, "Storage (.sto) and motion (.mot) files" and "External loads".
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import MIN_FRAMES, InputError
from data.conventions import parse_numbers, turn_z_up
from data.force_plates import LOADED_N, ForcePlates

_FORCE = re.compile(r"(?P<plate>.+)_vx")


def read(path: Path) -> ForcePlates:
    """Return the force plates of a file.

    Raises:
        InputError: The file cannot be read, has no forces of plates, or gives the force on the plates.
    """
    names, rows = _table(path)
    column = {name.lower(): index for index, name in enumerate(names)}
    plates = [match["plate"] for name in column if (match := _FORCE.fullmatch(name))]
    wanted = {plate: [f"{plate}_{kind}{axis}" for kind in "vp" for axis in "xyz"] for plate in plates}
    missing = [name for each in wanted.values() for name in each if name not in column]
    if "time" not in column or not plates or missing:
        lacking = ", ".join(missing) or ("time" if "time" not in column else "ground_force_1_vx")
        raise InputError(f"{path} has no column {lacking}: export the forces and points of the plates from OpenSim")
    forces = _columns(rows, [column["time"], *(column[name] for each in wanted.values() for name in each[:3])])
    points = _columns(rows, [column[name] for each in wanted.values() for name in each[3:]])
    values = parse_numbers(forces, len(rows), str(path))
    time, force = values[:, 0], values[:, 1:].reshape(len(rows), len(plates), 3)
    loaded = np.repeat(np.abs(force[..., 1]) > LOADED_N, 3)
    known = [word if needed or word.lower() != "nan" else "0" for word, needed in zip(points, loaded, strict=True)]
    point = parse_numbers(known, len(rows), str(path)).reshape(force.shape)
    if len(time) < MIN_FRAMES or not (np.diff(time) > 0).all():
        raise InputError(f"{path} has times that do not increase: correct them")
    found = ForcePlates(tuple(plates), time, turn_z_up(force, "y"), turn_z_up(point, "y"))
    if found.vertical_N.min() < -LOADED_N and -found.vertical_N.min() > found.vertical_N.max():
        raise InputError(f"{path} has vertical forces that pull down: export the force on the person, Y up")
    return found


def write(
    path: Path,
    time_s: Float[np.ndarray, "T"],
    columns: Mapping[str, Float[np.ndarray, "T"]],
    *,
    in_degrees: bool = False,
    notes: Sequence[str] = (),
) -> None:
    """Write columns over time.

    Args:
        path: The file.
        time_s: Time of each row, s.
        columns: Values by name. Angles are in degrees if `in_degrees`, else in radians; all else is in SI units.
        in_degrees: See `columns`.
        notes: Lines of the head for whoever opens the file.
    """
    counts = [f"nRows={len(time_s)}", f"nColumns={1 + len(columns)}", f"inDegrees={'yes' if in_degrees else 'no'}"]
    head = [path.stem, "version=1", *counts, "", *notes, "", "endheader", "\t".join(["time", *columns])]
    values = np.stack([time_s, *columns.values()], axis=1)
    rows = ["\t".join(f"{value:.9g}" for value in row) for row in values.astype(float)]
    path.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


def _columns(rows: list[list[str]], columns: list[int]) -> list[str]:
    return [row[column] for row in rows for column in columns]


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the words of each row below them."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text, as a MOT file is: export it again") from None
    head = next((number for number, line in enumerate(lines) if line.strip().lower() == "endheader"), None)
    body = [line.split() for line in lines[(head or 0) + 1 :] if line.strip()]
    if head is None or len(body) < 2:
        raise InputError(f"{path} is not a MOT file, or is cut short: export it again")
    names, *rows = body
    if wrong := next((number for number, row in enumerate(rows, 1) if len(row) != len(names)), None):
        raise InputError(
            f"{path} has {len(rows[wrong - 1])} numbers in row {wrong}, but {len(names)} columns: export it again"
        )
    return names, rows
