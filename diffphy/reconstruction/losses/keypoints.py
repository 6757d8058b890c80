"""Distance of the body's keypoints from the detections in images."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.physics.kinematics import Pose
from diffphy.reconstruction import camera
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Detections, Keyframes

OUTLIER = 0.3  # m: a larger distance more likely means a wrong detection than a wrong motion


def keypoints(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "_ K 2"]:
    """Return the residuals of the mean bounded squared distance, m^2, over frames, cameras and keypoints.

    The square is `d^2 / (1 + d^2 / OUTLIER^2)`, with d the distance of pixel and detection in metres. It never exceeds
    `OUTLIER^2`, because detectors mistake one thing for another (Geman and McClure, Statistical methods for tomographic
    image reconstruction, 1987). Confidence weighs the mean. Empty without a camera.
    """
    if not observed.detections:
        return jnp.zeros((0, 0, 2), motion.pose.position.dtype)
    of_cameras = [_misses_in_camera(motion.pose, each, observed) for each in observed.detections]
    miss, weight = (jnp.concatenate(each, axis=1) for each in zip(*of_cameras, strict=True))
    bounded = miss / jnp.sqrt(1.0 + jnp.sum(miss**2, axis=-1, keepdims=True) / OUTLIER**2)
    total = jnp.sum(weight)
    return mean_residual(bounded, weight, jnp.where(total > 0, total, 1.0))


def _misses_in_camera(
    pose: Pose, detections: Detections, observed: Keyframes
) -> tuple[Float[Array, "F K 2"], Float[Array, "F K"]]:
    """Return how far each keypoint is from its detection, m, and its weight.

    Distances in pixels become metres at the depth of the recorded joint. So they weigh the same as distances of joints
    in space, for every camera. The weight is the confidence, or 0 where the camera cannot see the recorded joint.
    """
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
    return miss * there[..., 2:] / jnp.asarray(detections.camera.focal)[None, None], weight
