"""The body and the scene of a finished run, from its motion alone."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from diffphy.body.humanoid import Geom, Humanoid
from diffphy.physics.scene import Scene, ground
from diffphy.rotations import rotate
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

BODY = (
    "body_com_body_frame_m",
    "body_inertia_body_frame_kgm2",
    "joint_stiffness_Nm_per_rad",
    "joint_damping_Nms_per_rad",
    "joint_torque_limit_Nm",
    "contact_offset_body_frame_m",
    "contact_radius_m",
    "friction",
    "step_s",
)
"""The fields that the first versions did not write. In their files they are NaN."""

_SIZE_LENGTH = {"capsule": 2, "sphere": 1, "box": 3}
"""Kind of a shape -> how many numbers its size has."""


def humanoid_of(motion: ReconstructedMotion) -> Humanoid:
    """Return the simulated body, float32. What an earlier version did not write is NaN."""
    return Humanoid(
        body_names=tuple(motion.body_names.tolist()),
        joint_names=tuple(motion.joint_names.tolist()),
        parents=tuple(motion.body_parents.tolist()),
        contact_body=tuple(motion.contact_body.tolist()),
        joint_offset=motion.joint_offset_parent_m,
        mass=motion.body_mass_kg,
        com=motion.body_com_body_frame_m,
        inertia=motion.body_inertia_body_frame_kgm2,
        kp=motion.joint_stiffness_Nm_per_rad,
        kd=motion.joint_damping_Nms_per_rad,
        torque_limit=motion.joint_torque_limit_Nm,
        contact_offset=motion.contact_offset_body_frame_m,
        contact_radius=motion.contact_radius_m,
        geoms=body_shapes(motion),
    )


def scene_of(motion: ReconstructedMotion) -> Scene:
    """Return the level ground and the boxes and spheres on it."""
    scene = ground(float(motion.friction))
    for geom in scenery_shapes(motion):
        size = np.asarray(geom.size)
        if geom.kind == "box":
            scene = scene.with_box(geom.position, size, geom.quat_wxyz)
        else:
            scene = scene.with_sphere(geom.position, size[0])
    return scene


def center_of_mass(motion: ReconstructedMotion) -> Float[np.ndarray, "F 3"]:
    """Return the centre of mass of the whole body in the world, m."""
    turned = rotate(jnp.asarray(motion.body_quat_world_wxyz), motion.body_com_body_frame_m[None])
    centers = motion.body_position_world_m + np.asarray(turned)
    return np.average(centers.astype(float), axis=1, weights=motion.body_mass_kg)


def body_shapes(motion: ReconstructedMotion) -> tuple[Geom, ...]:
    """Return the shapes of the body."""
    return _shapes(
        motion.shape_body,
        motion.shape_kind,
        motion.shape_size_m,
        motion.shape_position_body_frame_m,
        motion.shape_quat_body_frame_wxyz,
    )


def scenery_shapes(motion: ReconstructedMotion) -> tuple[Geom, ...]:
    """Return the shapes of the scene beside the floor. Their body is -1, the world."""
    return _shapes(
        np.full(len(motion.scenery_kind), -1),
        motion.scenery_kind,
        motion.scenery_size_m,
        motion.scenery_position_world_m,
        motion.scenery_quat_world_wxyz,
    )


def _shapes(
    body: np.ndarray, kind: np.ndarray, size: np.ndarray, position: np.ndarray, quat_wxyz: np.ndarray
) -> tuple[Geom, ...]:
    rows = zip(body, kind.tolist(), size, position, quat_wxyz, strict=True)
    return tuple(
        Geom(int(body), kind, size[: _SIZE_LENGTH[kind]], place, turn) for body, kind, size, place, turn in rows
    )
