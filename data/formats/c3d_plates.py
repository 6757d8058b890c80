"""Force plates in a C3D file: their corners, and the analog channels of force and moment.

ezc3d reads the plates of all types, turns their forces to the world of the markers, and finds the centres of pressure.
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
    if odd := {plate["unit_force"] for plate in platforms} - {"N"}:
        raise InputError(f"{path} has forces in {', '.join(sorted(odd))}: export them in N")
    force, point, corners = (_stack(platforms, key, up_axis) for key in ("force", "center_of_pressure", "corners"))
    if force[..., 2].sum() < 0:  # some programs write the force on the plates
        force = -force
    if not (force[..., 2] > LOADED_N).any():
        return None
    return ForcePlates(
        names=tuple(str(number) for number in range(1, len(platforms) + 1)),
        time_s=np.arange(len(force)) / rate,
        force_N=force,
        point_m=np.nan_to_num(point) * scale[:, None],
        corners_m=(corners * scale[:, None]).transpose(1, 0, 2),
    )


def _stack(platforms: Sequence[Any], key: str, up_axis: str) -> np.ndarray:
    """Return an array (T, P, 3) of all plates, Z up."""
    return turn_z_up(np.stack([np.asarray(plate[key], float).T for plate in platforms], axis=1), up_axis)
