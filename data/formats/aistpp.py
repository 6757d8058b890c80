"""AIST++'s annotations: keypoints in space and in nine cameras, and the cameras.

- `keypoints3d/<sequence>.pkl`: `keypoints3d_optim` and `keypoints3d` (T, 17, 3), COCO's order, cm, Y up, 60 Hz.
- `keypoints2d/<sequence>.pkl`: `keypoints2d` (9, T, 17, 3): column, row, confidence.
- `cameras/mapping.txt`, "sequence setting" a line, and `cameras/<setting>.json`, the nine cameras of a setting.
- `ignore_list.txt`: sequences with bad annotations.

motions/*.pkl are not read: they are parameters of SMPL, which needs a licence.

Source: Li et al., AI choreographer: music conditioned 3D dance generation with AIST++, 2021, and its API.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip, check_clip
from data.formats import cameras, safe_pickle
from data.keypoints.clip import KeypointClip
from data.keypoints.joints import joint_positions
from data.keypoints.sets import NAMES
from data.rigs.joint_orientations import clip_of_joints
from data.rotations import from_wxyz, to_wxyz

FPS = 60.0
CENTIMETRES = 100.0  # per metre
KEYPOINTS = NAMES["coco_17"]
_TO_Z_UP = Rotation.from_euler("x", 90, degrees=True)


def read_motion(root: str | Path, sequence: str) -> MotionClip:
    """Return the motion of a sequence's keypoints, Z up, m. Raises InputError where it cannot be read."""
    path = Path(root) / "keypoints3d" / f"{sequence}.pkl"
    content = _dictionary(path)
    positions = next((content[key] for key in ("keypoints3d_optim", "keypoints3d") if key in content), None)
    positions = _numbers(positions, (None, len(KEYPOINTS), 3), "keypoints3d", path) / CENTIMETRES
    found, nose = joint_positions(KEYPOINTS, _z_up(positions))
    return check_clip(clip_of_joints(sequence, FPS, found, ahead=nose), path)


def read_keypoints(root: str | Path, sequence: str, camera: str) -> KeypointClip:
    """Return what a camera, "c01" to "c09", saw of a sequence. Raises InputError where it cannot be read."""
    path = Path(root) / "keypoints2d" / f"{sequence}.pkl"
    content = _dictionary(path)
    views = _numbers(content.get("keypoints2d"), (None, None, len(KEYPOINTS), 3), "keypoints2d", path)
    number = int(camera.removeprefix("c")) - 1 if camera.removeprefix("c").isdecimal() else -1
    if not 0 <= number < len(views):
        raise InputError(f"{path} has no camera {camera}: use one of c01 to c{len(views):02}")
    pixel, confidence = views[number, ..., :2], np.clip(np.nan_to_num(views[number, ..., 2]), 0.0, 1.0)
    confidence = np.where(np.isfinite(pixel).all(axis=-1), confidence, 0.0)
    pixel = np.where(confidence[..., None] > 0, pixel, 0.0)
    return KeypointClip(f"{sequence} {camera}", FPS, KEYPOINTS, pixel, confidence)


def read_cameras(root: str | Path, sequence: str) -> dict[str, CalibratedCamera]:
    """Return the cameras of a sequence by name, in the Z-up world of `read_motion`.

    Raises:
        InputError: There are none.
    """
    mapping = Path(root) / "cameras" / "mapping.txt"
    lines = [line.split() for line in _text(mapping).splitlines() if line.strip()]
    settings = {line[0]: line[1] for line in lines if len(line) == 2}
    if sequence not in settings:
        raise InputError(f"{mapping} has no line for {sequence}: get the annotations that go with the sequence")
    found = cameras.read_all(mapping.parent / f"{settings[sequence]}.json", metres_per_unit=1 / CENTIMETRES)
    without = sorted(name for name, camera in found.items() if not camera.has_pose)
    if without:
        raise InputError(
            f"{mapping.parent} has cameras without a pose, {', '.join(without)}: get the annotations again"
        )
    return {
        name: replace(camera, rotation=to_wxyz(from_wxyz(camera.rotation) * _TO_Z_UP.inv()))
        for name, camera in found.items()
    }


def read_ignored(root: str | Path) -> frozenset[str]:
    """Return the sequences that must not be used. Raises InputError where the list is missing."""
    return frozenset(_text(Path(root) / "ignore_list.txt").split())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; get all of the annotations of AIST++") from None


def _dictionary(path: Path) -> dict:
    if not path.is_file():
        raise InputError(f"there is no file {path}: get the annotations of AIST++ and name their folder with --root")
    content = safe_pickle.load(path)
    if not isinstance(content, dict):
        raise InputError(f"{path} is not an annotation of AIST++: get it again")
    return content


def _numbers(values: object, shape: tuple[int | None, ...], name: str, path: Path) -> Float[np.ndarray, "*shape"]:
    """Return the array as float64. Raises InputError unless it has this shape, in which None means any number."""
    if (
        not isinstance(values, np.ndarray)
        or values.dtype.kind not in "fiu"
        or values.ndim != len(shape)
        or any(wanted not in (None, size) for size, wanted in zip(values.shape, shape, strict=True))
    ):
        found = values.shape if isinstance(values, np.ndarray) else "nothing"
        expected = ", ".join("any" if each is None else str(each) for each in shape)
        raise InputError(f"{path} has {found} for {name}, not an array of shape ({expected}): get it again")
    return values.astype(float)


def _z_up(positions: Float[np.ndarray, "T K 3"]) -> Float[np.ndarray, "T K 3"]:
    return _TO_Z_UP.apply(positions.reshape(-1, 3)).reshape(positions.shape)
