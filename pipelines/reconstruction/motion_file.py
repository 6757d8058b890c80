"""motion.npz: the simulated motion, the motion it follows and the body, as plain arrays that say frame and unit.

F frames at `fps_hz`, B bodies, J = B - 1 joints (joint i moves body i + 1), C contact points, G shapes, K tracked
joints, I joints of the input. Quaternions are wxyz; "parent" means relative to the parent body, "world" Z up with the
floor at z = 0.
"""

import zipfile
from typing import Any

import jax
import numpy as np

from data.clip import InputError
from diffphy.body.humanoid import Humanoid
from diffphy.physics.dynamics import GRAVITY
from diffphy.physics.kinematics import Pose, contact_points, forward_kinematics
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Trajectory
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.run_folder import MOTION, RunFolder
from viz.scenery import scene_shapes

Motion = dict[str, np.ndarray]
REQUIRED = {
    "fps_hz",
    "body_names",
    "root_quat_world_wxyz",
    "joint_quat_parent_wxyz",
    "body_mass_kg",
    "contact_body",
    "contact_force_world_N",
    *(f"{part}{name}" for part in ("", "reference_") for name in ("body_position_world_m", "body_quat_world_wxyz")),
    "contact_position_world_m",
    "input_joint_position_world_m",
    "tracked_body",
    "tracked_input_joint",
    *(f"shape_{name}" for name in ("body", "kind", "size_m", "position_body_frame_m", "quat_body_frame_wxyz")),
}
"""What is read again; the rest is for users."""


def motion_arrays(subject: Subject, trajectory: Trajectory, scene: Scene) -> Motion:
    """Everything of a reconstruction that is worth keeping, by the keys of motion.npz."""
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
        "contact_position_world_m": _touching_points(humanoid, pose),
        "contact_body": humanoid.contact_body,
        "body_position_world_m": pose.position,
        "body_quat_world_wxyz": pose.rotation,
        "reference_root_position_world_m": reference.position,
        "reference_root_quat_world_wxyz": reference.rotation[:, 0],
        "reference_joint_quat_parent_wxyz": reference.rotation[:, 1:],
        "reference_body_position_world_m": reference_pose.position,
        "reference_body_quat_world_wxyz": reference_pose.rotation,
        "reference_contact_position_world_m": _touching_points(humanoid, reference_pose),
        "input_joint_names": subject.clip.joint_names,
        "input_joint_position_world_m": (subject.truth or subject.clip).positions,
        "tracked_body": list(tracked),
        "tracked_input_joint": list(tracked.values()),
        "body_mass_kg": humanoid.mass,
        "joint_offset_parent_m": humanoid.joint_offset,
        **_shapes(humanoid),
        **scenery_arrays(scene),
    }
    return {key: _compact(value) for key, value in arrays.items()}


def save(folder: RunFolder, motion: Motion) -> None:
    """Writes motion.npz."""
    with folder.writing(MOTION) as path:
        np.savez_compressed(path, **motion)  # pyright: ignore[reportArgumentType]


def load(folder: RunFolder) -> Motion:
    """Reads motion.npz. Raises InputError if there is none, or it is not one of ours."""
    path = folder / MOTION
    try:
        with np.load(path) as file:
            motion = dict(file)
        if missing := REQUIRED - set(motion):
            raise KeyError(*missing)
        return motion
    except FileNotFoundError:
        raise InputError(f"{folder.path} holds no finished run: there is no {MOTION} in it") from None
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read, or is of another version: make the run again") from error


def local_rotations(motion: Motion) -> np.ndarray:
    """Rotation of each body relative to its parent, the root's in the world, wxyz (F, B, 4)."""
    return np.concatenate([motion["root_quat_world_wxyz"][:, None], motion["joint_quat_parent_wxyz"]], axis=1)


def body_weight(motion: Motion) -> float:
    """Weight of the whole body, N."""
    return float(-GRAVITY[2] * motion["body_mass_kg"].sum())


def contact_bodies(motion: Motion) -> np.ndarray:
    """Body of each contact point (C,), toes counted as part of their foot."""
    names = motion["body_names"].tolist()
    whole = [names.index(name.replace("_toes", "_foot")) for name in names]
    return np.asarray(whole)[motion["contact_body"]]


_poses = jax.jit(jax.vmap(forward_kinematics, in_axes=(None, 0, 0)))
_contact_points = jax.jit(jax.vmap(contact_points, in_axes=(None, 0)))


def poses(humanoid: Humanoid, position: Any, rotation: Any) -> Pose:
    """World poses of the bodies (F, B), from the root's position (F, 3) and the rotations (F, B, 4)."""
    single = np.asarray(position, np.float32), np.asarray(rotation, np.float32)
    return jax.tree.map(np.asarray, _poses(humanoid.astype(np.float32), *single))


def _touching_points(humanoid: Humanoid, pose: Pose) -> np.ndarray:
    """Lowest points of the contact spheres in the world, m (F, C, 3)."""
    centers = np.asarray(_contact_points(humanoid.astype(np.float32), pose))
    return centers - np.asarray(humanoid.contact_radius)[:, None] * [0.0, 0.0, 1.0]


def scenery_arrays(scene: Scene) -> dict[str, Any]:
    """What there is beside the floor, as shapes in the world."""
    geoms = scene_shapes(scene)
    return {
        "scenery_kind": np.array([geom.kind for geom in geoms], dtype="U7"),
        "scenery_size_m": np.reshape(
            [np.pad(np.asarray(geom.size), (0, 3 - len(geom.size))) for geom in geoms], (-1, 3)
        ),
        "scenery_position_world_m": np.reshape([np.asarray(geom.position) for geom in geoms], (-1, 3)),
        "scenery_quat_world_wxyz": np.reshape([np.asarray(geom.quat_wxyz) for geom in geoms], (-1, 4)),
    }


def _shapes(humanoid: Humanoid) -> dict[str, Any]:
    """The geoms as arrays; sizes are padded with zeros to three numbers."""
    geoms = humanoid.geoms
    return {
        "shape_body": [geom.body for geom in geoms],
        "shape_kind": [geom.kind for geom in geoms],
        "shape_size_m": [np.pad(np.asarray(geom.size), (0, 3 - len(geom.size))) for geom in geoms],
        "shape_position_body_frame_m": [geom.position for geom in geoms],
        "shape_quat_body_frame_wxyz": [geom.quat_wxyz for geom in geoms],
    }


def _compact(value: Any) -> np.ndarray:
    """Numbers in float32: a micrometre at the size of a room."""
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float64 else array
