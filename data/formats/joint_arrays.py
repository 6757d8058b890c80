"""Joint positions of one motion as several systems have them, in an .npz file: the truth beside what others found.

| array | shape | content |
| --- | --- | --- |
| `joint_names` | (J,) | our names of the joints, such as `left_knee` |
| `SYSTEM_joint_position_y_up_m` | (T, J, 3) | positions, m, in a right-handed world with Y up; NaN where unknown |
| `SYSTEM_joint_position_z_up_m` | (T, J, 3) | the same with Z up, in place of the array above |
| `SYSTEM_time_s` | (T,) | increasing times, s, on one clock for all systems |

SYSTEM is a name in lower case: `marker_truth` for the truth, `opencap_monocular` for what that system found. A system
without times has those of `marker_truth`.
"""

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import MIN_FRAMES, InputError
from data.conventions import turn_z_up
from data.formats import safe_pickle
from data.joint_tracks import JointTracks
from data.rigs import joint_maps

TRUTH = "marker_truth"
_POSITIONS = re.compile(r"(?P<system>\w+)_joint_position_(?P<up>[yz])_up_m")


def read(path: Path) -> dict[str, JointTracks]:
    """Return the tracks of each system by its name.

    Raises:
        InputError: The file cannot be read, or its arrays have wrong shapes, names or times.
    """
    arrays = {key: safe_pickle.load_npz(path, key) for key in safe_pickle.keys(path)}
    found = {match["system"]: match for key in arrays if (match := _POSITIONS.fullmatch(key))}
    if "joint_names" not in arrays or not found:
        raise InputError(
            f"{path} holds no joints: write the arrays 'joint_names', '{TRUTH}_time_s' and "
            f"'{TRUTH}_joint_position_y_up_m'"
        )
    names = _check_names(arrays["joint_names"], path)
    tracks = {}
    for system, match in found.items():
        key = match.group()
        time = arrays.get(f"{system}_time_s", arrays.get(f"{TRUTH}_time_s"))
        _check_shapes(key, arrays[key], time, len(names), path)
        positions = turn_z_up(arrays[key].astype(float), match["up"])
        tracks[system] = JointTracks(names, np.asarray(time, float), positions)
    return tracks


def _check_names(array: np.ndarray, path: Path) -> tuple[str, ...]:
    """Return the names of the joints. Raises InputError unless each is one of ours and appears once."""
    names = tuple(map(str, array.ravel()))
    known = {*joint_maps.REQUIRED, *joint_maps.OPTIONAL}
    wrong = sorted({name for name in names if name not in known or names.count(name) > 1})
    if wrong:
        raise InputError(f"{path} has unknown or repeated names of joints, {', '.join(wrong)}: use our names")
    return names


def _check_shapes(
    key: str, positions: np.ndarray, time: Float[np.ndarray, "T"] | None, joints: int, path: Path
) -> None:
    """Raise InputError unless the positions of a system fit its joints and times."""
    if positions.dtype.kind not in "fi" or positions.ndim != 3 or positions.shape[1:] != (joints, 3):
        raise InputError(f"{path} has {key} of shape {positions.shape}: write it as (frames, {joints} joints, 3)")
    if time is None or time.dtype.kind not in "fi" or time.shape != positions.shape[:1] or len(time) < MIN_FRAMES:
        raise InputError(f"{path} has no time for each frame of {key}: write the times in s")
    if not (np.diff(time) > 0).all():
        raise InputError(f"{path} has times of {key} that do not increase: correct them")
