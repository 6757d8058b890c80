"""From the camera's axes to a Z-up world whose floor is at z = 0."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera
from data.clip import InputError
from data.keypoints import placement
from diffphy.body.foot import ANKLE_HEIGHT

_SIDES = ("left", "right")


@dataclass(frozen=True)
class GroundedPoints:
    """Points of a person and the camera, in a Z-up world whose floor is at z = 0.

    Attributes:
        points: The points in the world, m.
        camera: The camera with its pose in the same world.
        note: How the floor was found.
    """

    points: Float[np.ndarray, "T L 3"]
    camera: CalibratedCamera
    note: str


def ground_points(
    names: Sequence[str],
    points: Float[np.ndarray, "T L 3"],
    camera: CalibratedCamera,
    *,
    height: float,
    floor_m: float | None,
) -> GroundedPoints:
    """Move points from the camera's axes to a world that stands on the floor.

    Where the camera has a pose, its world gives the vertical; only the floor's height may be missing. Where it has
    none, the feet give the floor and the upright body the vertical.

    Args:
        names: Names of the L points. Hips, shoulders and ankles are among them.
        points: The points in the camera's axes, m.
        camera: The camera.
        height: Height of the person, m.
        floor_m: Height of the floor in the camera's world, m. None: the feet give it.

    Raises:
        InputError: A floor is given, but the camera has no pose.
    """
    if camera.has_pose:
        return _ground_in_camera_world(names, points, camera, height, floor_m)
    if floor_m is not None:
        raise InputError(
            "--floor (input.floor_m) is a height in the camera's world, but which way is up there is not known: give "
            "--camera-up too, or leave it out"
        )
    return _ground_on_feet(names, points, camera, height)


def _ground_in_camera_world(
    names: Sequence[str],
    points: Float[np.ndarray, "T L 3"],
    camera: CalibratedCamera,
    height: float,
    floor_m: float | None,
) -> GroundedPoints:
    world = _to_world(points, camera)
    if floor_m is None:
        soles, clearance = _soles(names, height)
        floor, how = placement.floor_height(world[:, soles]) - clearance, "found from the feet"
    else:
        floor, how = floor_m, "as given"
    note = f"floor: {floor:+.3f} m in the camera's world, {how}"
    return GroundedPoints(world - [0.0, 0.0, floor], camera.shifted(-floor), note)


def _ground_on_feet(
    names: Sequence[str], points: Float[np.ndarray, "T L 3"], camera: CalibratedCamera, height: float
) -> GroundedPoints:
    """Find the ground and the camera's pose above it. The world's origin is below the person."""
    middles = [points[:, _columns(names, part)].mean(axis=1) for part in ("ankle", "shoulder")]
    soles, clearance = _soles(names, height)
    plane = placement.find_ground(points[:, soles], np.stack(middles, axis=1))
    plane = replace(plane, offset=plane.offset - clearance)
    placed = placement.stand_camera_on(camera, plane, points[:, _columns(names, "hip")].mean(axis=(0, 1)))
    return GroundedPoints(_to_world(points, placed), placed, _describe_ground(placed))


def _soles(names: Sequence[str], height: float) -> tuple[list[int], float]:
    """Return the lowest points of the feet, and how high they are above the sole, m."""
    if "left_heel" in names:
        return _columns(names, "heel", "big_toe"), 0.0
    return _columns(names, "ankle"), ANKLE_HEIGHT * height


def _columns(names: Sequence[str], *parts: str) -> list[int]:
    return [names.index(f"{side}_{part}") for side in _SIDES for part in parts]


def _to_world(points: Float[np.ndarray, "T L 3"], camera: CalibratedCamera) -> Float[np.ndarray, "T L 3"]:
    """Move points from the camera's axes to its world, m."""
    to_world = Rotation.from_quat(camera.rotation, scalar_first=True).inv().as_matrix()
    return np.einsum("...ij,...kj->...ki", to_world, points - camera.translation.reshape(-1, 1, 3))


def _describe_ground(camera: CalibratedCamera) -> str:
    ahead = Rotation.from_quat(camera.rotation, scalar_first=True).inv().apply([0.0, 0.0, 1.0])
    up = float(np.degrees(np.arcsin(ahead[2])))
    looks = f"looks {'up' if up > 0 else 'down'} by {abs(up):.0f} degrees"
    return f"ground: found from the feet, {float(camera.center[2]):.2f} m below the camera, which {looks}"
