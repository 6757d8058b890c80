"""A person made of points who bends the knees and swings the arms in front of a camera. All is known of it."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.film.body_points import BONES, POINTS, SOLE_HEIGHT, index
from diffphy.film.evidence import Known, Prior, View

RATE = 15.0
STATURE = 1.75
CAMERA_HEIGHT = 1.3  # m
LEAN = 0.05  # rad, forward: the centre of mass is over the middle of the soles
_LENGTH = {name: bone.share * STATURE for name, bone in BONES.items()}


def points(frames: int = 33) -> Float[np.ndarray, "T P 3"]:
    """Return the points in a world with z up and the ground at 0, m. The person faces x and stands still."""
    time = np.arange(frames) / RATE
    bend = 0.35 * (1 - np.cos(1.5 * time))  # of the knees, rad
    swing = 0.5 * np.sin(2.5 * time)
    at = np.zeros((frames, len(POINTS), 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):

        def put(name: str, place: Float[np.ndarray, "T 3"], side: str = side) -> Float[np.ndarray, "T 3"]:
            at[:, index(f"{side}_{name}")] = place
            return place

        foot, heel, instep = _LENGTH["foot"], _LENGTH["heel"], _LENGTH["instep"]
        behind = (foot**2 + heel**2 - instep**2) / (2 * foot)
        up = np.sqrt(heel**2 - behind**2)
        ankle = put("ankle", _along(frames, 0.0, sign * 0.12, SOLE_HEIGHT + up))
        put("heel", ankle + np.array([-behind, 0.0, -up]))
        put("big_toe", ankle + np.array([foot - behind, 0.0, -up]))
        knee = put("knee", ankle + _LENGTH["shank"] * _tilted(0.8 * bend + LEAN))
        inwards = np.array([0.0, sign * (_LENGTH["hips"] / 2 - 0.12), 0.0])
        hip = put("hip", knee + _LENGTH["thigh"] * _tilted(LEAN - 0.9 * bend) + inwards)
        flank, aside = _LENGTH["flank"], (_LENGTH["shoulders"] - _LENGTH["hips"]) / 2
        trunk = np.sqrt(flank**2 - aside**2) * _tilted(0.2 * bend + LEAN)
        shoulder = put("shoulder", hip + trunk + np.array([0.0, sign * aside, 0.0]))
        elbow = put("elbow", shoulder - _LENGTH["upper_arm"] * _tilted(-sign * swing))
        put("wrist", elbow - _LENGTH["forearm"] * _tilted(-sign * swing - 0.5))
    middle = (at[:, index("left_shoulder")] + at[:, index("right_shoulder")]) / 2
    at[:, index("ears")] = middle + np.sqrt(_LENGTH["neck"] ** 2 - (_LENGTH["shoulders"] / 2) ** 2) * np.eye(3)[2]
    at[:, index("nose")] = at[:, index("ears")] + _LENGTH["face"] * np.eye(3)[0]
    return at


def _along(frames: int, x: float, y: float, z: float) -> Float[np.ndarray, "T 3"]:
    return np.tile([x, y, z], (frames, 1))


def _tilted(angle: Float[np.ndarray, "T"]) -> Float[np.ndarray, "T 3"]:
    """Return upward unit vectors that lean ahead by an angle, rad."""
    return np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1)


def see(
    world: Float[np.ndarray, "T P 3"],
    *,
    pitch: float = 0.1,
    roll: float = 0.03,
    turn: float = 0.6,
    noise: float = 0.0,
    placed: bool = False,
) -> View:
    """Return what a camera four metres away sees.

    Args:
        world: The points.
        pitch: By how much the camera looks down, rad.
        roll: By how much it is turned about its axis, rad.
        turn: Angle between the person's left and the camera's axis, about the vertical, rad.
        noise: Standard deviation of the keypoints, m at the depth of the body.
        placed: Whether the points of the fit are in the world, and the camera's pose is known.
    """
    rng = np.random.default_rng(0)
    level = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])  # right, down, ahead
    rotation = Rotation.from_euler("zx", [roll, pitch]) * level * Rotation.from_euler("z", turn)
    center = Rotation.from_euler("z", -turn).apply([0.0, -4.0, CAMERA_HEIGHT])
    seen = rotation.apply((world - center).reshape(-1, 3)).reshape(world.shape)
    hips = (seen[:, index("left_hip")] + seen[:, index("right_hip")]) / 2
    ray = seen[..., :2] / seen[..., 2:] + noise / 4.0 * rng.normal(size=(*seen.shape[:2], 2))
    frames, all_points = len(world), np.eye(len(POINTS))
    matrix, shift = (rotation.as_matrix(), -rotation.apply(center)) if placed else (np.eye(3), np.zeros(3))
    return View(
        ray=ray,
        confidence=np.ones(seen.shape[:2]),
        places=all_points,
        rotation=np.tile(matrix, (frames, 1, 1)),
        translation=np.tile(shift, (frames, 1)),
        lifted=0.93 * (seen - hips[:, None]),  # a detector's body is too small
        lifted_confidence=np.ones(seen.shape[:2]),
        lifted_places=all_points,
        root=np.zeros((frames, 3)),
    )


def true_up(pitch: float = 0.1, roll: float = 0.03) -> Float[np.ndarray, "3"]:
    """Return the direction against gravity in the axes of the camera of `see`."""
    return Rotation.from_euler("zx", [roll, pitch]).apply([0.0, -1.0, 0.0])


def known(zoom: float = 0.002, up_sd: float = 0.15) -> Known:
    """Return what is known where somebody holds a camera nearly level and the person's height is told."""
    return Known((Prior(np.array([0.0, -1.0, 0.0]), up_sd),), stature=Prior(np.array(STATURE), 0.005), zoom=zoom)


def without(view: View, *names: str) -> View:
    """Return the view without some points."""
    kept = [number for number, name in enumerate(POINTS) if name not in names]
    return replace(
        view,
        ray=view.ray[:, kept],
        confidence=view.confidence[:, kept],
        places=view.places[kept],
        lifted=view.lifted[:, kept],
        lifted_confidence=view.lifted_confidence[:, kept],
        lifted_places=view.lifted_places[kept],
    )
