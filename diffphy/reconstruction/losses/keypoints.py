"""Distance of the body's keypoints from where a camera saw them."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.physics.kinematics import Pose
from diffphy.reconstruction import camera
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Detections, Keyframes

OUTLIER = 0.3  # m: a keypoint that misses by more is more likely wrong than badly followed


def keypoints(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Mean over frames and keypoints, weighted by confidence, of the squared distance, m^2, at the body's depth.

    A pixel means more the farther the body is from the camera: the distance in the image is taken back to metres, at
    the depth where the joint was observed, so that the term weighs like that of the joints in space, whatever the
    camera. It is bounded by `OUTLIER` squared (Geman and McClure, Statistical methods for tomographic image
    reconstruction, 1987), for detectors that mistake one thing for another. 0 where no camera saw the body.
    """
    seen = observed.detections
    if seen is None:
        return jnp.zeros((), motion.pose.position.dtype)
    missed, weight = bounded_distances(motion.pose, seen, observed)
    total = jnp.sum(weight)
    return jnp.sum(weight * missed) / jnp.where(total > 0, total, 1.0)


def bounded_distances(
    pose: Pose, seen: Detections, observed: Keyframes
) -> tuple[Float[Array, "F K"], Float[Array, "F K"]]:
    """The bounded squared distance of every keypoint, m^2, and its weight: confidence, where the camera can see."""
    body = np.array(seen.body)
    offset = jnp.broadcast_to(jnp.asarray(seen.offset)[None], (*pose.position.shape[:1], *np.shape(seen.offset)))
    point = pose.position[:, body] + rotations.rotate(pose.rotation[:, body], offset)
    pixel = camera.project(seen.camera, point)
    there = camera.to_camera_axes(seen.camera, observed.joint_position[:, body])
    # By where the joint was observed, not where it is now: leaving the picture must not pay.
    shown = camera.visible(seen.camera, observed.joint_position[:, body])
    weight = jnp.asarray(seen.confidence) * observed.frame_weight[:, None] * shown
    # Guarded inside: a keypoint that was not found may have any pixel, and infinity times zero is no number.
    miss = jnp.where((weight > 0)[..., None], pixel - seen.pixel, 0.0)
    metres = miss * there[..., 2:] / jnp.asarray(seen.camera.focal)[None, None]
    squared = jnp.sum(metres**2, axis=-1)
    return squared / (1.0 + squared / OUTLIER**2), weight
