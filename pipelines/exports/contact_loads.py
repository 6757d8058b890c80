"""The forces of ground and objects on each foot, and on every other body that they touch, as one load a body."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

FEET = ("right_foot", "left_foot")
_FELT_N = 1.0  # A body that never feels more than this is not touched: contact begins 2 mm above the ground.
_UPRIGHT = 0.5  # share of a force that is vertical, from which on the centre of pressure is that of the vertical part


class Load(NamedTuple):
    """What acts on one body between the frames of a motion, in the world.

    Attributes:
        force: Mean force, N.
        point: Centre of pressure, m: the mean of the contact points, weighted with their forces. Where there is no
            force, the middle of the points that could touch.
        torque: Torque about that point, N m. On level ground next to nothing is left of it but the vertical part.
    """

    force: Float[np.ndarray, "N 3"]
    point: Float[np.ndarray, "N 3"]
    torque: Float[np.ndarray, "N 3"]


def contact_loads(motion: ReconstructedMotion) -> dict[str, Load]:
    """Return the loads on both feet, with their toes, and on each other body that is touched, by name.

    Load i is the mean from frame i to frame i + 1. Points are where the contact spheres are half-way.
    """
    owners = motion.body_names[motion.contact_bodies]
    force = motion.contact_force_world_N[1:].astype(float)
    at = motion.contact_position_world_m.astype(float)
    point = 0.5 * (at[:-1] + at[1:])
    loads = {body: _load(force[:, owners == body], point[:, owners == body]) for body in dict.fromkeys(owners.tolist())}
    touched = [body for body, load in loads.items() if np.linalg.norm(load.force, axis=-1).max() > _FELT_N]
    return {body: loads[body] for body in dict.fromkeys([*FEET, *touched])}


def _load(force: Float[np.ndarray, "N C 3"], point: Float[np.ndarray, "N C 3"]) -> Load:
    total = force.sum(axis=1)
    size = np.linalg.norm(force, axis=-1)
    upright = total[:, 2] > _UPRIGHT * np.linalg.norm(total, axis=-1)
    weight = np.where(upright[:, None], np.maximum(force[..., 2], 0.0), size)
    whole = weight.sum(axis=1, keepdims=True)
    share = np.where(whole > 0, weight / np.where(whole > 0, whole, 1.0), 1.0 / force.shape[1])
    center = np.sum(share[..., None] * point, axis=1)
    return Load(total, center, np.cross(point - center[:, None], force).sum(axis=1))
