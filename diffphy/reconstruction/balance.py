"""Whether a motion can be carried by the ground: the zero moment point and the area on which the body stands.

Ground under a body can push, not pull: the point at which its pressure adds up to no tipping moment lies inside the
convex hull of what touches (Vukobratovic and Borovac, Zero-moment point, 2004).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.dynamics import GRAVITY
from diffphy.physics.kinematics import Pose
from diffphy.physics.scene import Scene

DIRECTIONS = 16  # in which the hull is measured: within 2 % of the distance
_ROUND = 0.005  # m: by which the soft maximum over the points that touch rounds the hull's corners
_GAP = 100.0  # 1/m: a point a centimetre above what it could touch reaches a centimetre less far, one at 3 cm 9
_LIGHT = 0.3  # of the weight: with less on the ground there is no point to speak of


def imbalance(humanoid: Humanoid, scene: Scene, pose: Pose, rate: float | Float[Array, ""]) -> Float[Array, " S"]:
    """Squared distance of the zero moment point from the area on which the body stands, m^2, S = F - 2 frames.

    Bodies are taken as point masses. What touches is at the height of the floor, z = 0; while the body is in the air,
    or nearly so, it is 0.

    Args:
        humanoid: the body.
        scene: what it can stand on.
        pose: of F frames; the first and the last have no acceleration.
        rate: frames a second.
    """
    mass = jnp.asarray(humanoid.mass)[None, :, None]
    center = pose.position + rotations.rotate(pose.rotation, jnp.broadcast_to(humanoid.com, pose.position.shape))
    force = mass * (jnp.diff(center, n=2, axis=0) * rate**2 - jnp.asarray(GRAVITY, center.dtype)[None, None])  # N
    center = center[1:-1]
    weight = -jnp.sum(mass) * GRAVITY[2]
    load = jnp.sum(force[..., 2], axis=-1)
    moment = force[..., 2:] * center[..., :2] - center[..., 2:] * force[..., :2]
    point = jnp.sum(moment, axis=-2) / jnp.maximum(load, _LIGHT * weight)[:, None]
    middle = jax.tree.map(lambda each: each[1:-1], pose)
    beyond = jax.vmap(_beyond, (None, None, 0, 0))(humanoid, scene, middle, point)
    loaded = jnp.clip(load / weight, 0.0, 1.0) ** 2
    return loaded * beyond


def _beyond(humanoid: Humanoid, scene: Scene, pose: Pose, point: Float[Array, "2"]) -> Float[Array, ""]:
    """Squared distance of a point on the floor from the hull of what touches, m^2."""
    touching = kinematics.contact_points(humanoid, pose)
    gap = jax.nn.relu(scenes.nearest(scene, touching) - humanoid.contact_radius)
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    direction = jnp.asarray(np.stack([np.cos(angle), np.sin(angle)], axis=1), point.dtype)
    reach = touching[:, :2] @ direction.T - _GAP * gap[:, None] ** 2  # (C, D)
    hull = _ROUND * jax.nn.logsumexp(reach / _ROUND, axis=0)
    # The distance from a convex area is the greatest of those along all directions.
    return jnp.max(jax.nn.relu(direction @ point - hull)) ** 2
