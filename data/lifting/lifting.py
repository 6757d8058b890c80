"""From one person's keypoints in pictures to a first motion in space, by poses of people that are known.

A picture does not show how a limb leans towards the camera or away from it. The way in which people hold themselves
tells it. Every frame is therefore matched with the poses of the built-in motions, seen from all around. The choice is
made for all frames together, so that a body turns and moves steadily. Legs and trunk, and each arm, are matched
separately: so the library needs far fewer poses than people can take. The result is rough; it is a first guess.

Source for single frames: Chen and Ramanan, 3D human pose estimation = 2D pose estimation + matching, 2017.
"""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d, percentile_filter
from scipy.spatial.transform import Rotation

from data.clip import InputError
from data.keypoints.clip import KeypointClip
from data.keypoints.rays import towards
from data.lifting.pose_library import BONES_OF_LEG, LEGS_OF_STATURE, LIFTED, MATCHED, SIDES, library, other_side
from data.lifting.pose_matching import ByJoint, match_poses
from data.resample import lerp

SEARCH_FPS = 15.0  # rate of the frames that are matched; poses are interpolated between them
TILTS = tuple(np.radians([-5.0, 10.0, 25.0]))  # angles by which a camera may look down, tried where nobody knows it
STEADY_S = 0.3  # the way of a body is smoothed over this time
SMOOTH_S = 0.08  # joints that come from different poses are smoothed over this time
CLEAR = 0.7  # share of its length that a bone must appear long, to tell its length
PROPORTIONS = (0.8, 1.25)  # limits of the length of a person's bone over the library's
WEIGHT_OF_GAPS = 0.1  # weight of a keypoint that was filled in between frames that have it

_PARENT = {
    "spine": "pelvis",
    "neck": "spine",
    "head": "neck",
    **{
        f"{side}_{joint}": parent.format(side)
        for side in SIDES
        for joint, parent in (
            ("hip", "pelvis"),
            ("knee", "{}_hip"),
            ("ankle", "{}_knee"),
            ("shoulder", "spine"),
            ("elbow", "{}_shoulder"),
            ("wrist", "{}_elbow"),
        )
    },
}


def lift(
    seen: KeypointClip,
    ray: Float[np.ndarray, "T K 2"],
    height: float,
    up: Float[np.ndarray, "T 3"] | None = None,
) -> Float[np.ndarray, "T 16 3"]:
    """Return the joints `LIFTED` about the pelvis, m, along the camera's axes.

    Args:
        seen: The keypoints of two frames or more.
        ray: The keypoints in the plane at depth 1, as `rays.rays_of_pixels` returns them.
        height: Height of the person, m.
        up: The vertical in the camera's axes in every frame. If None, several tilts of the camera are tried.

    Raises:
        InputError: A hip or a shoulder is never seen, or all keypoints are at one place.
    """
    steps = max(1, round((seen.num_frames - 1) / max(1, round(seen.fps / SEARCH_FPS))))
    frames = np.round(np.linspace(0, seen.num_frames - 1, steps + 1)).astype(int)
    rate = seen.fps * steps / (seen.num_frames - 1)
    ray, weight = _interpolate_unseen(seen, ray)
    middle = np.sum(ray * weight[..., None], axis=1) / np.sum(weight, axis=1, keepdims=True)
    level = towards(middle)
    if up is None:
        elevation = np.arctan(middle[frames, 1])
        tilts = [tilt + elevation for tilt in TILTS]
    else:
        there = level.inv().apply(up)
        level = level * Rotation.from_euler("z", np.arctan2(there[:, 0], -there[:, 1])[:, None])
        tilts = [np.arctan2(-there[:, 2], np.hypot(there[:, 0], there[:, 1]))[frames]]
    at = dict(zip(MATCHED, _turn_camera(level, ray)[frames].transpose(1, 0, 2), strict=True))
    at["pelvis"] = (at["left_hip"] + at["right_hip"]) / 2
    weights = dict(zip(MATCHED, weight[frames].T, strict=True))
    scale = _estimate_scale(at, weights, height, rate)
    if not scale.min() > 0:
        raise InputError(f"{seen.name} has all keypoints at one place: give keypoints of a person")
    flat = {name: (position - at["pelvis"]) / scale[:, None] for name, position in at.items()}
    going = _ground_velocity(middle[frames, 0] / scale, 1.0 / scale, rate)
    poses = height * library().positions
    _, positions = min(
        (match_poses(poses, flat, weights, going, tilt, rate) for tilt in tilts), key=lambda each: each[0]
    )
    positions = set_bone_lengths(positions, _proportions(positions, flat, weights), height)
    whole = lerp(frames.astype(float), positions, np.arange(seen.num_frames, dtype=float))
    smooth = gaussian_filter1d(whole, SMOOTH_S * seen.fps, axis=0, mode="nearest")
    return np.einsum("tij,tkj->tki", level.as_matrix(), smooth)


def _turn_camera(level: Rotation, ray: Float[np.ndarray, "T K 2"]) -> Float[np.ndarray, "T K 2"]:
    """Return the rays in the axes of a camera that is turned by `level`."""
    whole = np.concatenate([ray, np.ones((*ray.shape[:2], 1))], axis=-1)
    there = np.einsum("tji,tkj->tki", level.as_matrix(), whole)
    return there[..., :2] / there[..., 2:]


def _interpolate_unseen(
    seen: KeypointClip, ray: Float[np.ndarray, "T K 2"]
) -> tuple[Float[np.ndarray, "T 12 2"], Float[np.ndarray, "T 12"]]:
    """Return the rays of `MATCHED`, interpolated in time where they are missing, and the weight of each."""
    frames = np.arange(seen.num_frames, dtype=float)
    rays, weight = np.zeros((len(frames), len(MATCHED), 2)), np.zeros((len(frames), len(MATCHED)))
    for index, name in enumerate(MATCHED):
        confidence = seen.confidence[:, seen.names.index(name)] if name in seen.names else np.zeros(len(frames))
        known = np.flatnonzero(confidence > 0)
        if len(known) < 2:
            if name.endswith(("hip", "shoulder")):
                joint = name.replace("_", " ")
                raise InputError(f"{seen.name} does not show the {joint}: give keypoints with hips and shoulders")
            continue
        found = ray[known, seen.names.index(name)]
        rays[:, index] = lerp(known.astype(float), found, np.clip(frames, known[0], known[-1]))
        weight[:, index] = np.maximum(WEIGHT_OF_GAPS, confidence)
    return rays, weight


def _estimate_scale(at: ByJoint, weights: ByJoint, height: float, rate: float) -> Float[np.ndarray, " S"]:
    """Return the length that one metre appears to have, in each frame, in the plane at depth 1.

    Two facts fix it. A bone never appears longer than it is. Of the bones of legs and trunk, at least one hardly ever
    appears much shorter than it is for a whole second. Bones that are never seen do not count.
    """
    poses = library()
    bones = [(f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in (("hip", "knee"), ("knee", "ankle"))]
    bones += [(f"{side}_hip", f"{side}_shoulder") for side in SIDES]
    bones = [bone for bone in bones if all(weights[end].any() for end in bone)]
    lengths = [height * np.median(np.linalg.norm(poses.of(a) - poses.of(b), axis=1)) for a, b in bones]
    ratio = np.stack(
        [np.linalg.norm(at[a] - at[b], axis=1) / length for (a, b), length in zip(bones, lengths, strict=True)]
    )
    largest = np.sort(ratio, axis=0)[-2]  # both sides of the trunk are always among the bones
    window = max(1, round(rate))
    return gaussian_filter1d(percentile_filter(largest, 80, window, mode="nearest"), rate / 2, mode="nearest")


def _ground_velocity(
    right: Float[np.ndarray, " S"], ahead: Float[np.ndarray, " S"], rate: float
) -> Float[np.ndarray, "S 2"]:
    """Return the velocity over the ground, m/s, to the camera's right and away from it."""
    position = gaussian_filter1d(np.stack([right, ahead], axis=1), rate * STEADY_S, axis=0, mode="nearest")
    return np.gradient(position, axis=0) * rate


def _proportions(positions: Float[np.ndarray, "S 16 3"], flat: ByJoint, weights: ByJoint) -> dict[str, float]:
    """Return how much longer each bone appears over the whole clip than in these poses, by the joint at its end."""
    factor = dict.fromkeys(_PARENT, 1.0)
    for joint, parent in _PARENT.items():
        if joint not in flat or parent not in flat:
            continue
        bone = positions[:, LIFTED.index(joint)] - positions[:, LIFTED.index(parent)]
        across = np.linalg.norm(bone[:, :2], axis=1)
        certain = np.minimum(*(weights.get(each, np.ones(len(bone))) for each in (joint, parent))) > WEIGHT_OF_GAPS
        clear = certain & (across > CLEAR * np.linalg.norm(bone, axis=1))
        if clear.sum() >= 5:
            seen = np.linalg.norm(flat[joint] - flat[parent], axis=1)
            factor[joint] = float(np.clip(np.median(seen[clear] / across[clear]), *PROPORTIONS))
    return {joint: (factor[joint] + factor[other_side(joint)]) / 2 for joint in factor}


def set_bone_lengths(
    positions: Float[np.ndarray, "S 16 3"], factor: dict[str, float], height: float
) -> Float[np.ndarray, "S 16 3"]:
    """Return poses with the same directions, bones longer by `factor`, and legs as long as the height demands."""
    result = np.zeros_like(positions)
    for joint, parent in _PARENT.items():
        bone = positions[:, LIFTED.index(joint)] - positions[:, LIFTED.index(parent)]
        result[:, LIFTED.index(joint)] = result[:, LIFTED.index(parent)] + factor[joint] * bone
    legs = sum(
        np.median(np.linalg.norm(result[:, LIFTED.index(a)] - result[:, LIFTED.index(b)], axis=1))
        for a, b in BONES_OF_LEG
    )
    return result * (LEGS_OF_STATURE * height / legs)
