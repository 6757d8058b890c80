"""motion.npz: build the result of a reconstruction, write it, and read it again."""

import zipfile
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from data.clip import InputError
from diffphy.body.humanoid import Humanoid
from diffphy.physics.kinematics import Pose, contact_points, forward_kinematics
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Trajectory
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import MOTION, RunFolder
from viz.scenery import scene_shapes


def build_motion(subject: Subject, trajectory: Trajectory, scene: Scene, substeps: int) -> ReconstructedMotion:
    """Return the result of a reconstruction.

    Args:
        subject: The person and the motion to follow.
        trajectory: The simulated motion.
        scene: What the person could touch.
        substeps: Steps of the simulation in a control frame.
    """
    humanoid = subject.humanoid
    state, effort = trajectory.state, trajectory.effort
    pose = poses(humanoid, state.position, state.rotation)
    reference = subject.retargeted
    reference_pose = poses(humanoid, reference.position, reference.rotation)
    tracked = subject.tracked
    frames = len(state.position)
    arrays: dict[str, Any] = {
        "fps_hz": subject.clip.fps,
        "time_s": np.arange(frames) / subject.clip.fps,
        "body_names": humanoid.body_names,
        "joint_names": humanoid.joint_names,
        "body_parents": humanoid.parents,
        "root_position_world_m": state.position,
        "root_quat_world_wxyz": state.rotation[:, 0],
        "joint_quat_parent_wxyz": state.rotation[:, 1:],
        "root_velocity_world_m_per_s": state.velocity,
        "root_angular_velocity_root_frame_rad_per_s": state.angular_velocity[:, 0],
        "joint_angular_velocity_child_frame_rad_per_s": state.angular_velocity[:, 1:],
        "control_quat_parent_wxyz": trajectory.control,
        "torque_child_frame_Nm": effort.torque,
        "contact_force_world_N": effort.contact_force,
        "residual_force_N": effort.residual_force,
        "contact_position_world_m": _lowest_points(humanoid, pose),
        "contact_body": humanoid.contact_body,
        "body_position_world_m": pose.position,
        "body_quat_world_wxyz": pose.rotation,
        "reference_root_position_world_m": reference.position,
        "reference_root_quat_world_wxyz": reference.rotation[:, 0],
        "reference_joint_quat_parent_wxyz": reference.rotation[:, 1:],
        "reference_body_position_world_m": reference_pose.position,
        "reference_body_quat_world_wxyz": reference_pose.rotation,
        "reference_contact_position_world_m": _lowest_points(humanoid, reference_pose),
        "input_joint_names": subject.clip.joint_names,
        "input_joint_position_world_m": (subject.truth or subject.clip).positions,
        "tracked_body": list(tracked),
        "tracked_input_joint": list(tracked.values()),
        "body_mass_kg": humanoid.mass,
        "joint_offset_parent_m": humanoid.joint_offset,
        "body_com_body_frame_m": humanoid.com,
        "body_inertia_body_frame_kgm2": humanoid.inertia,
        "joint_stiffness_Nm_per_rad": humanoid.kp,
        "joint_damping_Nms_per_rad": humanoid.kd,
        "joint_torque_limit_Nm": humanoid.torque_limit,
        "contact_offset_body_frame_m": humanoid.contact_offset,
        "contact_radius_m": humanoid.contact_radius,
        "friction": scene.friction,
        "step_s": 1.0 / (subject.clip.fps * substeps),
        **_shape_arrays(humanoid),
        **scenery_arrays(scene),
    }
    return ReconstructedMotion(**{key: _compact(value) for key, value in arrays.items()})


def to_arrays(motion: ReconstructedMotion) -> dict[str, np.ndarray]:
    """Return the arrays of a motion, by their keys in the file: the names of the fields."""
    return {field.name: getattr(motion, field.name) for field in fields(motion)}


def save(folder: RunFolder, motion: ReconstructedMotion) -> None:
    """Write motion.npz.

    Raises:
        InputError: The file cannot be written.
    """
    with folder.writing(MOTION) as path:
        np.savez_compressed(path, **to_arrays(motion))  # pyright: ignore[reportArgumentType]


def load(folder: RunFolder) -> ReconstructedMotion:
    """Read motion.npz.

    Raises:
        InputError: There is no such file, it is broken, or another version wrote it.
    """
    path = folder / MOTION
    names = {field.name for field in fields(ReconstructedMotion)}
    try:
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files if key in names}
        return ReconstructedMotion(**{**_missing_in_old_files(arrays), **arrays})
    except FileNotFoundError:
        raise InputError(f"{folder.path} holds no finished run: there is no {MOTION} in it") from None
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read, or another version wrote it: make the run again") from error


def _missing_in_old_files(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return values for the arrays that the first versions did not write."""
    no_scenery = {
        "scenery_kind": np.zeros(0, "U7"),
        "scenery_size_m": np.zeros((0, 3), np.float32),
        "scenery_position_world_m": np.zeros((0, 3), np.float32),
        "scenery_quat_world_wxyz": np.zeros((0, 4), np.float32),
    }
    frames, bodies, points = (len(arrays[key]) for key in ("time_s", "body_mass_kg", "contact_body"))
    shapes = {
        "residual_force_N": (frames,),
        "body_com_body_frame_m": (bodies, 3),
        "body_inertia_body_frame_kgm2": (bodies, 3, 3),
        "joint_stiffness_Nm_per_rad": (bodies - 1,),
        "joint_damping_Nms_per_rad": (bodies - 1,),
        "joint_torque_limit_Nm": (bodies - 1,),
        "contact_offset_body_frame_m": (points, 3),
        "contact_radius_m": (points,),
        "friction": (),
        "step_s": (),
    }
    return {key: np.full(shape, np.nan, np.float32) for key, shape in shapes.items()} | no_scenery


_poses = jax.jit(jax.vmap(forward_kinematics, in_axes=(None, 0, 0)))
_contact_points = jax.jit(jax.vmap(contact_points, in_axes=(None, 0)))


def poses(humanoid: Humanoid, position: Any, rotation: Any) -> Pose:
    """Return the world poses of the bodies.

    Args:
        humanoid: The body.
        position: Position of the root in the world, m, (F, 3).
        rotation: Rotation of each body relative to its parent, wxyz, (F, B, 4).
    """
    single = np.asarray(position, np.float32), np.asarray(rotation, np.float32)
    return jax.tree.map(np.asarray, _poses(humanoid.astype(np.float32), *single))


def _lowest_points(humanoid: Humanoid, pose: Pose) -> Float[np.ndarray, "F C 3"]:
    """Return the lowest point of each contact sphere in the world, m."""
    centers = np.asarray(_contact_points(humanoid.astype(np.float32), pose))
    return centers - np.asarray(humanoid.contact_radius)[:, None] * [0.0, 0.0, 1.0]


def scenery_arrays(scene: Scene) -> dict[str, np.ndarray]:
    """Return the shapes in the world beside the floor. Sizes are padded with zeros to three numbers."""
    geoms = scene_shapes(scene)
    sizes = [np.pad(np.asarray(geom.size), (0, 3 - len(geom.size))) for geom in geoms]
    return {
        "scenery_kind": np.array([geom.kind for geom in geoms], dtype="U7"),
        "scenery_size_m": np.reshape(sizes, (-1, 3)),
        "scenery_position_world_m": np.reshape([np.asarray(geom.position) for geom in geoms], (-1, 3)),
        "scenery_quat_world_wxyz": np.reshape([np.asarray(geom.quat_wxyz) for geom in geoms], (-1, 4)),
    }


def _shape_arrays(humanoid: Humanoid) -> dict[str, Any]:
    """Return the shapes of the body. Sizes are padded with zeros to three numbers."""
    geoms = humanoid.geoms
    return {
        "shape_body": [geom.body for geom in geoms],
        "shape_kind": [geom.kind for geom in geoms],
        "shape_size_m": [np.pad(np.asarray(geom.size), (0, 3 - len(geom.size))) for geom in geoms],
        "shape_position_body_frame_m": [geom.position for geom in geoms],
        "shape_quat_body_frame_wxyz": [geom.quat_wxyz for geom in geoms],
    }


def _compact(value: Any) -> np.ndarray:
    """Return numbers as float32, which resolves a micrometre at the size of a room."""
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float64 else array
