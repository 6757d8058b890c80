"""Soles that lie on the floor where the feet of a recording stand flat.

A recording knows its soles to some 3 cm, and a foot that hovers where it should carry cannot be loaded.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from diffphy.body.body_shape import contact_spheres
from diffphy.body.humanoid import Geom, Humanoid
from diffphy.recorded_forces.recorded_body import PARTS, SIDES, RecordedBody

STILL_M_PER_S, LOW_M = 0.2, 0.06
"""A foot stands flat while its joints are not faster, and its lowest point is not higher. Our choice."""
LEAST_S = 0.1
"""A foot that stands flat for a shorter time tells nothing, s."""
FARTHEST_M = 0.045
"""A sole that is farther from the floor is not the cause: the foot stands on something, or the recording errs, m."""
HEEL_OFF_M = 0.025
"""A heel that is higher than the lowest end of its foot by more is lifted, as in a boxer's stance. Our choice, m."""


def settle_soles(humanoid: Humanoid, body: RecordedBody) -> tuple[Humanoid, dict[str, float]]:
    """Return the humanoid with soles that are on the floor where the recorded feet stand flat.

    Each box of a foot is moved and pitched, so that its back and its front end are on the floor at the median of these
    frames.

    Args:
        humanoid: The body.
        body: The body in the recorded poses, whose floor is at z = 0.

    Returns:
        The body, and by how much the middle of each sole was lowered, m, by side; 0 where it was not.
    """
    geoms = list(humanoid.geoms)
    lowered: dict[str, float] = dict.fromkeys(SIDES, 0.0)
    for side, name in enumerate(SIDES):
        flat = _flat(body, side)
        if flat.sum() < LEAST_S * body.rate:
            continue
        boxes = [_box(humanoid, f"{name}_{part}") for part in PARTS]
        heights = np.stack([_end_heights(humanoid, body, flat, geoms[box]) for box in boxes])
        if heights[0, 0] - heights.min() > HEEL_OFF_M:
            heights[:] = heights.min()  # the pitch is that of the foot, not of its sole
        if np.abs(heights).max() > FARTHEST_M:
            continue
        for box, (back, front) in zip(boxes, heights, strict=True):
            geoms[box] = _settle(geoms[box], back, front)
        lowered[name] = float(np.mean(heights[0]))
    bodies, offset, radius = contact_spheres(tuple(geoms))
    return (
        replace(humanoid, geoms=tuple(geoms), contact_body=bodies, contact_offset=offset, contact_radius=radius),
        lowered,
    )


def _flat(body: RecordedBody, side: int) -> Bool[np.ndarray, "T"]:
    """Return in which frames a foot stands flat."""
    joints = np.stack([body.ankle[:, side], body.ball[:, side]], axis=1)
    speed = np.linalg.norm(np.gradient(joints, 1 / body.rate, axis=0), axis=-1).max(axis=1)
    return (speed < STILL_M_PER_S) & (body.lowest[:, body.of_foot[side], 2].min(axis=1) < LOW_M)


def _box(humanoid: Humanoid, body: str) -> int:
    """Return the index of the only shape of a part of a foot."""
    (index,) = [number for number, geom in enumerate(humanoid.geoms) if geom.body == humanoid.body(body)]
    return index


def _end_heights(
    humanoid: Humanoid, body: RecordedBody, flat: Bool[np.ndarray, "T"], box: Geom
) -> Float[np.ndarray, "2"]:
    """Return how high the back and the front end of a box are above the floor while the foot stands flat, m."""
    spheres = np.flatnonzero(np.array(humanoid.contact_body) == box.body)
    ahead = np.asarray(humanoid.contact_offset)[spheres, 0]
    height = np.median(body.lowest[flat][:, spheres, 2], axis=0)
    return np.array([height[ahead < ahead.mean()].mean(), height[ahead > ahead.mean()].mean()])


def _settle(box: Geom, back: float, front: float) -> Geom:
    """Return a box of the foot whose back and front end are lower by these heights, m."""
    radius = float(box.size[2])
    pitch = np.arctan2(front - back, 2 * (float(box.size[0]) - radius))
    turn = Rotation.from_euler("y", pitch) * Rotation.from_quat(np.asarray(box.quat_wxyz), scalar_first=True)
    down = np.array([0.0, 0.0, (back + front) / 2])
    return replace(box, position=np.asarray(box.position) - down, quat_wxyz=turn.as_quat(scalar_first=True))
