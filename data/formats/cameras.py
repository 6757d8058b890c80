"""Cameras as OpenCV, Pose2Sim, Qualisys and AIST++ write them.

- OpenCV's FileStorage, .yml, .yaml, .xml or .json, or plain JSON and YAML with the same names: `camera_matrix`,
  `distortion_coefficients`, `image_width`, `image_height`; for the pose `rotation` or `rvec`, `translation` or `tvec`.
- Pose2Sim's .toml: a table for each camera with `name`, `size`, `matrix`, `distortions`, `rotation`, `translation`.
- AIST++: a JSON list of such tables.
- Qualisys' .qca.txt or .xml, see `qualisys`.
- Text with the headings `intrinsic:`, `distortion:`, `R:` and `T:`, each followed by its numbers.

A folder of such files is read as one file with all their cameras. A rotation is a Rodrigues vector or a matrix, from
world to camera. Translations are in metres unless the format or `metres_per_unit` says otherwise. A list of poses, one
for each frame, makes a camera that moves.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_matrices
from data.clip import InputError
from data.formats.camera_parsers import PARSERS
from data.formats.safe_pickle import DAMAGED
from data.rotations import make_continuous, to_wxyz

_MATRIX = ("camera_matrix", "matrix", "mtx", "K", "intrinsic", "intrinsics")
_DISTORTION = ("distortion_coefficients", "distortions", "distortion", "dist_coeffs", "dist", "D")
_ROTATION = ("rotation", "rvec", "R")
_TRANSLATION = ("translation", "tvec", "T", "t")


def read(source: str | Path, *, name: str | None = None, metres_per_unit: float = 1.0) -> CalibratedCamera:
    """Read one camera of a file.

    Args:
        source: A .yml, .yaml, .xml, .json, .toml or .txt file, or a folder of them.
        name: Which camera, where the file has several.
        metres_per_unit: Unit of the translations. AIST++'s are in cm.

    Raises:
        InputError: The file cannot be read as a camera, or has several and none was named.
    """
    every = read_all(source, metres_per_unit=metres_per_unit)
    if name is None and len(every) == 1:
        return next(iter(every.values()))
    if name not in every:
        lack = "" if name is None else f"no camera '{name}' but "
        raise InputError(f"{source} has {lack}{', '.join(every)}: name one of them with --camera-name")
    return every[name]


def holds_cameras(source: str | Path) -> bool:
    """Return whether a source is a file or folder that describes cameras."""
    path = Path(source)
    if not path.exists() or (path.is_file() and path.suffix.lower() not in PARSERS):
        return False
    try:
        return bool(read_all(path))
    except InputError:
        return False


def read_all(source: str | Path, *, metres_per_unit: float = 1.0) -> dict[str, CalibratedCamera]:
    """Read all cameras of a file by name; see `read`."""
    path = Path(source)
    if path.is_dir():
        return _read_folder(path, metres_per_unit)
    if not path.is_file():
        raise InputError(f"there is no file {path}: give a camera as .yml, .xml, .json, .toml or .txt")
    try:
        content = _content(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except (*DAMAGED, yaml.YAMLError, ElementTree.ParseError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read as a camera: {reason}; write it anew") from None
    cameras = _tables(content, path)
    return {name: _camera(name, table, path, metres_per_unit) for name, table in cameras.items()}


def _read_folder(folder: Path, metres_per_unit: float) -> dict[str, CalibratedCamera]:
    """Return the cameras of all files in a folder."""
    cameras: dict[str, CalibratedCamera] = {}
    for file in sorted(each for each in folder.iterdir() if each.suffix.lower() in PARSERS):
        for name, camera in read_all(file, metres_per_unit=metres_per_unit).items():
            if name in cameras:
                raise InputError(f"{folder} has two cameras with the name {name}: give the file of one calibration")
            cameras[name] = camera
    if not cameras:
        raise InputError(f"{folder} holds no cameras: give files as .yml, .xml, .json, .toml or .txt")
    return cameras


def _content(path: Path) -> Any:
    text = path.read_text(encoding="utf-8", errors="replace")
    suffix = path.suffix.lower()
    if suffix not in PARSERS:
        raise InputError(f"{path} has the unknown suffix '{suffix}': give a camera as .yml, .xml, .json, .toml or .txt")
    return PARSERS[suffix](text)


def _tables(content: Any, path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the description of each camera by its name."""
    if isinstance(content, list):
        named = [(str(each.get("name", i)), each) for i, each in enumerate(content) if isinstance(each, dict)]
        cameras = dict(named)
        if len(cameras) < len(named):
            raise InputError(f"{path} has two cameras with the same name: give each its own")
    elif isinstance(content, dict) and _get(content, _MATRIX) is not None:
        cameras = {str(content.get("name", path.stem)): content}
    elif isinstance(content, dict):
        tables = {key: each for key, each in content.items() if isinstance(each, dict)}
        cameras = {str(each.get("name", key)): each for key, each in tables.items() if _get(each, _MATRIX) is not None}
    else:
        cameras = {}
    if not cameras:
        raise InputError(f"{path} describes no camera: write its camera_matrix, and its distortion_coefficients")
    return cameras


def _get(table: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((table[name] for name in names if table.get(name) is not None), None)


def _camera(name: str, table: Mapping[str, Any], path: Path, scale: float) -> CalibratedCamera:
    if any(_is_true(table.get(key)) for key in ("fisheye", "fisheye_model")):
        raise InputError(f"camera {name} of {path} has a fisheye lens, which is not supported: give a pinhole camera")
    if (unit := table.get("metres_per_unit")) is not None:
        if scale != 1.0:
            raise InputError(f"{path} says its unit of length itself: give no --camera-unit")
        scale = unit
    try:
        matrix = np.array(_get(table, _MATRIX), float).reshape(3, 3)
        distortion = np.ravel(np.array(_get(table, _DISTORTION) or [], float))
        turn, shift = _get(table, _ROTATION), _get(table, _TRANSLATION)
        rotation = None if turn is None else _rotation(np.array(turn, float))
        translation = None if shift is None else _vectors(np.array(shift, float)) * scale
        size = _size(table)
    except (TypeError, ValueError, ArithmeticError, LookupError, MemoryError):
        raise InputError(
            f"camera {name} of {path} has matrices of a wrong size, or words instead of numbers: write 3 x 3 numbers "
            "for the matrix, and 3 each for rotation and translation"
        ) from None
    if (rotation is None) != (translation is None):
        raise InputError(f"camera {name} of {path} has only half of a pose: write both rotation and translation")
    if rotation is not None and translation is not None and rotation.shape[:-1] != translation.shape[:-1]:
        raise InputError(
            f"camera {name} of {path} has different numbers of rotations and translations: write as many of both"
        )
    return from_matrices(
        name,
        matrix=matrix,
        distortion=distortion,
        size=size,
        rotation=rotation,
        translation=translation,
        source=str(path),
    )


def _is_true(value: Any) -> bool:
    """Return the value of a flag, which may be text, as in XML."""
    return str(value).strip().lower() not in ("none", "false", "0", "0.0", "")


def _size(table: Mapping[str, Any]) -> tuple[int, int] | None:
    if table.get("image_width") is not None and table.get("image_height") is not None:
        return int(float(table["image_width"])), int(float(table["image_height"]))
    size = _get(table, ("size", "image_size"))
    size = size.split() if isinstance(size, str) else size
    return None if size is None else (int(float(size[0])), int(float(size[1])))


def _rotation(turn: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*frames 4"]:
    """Return one or T Rodrigues vectors or matrices as quaternions, wxyz."""
    if turn.shape[-2:] == (3, 3):
        if not np.allclose(turn @ np.swapaxes(turn, -1, -2), np.eye(3), atol=1e-3) or (np.linalg.det(turn) < 0).any():
            raise ValueError("no rotation")
        quaternion = to_wxyz(Rotation.from_matrix(turn))
    else:
        quaternion = to_wxyz(Rotation.from_rotvec(_vectors(turn)))
    return make_continuous(quaternion) if quaternion.ndim > 1 else quaternion


def _vectors(values: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*frames 3"]:
    """Return (3,) from a row, a column or a flat list; (T, 3) from a list of vectors."""
    if values.size == 3:
        return values.reshape(3)
    if values.ndim == 2 and values.shape[1] == 3:
        return values
    raise ValueError("no vectors")
