"""Whether the ground can carry a motion: the zero moment point and the area of support.

The ground can push but not pull. So the zero moment point, where its pressure has no tipping moment, lies inside the
convex hull of the contact points (Vukobratovic and Borovac, Zero-moment point, 2004). This hull is the area of support.
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

DIRECTIONS = 16  # in which the hull is measured: accurate to 2 % of the distance
_ROUNDING = 0.005  # m: the soft maximum over the contact points rounds the hull's corners by this much
_GAP_COST = 100.0  # 1/m: times the squared gap; a point 1 cm above the ground reaches 1 cm less far, at 3 cm 9 cm less
_LEAST_LOAD = 0.3  # of the weight: below it the zero moment point is not defined well


def imbalance(humanoid: Humanoid, scene: Scene, pose: Pose, rate: float | Float[Array, ""]) -> Float[Array, " S"]:
    """Return the squared distance of the zero moment point from the area of support, m^2.

    Each body counts as a point mass. All contact points are taken to be at the height of the floor, z = 0.

    Args:
        humanoid: The body.
        scene: What it can stand on.
        pose: Poses of F frames.
        rate: Frames a second.

    Returns:
        S = F - 2 values: the first and the last frame have no acceleration. 0 while the body is in the air; the value
        fades out as the load on the ground falls below the weight.
    """
    mass = jnp.asarray(humanoid.mass)[None, :, None]
    center = pose.position + rotations.rotate(pose.rotation, jnp.broadcast_to(humanoid.com, pose.position.shape))
    force = mass * (jnp.diff(center, n=2, axis=0) * rate**2 - jnp.asarray(GRAVITY, center.dtype)[None, None])  # N
    center = center[1:-1]
    weight = -jnp.sum(mass) * GRAVITY[2]
    load = jnp.sum(force[..., 2], axis=-1)
    moment = force[..., 2:] * center[..., :2] - center[..., 2:] * force[..., :2]
    point = jnp.sum(moment, axis=-2) / jnp.maximum(load, _LEAST_LOAD * weight)[:, None]
    middle = jax.tree.map(lambda each: each[1:-1], pose)
    outside = jax.vmap(_squared_distance_from_support, (None, None, 0, 0))(humanoid, scene, middle, point)
    loaded = jnp.clip(load / weight, 0.0, 1.0) ** 2
    return loaded * outside


def _squared_distance_from_support(
    humanoid: Humanoid, scene: Scene, pose: Pose, point: Float[Array, "2"]
) -> Float[Array, ""]:
    """Return the squared distance of a point on the floor from the convex hull of the contact points, m^2."""
    touching = kinematics.contact_points(humanoid, pose)
    gap = jax.nn.relu(scenes.nearest(scene, touching) - humanoid.contact_radius)
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    direction = jnp.asarray(np.stack([np.cos(angle), np.sin(angle)], axis=1), point.dtype)
    reach = touching[:, :2] @ direction.T - _GAP_COST * gap[:, None] ** 2  # (C, D)
    hull = _ROUNDING * jax.nn.logsumexp(reach / _ROUNDING, axis=0)
    # The distance from a convex area is the greatest of the distances along all directions.
    return jnp.max(jax.nn.relu(direction @ point - hull)) ** 2
