"""Distance of the body's keypoints from the detections in images."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.physics.kinematics import Pose
from diffphy.reconstruction import camera
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Detections, Keyframes

OUTLIER = 0.3  # m: a larger distance more likely means a wrong detection than a wrong motion


def keypoints(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, ""]:
    """Return the mean of the bounded squared distance, m^2, over frames, cameras and keypoints, by confidence.

    `d^2 / (1 + d^2 / OUTLIER^2)`, with d the distance of pixel and detection in metres. It never exceeds `OUTLIER^2`,
    because detectors mistake one thing for another (Geman and McClure, Statistical methods for tomographic image
    reconstruction, 1987). 0 without a camera.
    """
    if not observed.detections:
        return jnp.zeros((), motion.pose.position.dtype)
    squared, weight = bounded_distances(motion.pose, observed)
    total = jnp.sum(weight)
    return jnp.sum(weight * squared) / jnp.where(total > 0, total, 1.0)


def bounded_distances(pose: Pose, observed: Keyframes) -> tuple[Float[Array, "F K"], Float[Array, "F K"]]:
    """Return the bounded squared distance of each keypoint of all cameras, m^2, and its weight.

    Distances in pixels become metres at the depth of the recorded joint. So they weigh the same as distances of joints
    in space, for every camera. The weight is the confidence, or 0 where the camera cannot see the recorded joint.
    """
    of_cameras = [_distances_in_camera(pose, each, observed) for each in observed.detections]
    squared, weight = (jnp.concatenate(each, axis=1) for each in zip(*of_cameras, strict=True))
    return squared, weight


def _distances_in_camera(
    pose: Pose, detections: Detections, observed: Keyframes
) -> tuple[Float[Array, "F K"], Float[Array, "F K"]]:
    body = np.array(detections.body)
    offset = jnp.broadcast_to(
        jnp.asarray(detections.offset)[None], (*pose.position.shape[:1], *np.shape(detections.offset))
    )
    point = pose.position[:, body] + rotations.rotate(pose.rotation[:, body], offset)
    pixel = camera.project(detections.camera, point)
    there = camera.to_camera_axes(detections.camera, observed.joint_position[:, body])
    # Visibility of the recorded joint, not of the simulated one: moving out of the picture must not lower the loss.
    shown = camera.visible(detections.camera, observed.joint_position[:, body])
    weight = jnp.asarray(detections.confidence) * observed.frame_weight[:, None] * shown
    # Guarded inside: a keypoint that was not found can have any pixel, and infinity times zero is NaN.
    miss = jnp.where((weight > 0)[..., None], pixel - detections.pixel, 0.0)
    metres = miss * there[..., 2:] / jnp.asarray(detections.camera.focal)[None, None]
    squared = jnp.sum(metres**2, axis=-1)
    return squared / (1.0 + squared / OUTLIER**2), weight
