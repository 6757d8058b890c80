"""A person whom cameras saw, as points in a world that stands on the floor: `diffphy.film` with what is known here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, Held
from data.clip import MIN_FRAMES, InputError
from data.film.limb_prior import limb_prior
from data.film.vertical_edges import MeasuredVertical
from data.keypoints.clip import KeypointClip
from data.keypoints.rays import rays_of_pixels
from data.resample import lerp, slerp
from data.rotations import from_wxyz, to_wxyz
from diffphy.body.foot import BALL
from diffphy.film.body_points import CROWN_FROM_EARS, POINTS, SeenPlace, places
from diffphy.film.evidence import ADULTS, Known, Prior, Spread, View
from diffphy.film.fit import FittedFilm, fit_film
from diffphy.film.phases import Poses
from pipelines.inputs.visible_frames import frames_with_person

LEVEL = np.radians([2.0, 8.0])  # sd of roll and pitch of a camera that somebody holds
CALIBRATED = np.radians(0.1)  # sd of the vertical of a camera whose pose is known
TOLD_ANGLE = np.radians(0.5)  # sd of an angle that the user gives
FLOOR, CAMERA_HEIGHT, MEASURED_STATURE, TOLD_STATURE = 0.005, 0.02, 0.09, 0.005  # m, sd
OWN_PROPORTIONS = 10.0  # times the spread of people's proportions, where what was seen tells them better
TRUE_SIZE = 0.01  # sd of the logarithm of the size of a motion in space that has the person's
_SIDES = ("left", "right")
_HINGES = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


@dataclass(frozen=True)
class SeenPerson:
    """A person in front of one camera: keypoints in the pictures, and a rough motion in space.

    Attributes:
        keypoints: The keypoints in the pictures.
        camera: The camera. If it moves, it has one pose for each frame. If its pose is not known, the fit finds it.
        names: Names of the L points in space.
        relative: The points about the root, along the camera's axes, m.
        along: Standard deviation of a point in space along the camera's axis, m.
        aside: Standard deviation of a point in space across the axis, m. Infinite: only its depth counts, and the body
            in space may have any size. Otherwise it has the person's size.
        pixel: Standard deviation of a keypoint, m, at the depth of the body.
        vertical: Where the scene's edges say that up is. None: they do not say it.
        root: Where the root of the points in space is, along the camera's axes, m. None: nobody knows.
        root_along: Standard deviation of the root along the camera's axis, m.
        root_aside: Standard deviation of the root across the axis, m.
    """

    keypoints: KeypointClip
    camera: CalibratedCamera
    names: tuple[str, ...]
    relative: Float[np.ndarray, "T L 3"]
    along: float = 0.35
    aside: float = np.inf
    pixel: float = 0.015
    vertical: MeasuredVertical | None = None
    root: Float[np.ndarray, "T 3"] | None = None
    root_along: float = np.inf
    root_aside: float = np.inf


@dataclass(frozen=True)
class FittedPerson:
    """A person in a Z-up world whose floor is at z = 0, at the control rate.

    Attributes:
        points: The points `diffphy.film.body_points.POINTS`, m.
        seen: What each camera saw, and the camera with its pose in this world.
        views: The same as the fit takes it.
        fit: The fit, in the axes of the camera or, where cameras have poses, of their world.
        notes: What was found and assumed.
    """

    points: Float[np.ndarray, "S P 3"]
    seen: tuple[SeenPerson, ...]
    views: tuple[View, ...]
    fit: FittedFilm
    notes: tuple[str, ...]

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
    at_rate = [_at_rate(each, fps) for each in seen]
    if at_rate[0][0].keypoints.num_frames < MIN_FRAMES:
        raise InputError(
            f"{seen[0].keypoints.name} shows a person for less than two control frames: give a longer recording"
        )
    seen, views = tuple(each for each, _ in at_rate), tuple(_view(*each) for each in at_rate)
    fit = fit_film(views, _known(seen, height_m, floor_m), fps, _poses(), Spread(keypoint=seen[0].pixel))
    points, cameras = _to_world(fit, [each.camera for each in seen])
    ground = _describe_floor(fit, floor_m) if placed else _describe_ground(seen[0], cameras[0])
    sized = placed or seen[0].camera.held.height is not None
    seen = tuple(replace(each, camera=camera) for each, camera in zip(seen, cameras, strict=True))
    notes = (*_describe_person(height_m, fit, sized), ground, *_describe_load(fit, fps))
    return FittedPerson(points, seen, views, fit, notes)


def _poses() -> tuple[Poses, ...]:
    """Return how people hold each limb: arms, then legs, left before right."""
    prior = limb_prior()
    arm, leg = (Poses(each.weights, each.means, each.precisions) for each in (prior.arm, prior.leg))
    return arm, arm, leg, leg


def _at_rate(seen: SeenPerson, fps: float) -> tuple[SeenPerson, Float[np.ndarray, " S"]]:
    """Return everything at another frame rate, and how much of each frame shows the person.

    A frame is the mean of those around it, so that a higher rate of the film means less noise.
    """
    clip, camera = seen.keypoints, seen.camera
    given = np.arange(clip.num_frames) / clip.fps
    wanted = np.minimum(np.arange(int(np.floor(given[-1] * fps + 1e-6)) + 1) / fps, given[-1])
    near = np.maximum(1.0 - np.abs(wanted[:, None] - given) * min(fps, clip.fps), 0.0)
    near /= near.sum(axis=1, keepdims=True)
    weight = near @ clip.confidence
    pixel = np.einsum("st,tk,tkc->skc", near, clip.confidence, clip.pixel) / np.maximum(weight, 1e-9)[..., None]
    keypoints = replace(clip, fps=fps, pixel=pixel, confidence=weight)
    found = frames_with_person(clip.confidence).astype(float)
    relative = np.einsum("st,tlc->slc", near, seen.relative)
    if camera.moves:
        rotation = slerp(given, camera.rotation[:, None], wanted)[:, 0]
        camera = replace(camera, rotation=rotation, translation=lerp(given, camera.translation, wanted))
    root = None if seen.root is None else near @ seen.root
    return replace(seen, keypoints=keypoints, camera=camera, relative=relative, root=root), near @ found


def _view(seen: SeenPerson, known: Float[np.ndarray, " S"]) -> View:
    """Return what the camera saw as the fit takes it. `known`: how much of each frame shows the person."""
    keypoints, camera = seen.keypoints, seen.camera
    in_picture, in_space = places(keypoints.names), places(seen.names)
    frames = keypoints.num_frames
    rotation = from_wxyz(np.broadcast_to(camera.rotation, (frames, 4))).as_matrix()
    rough = _mean(seen.relative, np.ones(seen.relative.shape[:2]), in_space)[0]
    hips = seen.relative[:, [seen.names.index(f"{side}_hip") for side in _SIDES]].mean(axis=1)
    ray, confidence = _mean(rays_of_pixels(camera, keypoints.pixel), keypoints.confidence, in_picture)
    return View(
        ray=ray,
        confidence=confidence,
        places=np.stack([place.weights for place in in_picture]),
        rotation=rotation,
        translation=np.broadcast_to(camera.translation, (frames, 3)),
        rough=rough - hips[:, None],
        rough_confidence=np.repeat(known[:, None], len(in_space), axis=1),
        rough_places=np.stack([place.weights for place in in_space]),
        root=hips + (0.0 if seen.root is None else seen.root),
        along=seen.along,
        aside=seen.aside,
        root_along=seen.root_along,
        root_aside=seen.root_aside,
    )


def _mean(
    values: Float[np.ndarray, "S K C"], confidence: Float[np.ndarray, "S K"], wanted: list[SeenPlace]
) -> tuple[Float[np.ndarray, "S N C"], Float[np.ndarray, "S N"]]:
    """Return the mean of the keypoints of each place, weighted by confidence, and its confidence."""
    means, certain = [], []
    for place in wanted:
        weight = confidence[:, place.columns]
        total = np.maximum(weight.sum(axis=1), 1e-9)
        means.append(np.einsum("sk,skc->sc", weight, values[:, place.columns]) / total[:, None])
        certain.append(weight.mean(axis=1))
    return np.stack(means, axis=1), np.stack(certain, axis=1)


def _known(seen: Sequence[SeenPerson], height_m: float | None, floor_m: float | None) -> Known:
    """Return what is known before the fit."""
    camera = seen[0].camera
    # How large a person is, one camera cannot tell, and the fit must not change it, unless its height is known.
    tells_size = camera.has_pose or camera.held.height is not None
    spread = MEASURED_STATURE if tells_size and height_m is None else TOLD_STATURE
    stature = Prior(np.array(ADULTS.mean if height_m is None else height_m, float), spread)
    if camera.has_pose:
        up = (Prior(np.array([0.0, 0.0, 1.0]), CALIBRATED),)
    else:
        up = (_vertical(seen[0].vertical, camera.held),)
    height = None if floor_m is None else Prior(np.array(-floor_m), FLOOR)
    if not camera.has_pose and camera.held.height is not None:
        height = Prior(np.array(camera.held.height), CAMERA_HEIGHT)
    zoom = np.array([each.camera.focal_sd for each in seen])
    # Several cameras, or a motion in space that has the person's size, tell the proportions better than the mean of
    # people.
    true_size = bool(np.isfinite(seen[0].aside))
    proportions = OWN_PROPORTIONS if len(seen) > 1 or true_size else 1.0
    size = Prior(np.zeros(len(seen)), TRUE_SIZE) if true_size else None
    seen_up = seen[0].vertical is not None and not camera.has_pose
    return Known(up, height, stature, zoom, proportions, vanishing=float(seen_up), size=size)


def _vertical(measured: MeasuredVertical | None, held: Held) -> Prior:
    """Return where up is for a camera without a pose: as the user says, as edges say, or as in most films."""
    up, sd = (np.array([0.0, -1.0, 0.0]), LEVEL) if measured is None else (measured.up, np.full(2, measured.sd))
    pitch, roll = float(np.arcsin(up[2])), float(np.arctan2(up[0], -up[1]))
    sd = np.where([held.roll is None, held.pitch is None], sd, TOLD_ANGLE)
    pitch, roll = (pitch if held.pitch is None else held.pitch), (roll if held.roll is None else held.roll)
    up = np.array([np.sin(roll) * np.cos(pitch), -np.cos(roll) * np.cos(pitch), np.sin(pitch)])
    return Prior(up, sd)


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


def _describe_person(height_m: float | None, fit: FittedFilm, sized: bool) -> tuple[str, ...]:
    """Say how the height of a person is known, if it was not given. `sized`: whether the cameras tell it."""
    if height_m is not None:
        return ()
    if sized:
        cameras = "cameras" if len(fit.film.zoom) > 1 else "camera, whose height is known"
        return (f"height: {float(fit.film.height_of_bones()):.2f} m, measured by the {cameras}",)
    return (
        f"height: {float(ADULTS.mean):g} m, assumed: that of adults; lengths and forces grow with it, give --height "
        "where it is known",
    )


def _describe_load(fit: FittedFilm, fps: float) -> tuple[str, ...]:
    """Say for how long both feet were taken to bear the same, if they were."""
    seconds = float(np.count_nonzero(fit.phase.even)) / fps
    if seconds == 0.0:
        return ()
    return (f"load of the feet: assumed to be even for {seconds:.1f} s, in which both stand: keypoints do not show it",)


def _describe_floor(fit: FittedFilm, floor_m: float | None) -> str:
    """Say where the floor is in the world of a camera with a pose."""
    if floor_m is not None:
        return f"floor: {floor_m:+.3f} m in the camera's world, as given"
    return f"floor: {-float(fit.film.height):+.3f} m in the camera's world, found from the feet"


def _describe_ground(seen: SeenPerson, placed: CalibratedCamera) -> str:
    """Say where the ground is below a camera whose pose was found."""
    ahead = from_wxyz(placed.rotation).inv().apply([0.0, 0.0, 1.0])
    pitch = float(np.degrees(np.arcsin(ahead[2])))
    told = [name for name in ("pitch", "roll", "height") if getattr(seen.camera.held, name) is not None]
    sources = [f"the given {' and '.join(told)}"] if told else []
    sources += ["upright edges"] if seen.vertical is not None else []
    source = ", ".join([*sources, "the person's balance"])
    return (
        f"ground: {float(placed.center[2]):.2f} m below the camera, which looks {'up' if pitch > 0 else 'down'} by "
        f"{abs(pitch):.0f} degrees; found from {source}"
    )
