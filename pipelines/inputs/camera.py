"""The camera of a run: its lens, and where it stands where that is known."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view, without_pose
from data.clip import InputError
from data.formats import cameras
from data.rotations import from_wxyz, make_continuous, to_wxyz
from pipelines.settings.recording import CameraSettings

FOV_DEG = 60.0  # of a phone's video along its longer side, where nobody says: our choice

# Axis of a world that points up -> the world's axes along x, y and z of one whose z does.
_UPRIGHT = {
    "z": np.eye(3),
    "-z": np.diag([1.0, -1.0, -1.0]),
    "y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "-y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "x": np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
    "-x": np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]),
}


def viewpoint(given: CameraSettings, size: tuple[int, int] | None, source: str) -> tuple[CalibratedCamera, str]:
    """The camera, with a pose in a Z-up world where it is known, and a note on where it is from.

    Args:
        given: what was said of it.
        size: width and height of the pictures, pixels, where they are known.
        source: what errors call the pictures.

    Raises:
        InputError: its file cannot be used, or it is the camera of other pictures.
    """
    if given.file is None:
        if size is None:
            raise InputError(f"{source} does not say how large the pictures are: give --image-size, --film or --camera")
        degrees = FOV_DEG if given.fov_deg is None else given.fov_deg
        said = "as given" if given.fov_deg is not None else "assumed; give --fov or --camera where it is known"
        return from_field_of_view(degrees, size), f"camera: field of view {degrees:g} degrees, {said}"
    camera = cameras.read(given.file, name=given.name, metres_per_unit=given.unit_m)
    if size is not None and camera.size not in (None, size):
        raise InputError(
            f"camera {camera.name} of {given.file} has pictures of {camera.size[0]} x {camera.size[1]} pixels, those "
            f"of {source} have {size[0]} x {size[1]}: give the camera that took them"
        )
    camera = replace(camera, size=camera.size or size)
    note = f"camera: {camera.name} of {given.file}"
    if given.up is None:
        if camera.has_pose and camera.moves:
            raise InputError(
                f"camera {camera.name} of {given.file} moves: say which axis of its world points up with --camera-up"
            )
        return without_pose(camera), note
    if not camera.has_pose:
        raise InputError(
            f"camera {camera.name} of {given.file} has no pose: leave --camera-up out, or write its rotation and "
            "translation"
        )
    upright = Rotation.from_matrix(_UPRIGHT[given.up])
    turned = to_wxyz(from_wxyz(camera.rotation) * upright.inv())
    rotation = make_continuous(turned) if camera.moves else turned
    return replace(camera, rotation=rotation), f"{note}, with its pose"
