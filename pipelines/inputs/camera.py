"""The cameras of a run: their lenses, and their poses in the world where they are known."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, Held, from_field_of_view, without_pose
from data.clip import InputError
from data.formats import cameras
from data.rotations import from_wxyz, make_continuous, to_wxyz
from pipelines.inputs.recordings import match_cameras
from pipelines.settings.recording import CameraSettings

FOV_DEG = 69.0  # along the longer side: the main lens of most phones, 26 mm on a film of 36 mm
GIVEN_LENS, ASSUMED_LENS = 0.02, 0.1  # sd of the logarithm of the focal length
APART = 0.01  # m: cameras that are nearer to each other have no poses, or the same one by mistake
CUT = 0.01  # share of a picture that a coder may have cut off

# Axis of a world that points up -> rotation from that world to one whose z axis points up.
_TO_Z_UP = {
    "z": np.eye(3),
    "-z": np.diag([1.0, -1.0, -1.0]),
    "y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "-y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "x": np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
    "-x": np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]),
}


def build_camera(settings: CameraSettings, size: tuple[int, int] | None, source: str) -> tuple[CalibratedCamera, str]:
    """Return the camera that took the pictures, and a note that says where its lens is from.

    The camera has a pose, in a Z-up world, only if its file has one and `settings.up` is given.

    Args:
        settings: What the user gave.
        size: Width and height of the pictures, pixels, where they are known.
        source: Name of the recording in messages.

    Raises:
        InputError: The camera's file cannot be used, it does not fit the pictures, or their size is missing.
    """
    camera, note = _read_camera(settings, size, source)
    pitch, roll = (
        None if each is None else float(np.radians(each)) for each in (settings.pitch_deg, settings.roll_deg)
    )
    return replace(camera, held=Held(pitch, roll, settings.height_m)), note


def _read_camera(settings: CameraSettings, size: tuple[int, int] | None, source: str) -> tuple[CalibratedCamera, str]:
    """Return the camera with its lens and, where it is known, its pose. The arguments are those of `build_camera`."""
    if settings.file is None:
        if size is None:
            raise InputError(f"{source} does not say how large the pictures are: give --image-size, --film or --camera")
        degrees = FOV_DEG if settings.fov_deg is None else settings.fov_deg
        how = "as given" if settings.fov_deg is not None else "assumed; give --fov or --camera where it is known"
        spread = ASSUMED_LENS if settings.fov_deg is None else GIVEN_LENS
        return from_field_of_view(degrees, size, spread), f"camera: field of view {degrees:g} degrees, {how}"
    camera = cameras.read(settings.file, name=settings.name, metres_per_unit=settings.unit_m)
    where = f"{camera.name} of {settings.file}"
    camera, cut = _with_size(camera, size, where, source)
    if settings.up is not None:
        return turn_upright(camera, settings.up, where), f"camera: {where}, with its pose{cut}"
    if camera.has_pose and camera.moves:
        raise InputError(f"camera {where} moves: say which axis of its world points up with --camera-up")
    return without_pose(camera), f"camera: {where}{cut}"


def build_cameras(
    settings: CameraSettings, recordings: Sequence[Path], sizes: Sequence[tuple[int, int] | None]
) -> tuple[list[CalibratedCamera], str]:
    """Return the cameras that made the recordings, and a note that says which.

    Several cameras have poses in the world of their file. A single one is that of `build_camera`.

    Args:
        settings: What the user gave.
        recordings: The recordings.
        sizes: Width and height of the pictures of each, pixels, where they are known.

    Raises:
        InputError: The cameras' file cannot be used, it does not fit the recordings, or a camera has no pose.
    """
    if len(recordings) == 1:
        camera, note = build_camera(settings, sizes[0], str(recordings[0]))
        return [camera], note
    if settings.file is None:
        raise InputError(
            f"{recordings[0].parent} holds recordings of {len(recordings)} cameras: give their calibration with "
            "--camera, or name one of the recordings"
        )
    if settings.name is not None:
        raise InputError(
            f"{recordings[0].parent} holds recordings of {len(recordings)} cameras: name one of "
            "the recordings, or give no --camera-name"
        )
    if (settings.pitch_deg, settings.roll_deg, settings.height_m) != (None, None, None):
        raise InputError(
            "--camera-pitch, --camera-roll and --camera-height are for one camera without a pose: give none of them"
        )
    every = cameras.read_all(settings.file, metres_per_unit=settings.unit_m)
    matched, note = match_cameras(recordings, every, settings.file)
    built = []
    for camera, recording, size in zip(matched, recordings, sizes, strict=True):
        where = f"{camera.name} of {settings.file}"
        if not camera.has_pose:
            raise InputError(f"camera {where} has no pose: calibrate all cameras in one world, or name one recording")
        sized, cut = _with_size(camera, size, where, str(recording))
        built.append(sized)
        note += cut and f"{cut} ({camera.name})"
    _require_two_places(built, settings.file)
    return built, note


def _require_two_places(cameras: Sequence[CalibratedCamera], file: Path) -> None:
    """Raise InputError for two cameras at one place. Pose2Sim writes so where only the lenses are calibrated."""
    for one, other in combinations(cameras, 2):
        if not (one.moves or other.moves) and np.linalg.norm(one.center - other.center) < APART:
            raise InputError(
                f"cameras {one.name} and {other.name} of {file} are at the same place, so that nothing tells depth: "
                "give a calibration with the poses of all cameras, or name one recording"
            )


def _with_size(
    camera: CalibratedCamera, size: tuple[int, int] | None, where: str, source: str
) -> tuple[CalibratedCamera, str]:
    """Return the camera with the size of its pictures, and a note if its file says another one.

    Films are cut to sizes that coders like, from the lower right: 1088 pixels become 1080.

    Raises:
        InputError: The sizes differ by more.
    """
    if size is None or camera.size is None or camera.size == size:
        return replace(camera, size=camera.size or size), ""
    calibrated, given = (f"{width} x {height}" for width, height in (camera.size, size))
    if not all(0 <= was - now <= CUT * was for was, now in zip(camera.size, size, strict=True)):
        raise InputError(
            f"camera {where} has pictures of {calibrated} pixels, those of {source} have {given}: give the camera "
            "that took them"
        )
    note = f"; its pictures are {given} pixels, not {calibrated}: taken as cut at the right and below"
    return replace(camera, size=size), note


def turn_upright(camera: CalibratedCamera, up: str, where: str) -> CalibratedCamera:
    """Return the camera in a world whose z axis points up.

    Raises:
        InputError: It has no pose.
    """
    if not camera.has_pose:
        raise InputError(
            f"camera {where} has no pose: leave --camera-up out, or write its rotation and translation into the file"
        )
    turned = to_wxyz(from_wxyz(camera.rotation) * Rotation.from_matrix(_TO_Z_UP[up]).inv())
    return replace(camera, rotation=make_continuous(turned) if camera.moves else turned)


def require_poses(camera: CalibratedCamera, frames: int) -> None:
    """Check that a moving camera has one pose for each frame.

    Raises:
        InputError: It has more or fewer.
    """
    if camera.moves and len(camera.rotation) != frames:
        raise InputError(
            f"camera {camera.name} has {len(camera.rotation)} poses for {frames} frames: give one for each frame"
        )


def take_poses(camera: CalibratedCamera, frames: slice) -> CalibratedCamera:
    """Return the camera in these frames."""
    if not camera.moves:
        return camera
    return replace(camera, rotation=camera.rotation[frames], translation=camera.translation[frames])
