"""Force plates in a C3D file: their corners, and the analog channels of force and moment.

ezc3d reads the plates of all types, turns their forces to the world of the markers, and finds the centres of pressure.
It takes moments to be in newtons times the unit of positions, whatever their channels say: that is made good here.
Source: the C3D file format user guide, Motion Lab Systems, 2008, "Force Platforms".
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ezc3d
import numpy as np

from data.clip import InputError
from data.conventions import turn_z_up
from data.force_plates import LOADED_N, ForcePlates
from data.units import METRES_PER_UNIT

MOMENT_UNITS = {"nm": 1.0, "nmm": 1e-3}
"""Metres times newtons in the units of moments, without what stands between the letters."""
FOREIGN_FORCES = ("kn", "lb", "lbs", "lbf", "kg", "kgf")
"""Units of forces that are no newtons."""
FROM_MOMENTS = 2
"""The type of plate whose channels are three forces and three moments."""


def read(path: Path, up_axis: str) -> ForcePlates | None:
    """Return the force plates of a file; None if it has none.

    Args:
        path: The file.
        up_axis: The axis of the file's world that is up, such as "y" or "-z".

    Raises:
        InputError: The plates of the file cannot be read.
    """
    try:
        file = ezc3d.c3d(str(path), extract_forceplat_data=True)
        platforms, rate = file["data"]["platform"], float(file["header"]["analogs"]["frame_rate"])
    except Exception:  # the library does not catch what a damaged file makes it raise
        raise InputError(f"{path} has force plates that cannot be read: export it again") from None
    if not platforms:
        return None
    try:
        scale = np.array([METRES_PER_UNIT[plate["unit_position"]] for plate in platforms])
    except KeyError as error:
        raise InputError(f"{path} has force plates in the unknown unit {error}: export it in mm or m") from None
    units = _channel_units(file)
    forces = {plate["unit_force"] for plate in platforms} | {unit for each in units for unit in each[:3]}
    if odd := {unit for unit in forces if _letters(unit) in FOREIGN_FORCES}:
        raise InputError(f"{path} has forces in {', '.join(sorted(odd))}: export them in N")
    types = file["parameters"]["FORCE_PLATFORM"]["TYPE"]["value"]
    moments = [_letters(each[3]) if kind == FROM_MOMENTS else "" for each, kind in zip(units, types, strict=False)]
    factors = np.array([MOMENT_UNITS.get(unit, metres) / metres for unit, metres in zip(moments, scale, strict=True)])
    force, corners = (_stack([plate[key] for plate in platforms], up_axis) for key in ("force", "corners"))
    point = _stack([_point(*each) for each in zip(platforms, factors, strict=True)], up_axis)
    turned = force[..., 2].sum(axis=0) < 0  # some programs write the force on the plate
    force = np.where(turned[:, None], -force, force)
    if not (force[..., 2] > LOADED_N).any():
        return None
    return ForcePlates(
        names=tuple(str(number) for number in range(1, len(platforms) + 1)),
        time_s=np.arange(len(force)) / rate,
        force_N=force,
        point_m=np.nan_to_num(point) * scale[:, None],
        corners_m=(corners * scale[:, None]).transpose(1, 0, 2),
    )


def _letters(unit: str) -> str:
    return "".join(letter for letter in unit.lower() if letter.isalpha())


def _channel_units(file: Any) -> list[list[str]]:
    """Return the units of the channels of each plate, "" where there is none."""
    units = file["parameters"]["ANALOG"].get("UNITS", {"value": []})["value"]
    channels = np.asarray(file["parameters"]["FORCE_PLATFORM"]["CHANNEL"]["value"], int) - 1
    return [[units[channel] if 0 <= channel < len(units) else "" for channel in plate] for plate in channels.T]


def _point(plate: Any, factor: float) -> np.ndarray:
    """Return the centres of pressure (3, T) of a plate if the moments of its channels are this many times as large.

    These moments are about an origin below the top of the plate, and the library has added that of the force about it.
    So a part of each point is where the force from this origin passes through the top, and only the rest is multiplied.
    """
    point, force, corners = (np.asarray(plate[key], float) for key in ("center_of_pressure", "force", "corners"))
    if factor == 1.0:
        return point
    x, y = corners[:, 0] - corners[:, 1], corners[:, 0] - corners[:, 3]
    z = np.cross(x, y)
    axes = np.stack([each / np.linalg.norm(each) for each in (x, np.cross(z, x), z)], axis=1)
    origin, vertical = axes @ np.asarray(plate["origin"], float), axes[:, 2] @ force
    depth = (axes[:, 2] @ origin) / np.where(vertical == 0, np.nan, vertical)
    passes = corners.mean(axis=1)[:, None] + depth * force - origin[:, None]
    return passes + factor * (point - passes)


def _stack(values: Sequence[Any], up_axis: str) -> np.ndarray:
    """Return an array (T, P, 3) of what is known of P plates, each (3, T), Z up."""
    return turn_z_up(np.stack([np.asarray(each, float).T for each in values], axis=1), up_axis)
