"""From a clip's reference pose to our zero pose: the rotation of each body that brings it into the T-pose."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip

ANKLE_INVERSION = np.radians(10.0)  # feet stay flat on the ground below legs that are spread no farther than this
_AHEAD = np.array([1.0, 0.0, 0.0])
_DOWN = np.array([0.0, 0.0, -1.0])
_SIDEWAYS = {"left": np.array([0.0, 1.0, 0.0]), "right": np.array([0.0, -1.0, 0.0])}
_LIMBS = {  # body -> the joints at the ends of its bone
    "thigh": ("hip", "knee"),
    "shank": ("knee", "ankle"),
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
}


def alignments(clip: MotionClip, joint_map: dict[str, str]) -> tuple[Rotation, dict[str, Rotation]]:
    """Return the rotations that take directions of the clip's reference pose to directions of our zero pose.

    The first rotation turns the whole body to face +x. The dict has the rotation of each body that needs more, by name:
    - Upper arms, forearms, thighs and shanks turn by the smallest angle that lays their bone along +-y or -z.
    - A hand turns with its forearm.
    - Feet and toes turn until the toes point forward. They keep their pitch, and turn along with widely spread legs.

    Raises:
        InputError: The hips are above each other, or a bone has no length.
    """
    rest = {ours: clip.rest_positions[clip.joint(name)] for ours, name in joint_map.items()}
    facing = _about_vertical(rest["left_hip"] - rest["right_hip"], _SIDEWAYS["left"])
    if facing is None:
        raise InputError(
            f"{clip.name} has hips that do not lie side by side in the zero pose: give --up-axis, or name the hips "
            "with --joint-map"
        )
    turns: dict[str, Rotation] = {}
    for side, sideways in _SIDEWAYS.items():
        for body, (start, end) in _LIMBS.items():
            bone = facing.apply(rest[f"{side}_{end}"] - rest[f"{side}_{start}"])
            if not np.linalg.norm(bone) > 0:
                names = f"{joint_map[f'{side}_{start}']} and {joint_map[f'{side}_{end}']}"
                raise InputError(f"{clip.name} has {names} at one place: name others with --joint-map")
            turns[f"{side}_{body}"] = _smallest(bone, _DOWN if body in ("thigh", "shank") else sideways) * facing
        turns[f"{side}_hand"] = turns[f"{side}_forearm"]
        upright = _about_forward(facing.apply(rest[f"{side}_ankle"] - rest[f"{side}_knee"])) * facing
        toe = next((rest[key] for key in (f"{side}_toe", f"{side}_toes_tip") if key in rest), None)
        ahead = None if toe is None else _about_vertical(upright.apply(toe - rest[f"{side}_ankle"]), _AHEAD)
        turns[f"{side}_foot"] = turns[f"{side}_toes"] = upright if ahead is None else ahead * upright
    return facing, turns


def _about_forward(shank: Float[np.ndarray, "3"]) -> Rotation:
    """Return the rotation about x that brings a shank spread to the side upright, or none if the ankles can compensate.

    Where a skeleton is drawn with its legs farther apart, the feet are drawn along with the legs, not flat on the
    ground.
    """
    spread = np.arctan2(-shank[1], -shank[2])
    return Rotation.from_euler("x", spread if abs(spread) > ANKLE_INVERSION else 0.0)


def _about_vertical(source: Float[np.ndarray, "3"], target: Float[np.ndarray, "3"]) -> Rotation | None:
    """Return the rotation about z that takes the horizontal part of `source` to the horizontal part of `target`.

    None if the horizontal part of `source` is nearly zero.
    """
    if np.linalg.norm(source[:2]) <= 0.1 * np.linalg.norm(source) or not np.any(source):
        return None
    angle = np.arctan2(target[1], target[0]) - np.arctan2(source[1], source[0])
    return Rotation.from_euler("z", angle)


def _smallest(source: Float[np.ndarray, "3"], target: Float[np.ndarray, "3"]) -> Rotation:
    """Return the smallest rotation that takes the direction of `source` to the unit vector `target`."""
    source = source / np.linalg.norm(source)
    axis = np.cross(source, target)
    sine, cosine = np.linalg.norm(axis), float(source @ target)
    if sine < 1e-9:  # parallel: nothing to do. Opposite: any axis at right angles works; take the one nearest to x
        half_turn = _AHEAD - target[0] * target
        return (
            Rotation.identity() if cosine > 0 else Rotation.from_rotvec(np.pi * half_turn / np.linalg.norm(half_turn))
        )
    return Rotation.from_rotvec(np.arctan2(sine, cosine) * axis / sine)
