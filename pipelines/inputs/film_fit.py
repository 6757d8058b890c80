"""A person whom cameras saw, as points in a world that stands on the floor: `diffphy.film` with what is known here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, Held, upwards
from data.clip import MIN_FRAMES, InputError
from data.film.limb_prior import limb_prior
from data.film.vertical_edges import MeasuredVertical
from data.rotations import to_wxyz
from diffphy.body.foot import BALL
from diffphy.film.body_points import CROWN_FROM_EARS, POINTS, SOLE_HEIGHT
from diffphy.film.evidence import ADULTS, Known, Prior, Spread, View
from diffphy.film.fit import FittedFilm, fit_film
from diffphy.film.measured_bones import measure_bones
from diffphy.film.phases import Poses
from pipelines.inputs.seen_by_camera import SeenPerson, at_rate, build_view

LEVEL = np.radians([2.0, 8.0])  # sd of roll and pitch of a camera that somebody holds
CALIBRATED = np.radians(0.1)  # sd of the vertical of a camera whose pose is known
TOLD_ANGLE = np.radians(0.5)  # sd of an angle that the user gives
FLOOR, CAMERA_HEIGHT, MEASURED_STATURE, TOLD_STATURE = 0.005, 0.02, 0.09, 0.005  # m, sd
OWN_PROPORTIONS = 10.0  # times the spread of people's proportions, where what was seen tells them better
TRUE_SIZE = 0.01  # sd of the logarithm of the size of a motion in space that has the person's
_SIDES = ("left", "right")
_HINGES = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


@dataclass(frozen=True)
class FittedPerson:
    """A person in a Z-up world whose floor is at z = 0, at the control rate.

    Attributes:
        points: The points `diffphy.film.body_points.POINTS`, m.
        seen: What each camera saw, and the camera with its pose in this world.
        views: The same as the fit takes it.
        fit: The fit, in the axes of the camera or, where cameras have poses, of their world.
        height_m: Height of the person, m.
        height_is: Where it is from: the user, cameras whose place is known, or nowhere.
        placed: Whether the cameras' poses were given.
    """

    points: Float[np.ndarray, "S P 3"]
    seen: tuple[SeenPerson, ...]
    views: tuple[View, ...]
    fit: FittedFilm
    height_m: float
    height_is: Literal["given", "measured", "assumed"]
    placed: bool = False

    @property
    def name(self) -> str:
        """Name of the recording, or of the first of several."""
        first, others = self.seen[0].keypoints.name, len(self.seen) - 1
        return first if others == 0 else f"{first} and {others} more"

    def joints(self) -> tuple[dict[str, Float[np.ndarray, "S 3"]], Float[np.ndarray, "S 3"]]:
        """Return the positions of our joints by the keys of a joint map, and the nose."""
        at = {name: self.points[:, number] for number, name in enumerate(POINTS)}
        joints = {f"{side}_{joint}": at[f"{side}_{joint}"] for side in _SIDES for joint in _HINGES}
        joints |= {f"{side}_toe": (1 - BALL) * at[f"{side}_heel"] + BALL * at[f"{side}_big_toe"] for side in _SIDES}
        joints |= {f"{side}_toes_tip": at[f"{side}_big_toe"] for side in _SIDES}
        joints["pelvis"] = (at["left_hip"] + at["right_hip"]) / 2
        joints["neck"] = (at["left_shoulder"] + at["right_shoulder"]) / 2
        joints["head_tip"] = joints["neck"] + CROWN_FROM_EARS * (at["ears"] - joints["neck"])
        return joints, at["nose"]


def fit_person(seen: Sequence[SeenPerson], height_m: float | None, fps: float, floor_m: float | None) -> FittedPerson:
    """Return the most likely points of a person, all frames together.

    Args:
        seen: What each camera saw, in the same frames. Several cameras have poses in one world.
        height_m: Height of the person, m. None: that of adults.
        fps: The control rate, 1/s.
        floor_m: Height of the floor in the cameras' world, m. None: it is found.

    Raises:
        InputError: The person is seen too briefly, or a floor is given for a camera without a pose.
    """
    placed = all(each.camera.has_pose for each in seen)
    if floor_m is not None and not placed:
        raise InputError(
            "--floor (input.floor_m) is a height in the camera's world, but which way is up there is not known: give "
            "--camera-up too, or leave it out"
        )
    given_rate = seen[0].keypoints.fps
    resampled = [at_rate(each, fps) for each in seen]
    if resampled[0][0].keypoints.num_frames < MIN_FRAMES:
        raise InputError(
            f"{seen[0].keypoints.name} shows a person for less than two control frames: give a longer recording"
        )
    seen, views = tuple(each for each, _ in resampled), tuple(build_view(*each) for each in resampled)
    spread = Spread(keypoint=seen[0].pixel, seen=given_rate)
    fit = fit_film(views, _known(seen, height_m, floor_m), fps, _poses(), spread)
    # The fit's ground is `SOLE_HEIGHT` below the points of standing soles. The true one may be lower.
    fit = replace(fit, film=replace(fit.film, height=fit.film.height + _below_fitted_ground(seen)))
    measured = height_m is None and _tell_size(seen, floor_m)
    points, cameras = _to_world(fit, [each.camera for each in seen])
    seen = tuple(replace(each, camera=camera) for each, camera in zip(seen, cameras, strict=True))
    if measured:
        return FittedPerson(points, seen, views, fit, float(fit.film.height_of_bones()), "measured", placed=placed)
    height = float(ADULTS.mean) if height_m is None else height_m
    return FittedPerson(points, seen, views, fit, height, "assumed" if height_m is None else "given", placed=placed)


def _poses() -> tuple[Poses, ...]:
    """Return how people hold each limb: arms, then legs, left before right."""
    prior = limb_prior()
    arm, leg = (Poses(each.weights, each.means, each.precisions) for each in (prior.arm, prior.leg))
    return arm, arm, leg, leg


def _known(seen: Sequence[SeenPerson], height_m: float | None, floor_m: float | None) -> Known:
    """Return what is known before the fit."""
    camera = seen[0].camera
    # One camera does not tell how large a person is, unless the camera's height is known: the fit must not change it.
    measured = height_m is None and _tell_size(seen, floor_m)
    spread = MEASURED_STATURE if measured else TOLD_STATURE
    stature = Prior(np.array(ADULTS.mean if height_m is None else height_m, float), spread)
    if camera.has_pose:
        up = (Prior(np.array([0.0, 0.0, 1.0]), CALIBRATED),)
    else:
        up = (_vertical(seen[0].vertical, camera.held),)
    lower = _below_fitted_ground(seen)
    height = None if floor_m is None else Prior(np.array(-floor_m - lower), FLOOR)
    if not camera.has_pose and camera.held.height is not None:
        height = Prior(np.array(camera.held.height - lower), CAMERA_HEIGHT)
    zoom = np.array([each.camera.focal_sd for each in seen])
    # Several cameras, or a motion in space that has the person's size, tell the proportions better than the mean of
    # people.
    true_size = bool(np.isfinite(seen[0].aside))
    proportions = OWN_PROPORTIONS if len(seen) > 1 or true_size else 1.0
    size = Prior(np.zeros(len(seen)), TRUE_SIZE) if true_size else None
    bones = measure_bones(seen[0].names, seen[0].relative, float(stature.mean)) if true_size else 0.0
    # The lens turns the pitch that edges tell, but neither their roll nor a pitch that the user gives.
    seen_up = seen[0].vertical is not None and not camera.has_pose and camera.held.pitch is None
    return Known(up, height, stature, zoom, proportions, vanishing=float(seen_up), size=size, measured=bones)


def _below_fitted_ground(seen: Sequence[SeenPerson]) -> float:
    """Return how far the ground is below the one on which the fit has the person stand, m."""
    return seen[0].sole_height - SOLE_HEIGHT


def _vertical(measured: MeasuredVertical | None, held: Held) -> Prior:
    """Return where up is for a camera without a pose: as the user says, as edges say, or as in most films."""
    up, sd = (np.array([0.0, -1.0, 0.0]), LEVEL) if measured is None else (measured.up, np.full(2, measured.sd))
    pitch, roll = float(np.arcsin(up[2])), float(np.arctan2(up[0], -up[1]))
    sd = np.where([held.roll is None, held.pitch is None], sd, TOLD_ANGLE)
    pitch, roll = (pitch if held.pitch is None else held.pitch), (roll if held.roll is None else held.roll)
    return Prior(upwards(pitch, roll), sd)


def _to_world(
    fit: FittedFilm, cameras: Sequence[CalibratedCamera]
) -> tuple[Float[np.ndarray, "S P 3"], list[CalibratedCamera]]:
    """Return the points and the cameras in a world whose floor is at z = 0.

    Cameras with poses keep their world but for the height. Otherwise x is to the camera's right, y ahead, and the
    origin below the person.
    """
    height, zooms = float(fit.film.height), np.exp(np.asarray(fit.film.zoom, float))
    cameras = [replace(camera, focal=camera.focal * zoom) for camera, zoom in zip(cameras, zooms, strict=True)]
    if all(camera.has_pose for camera in cameras):
        return fit.points + np.array([0.0, 0.0, height]), [camera.shifted(height) for camera in cameras]
    (camera,) = cameras
    to_world = fit.to_world()
    points = fit.points @ to_world.T
    shift = np.array([*-points[:, [POINTS.index(f"{side}_hip") for side in _SIDES], :2].mean(axis=(0, 1)), height])
    rotation = to_wxyz(Rotation.from_matrix(to_world.T))
    return points + shift, [replace(camera, rotation=rotation, translation=-to_world.T @ shift, has_pose=True)]


def _tell_size(seen: Sequence[SeenPerson], floor_m: float | None) -> bool:
    """Return whether cameras tell how large a person is. One that stands still does if its height is known."""
    camera = seen[0].camera
    height_known = floor_m is not None if camera.has_pose else camera.held.height is not None
    return len(seen) > 1 or camera.moves or height_known
