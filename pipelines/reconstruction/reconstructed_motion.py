"""The result of a reconstruction: the simulated motion, the motion that it follows, and the body."""

from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, Shaped

from diffphy.physics.dynamics import GRAVITY
from diffphy.physics.simulate import State


@dataclass(frozen=True)
class ReconstructedMotion:
    """The arrays of motion.npz. Each field has the name of its key, and the name says frame and unit.

    The motion has F frames. The body has B bodies, J = B - 1 joints (joint i moves body i + 1), C contact points and
    G shapes. The recording has I joints; K of them are tracked. The scene has S shapes beside the floor.

    "world" is the world frame: Z up, the floor at z = 0. "parent", "child", "root" and "body" are the axes of that
    body. Quaternions are wxyz. Floating point numbers are float32.

    Attributes:
        fps_hz: Control rate: frames per second.
        time_s: Time of each frame.
        body_names: Names of the bodies.
        joint_names: Names of the joints.
        body_parents: Index of each body's parent. The parent of the root is -1, the world.
        root_position_world_m: Position of the pelvis.
        root_quat_world_wxyz: Rotation of the pelvis.
        joint_quat_parent_wxyz: Rotation of each body relative to its parent.
        root_velocity_world_m_per_s: Velocity of the pelvis.
        root_angular_velocity_root_frame_rad_per_s: Angular velocity of the pelvis.
        joint_angular_velocity_child_frame_rad_per_s: Angular velocity of each body relative to its parent.
        control_quat_parent_wxyz: Targets of the PD control.
        torque_child_frame_Nm: Torque of each joint, mean over the control frame that ends here. Frame 0 has none.
        contact_force_world_N: Force of the scene on each contact point, mean over the same control frame.
        residual_force_N: Size of the force that moves the whole body besides its weight and the contacts. It is the
            error that the solver has left. NaN in files of versions that did not write it.
        contact_position_world_m: Lowest point of each contact sphere.
        contact_body: Index of the body that each contact point belongs to.
        body_position_world_m: Position of each body: that of its joint.
        body_quat_world_wxyz: Rotation of each body.
        reference_root_position_world_m: Position of the pelvis in the retargeted recording.
        reference_root_quat_world_wxyz: Rotation of the pelvis in the retargeted recording.
        reference_joint_quat_parent_wxyz: Rotation of each body relative to its parent in the retargeted recording.
        reference_body_position_world_m: Position of each body in the retargeted recording.
        reference_body_quat_world_wxyz: Rotation of each body in the retargeted recording.
        reference_contact_position_world_m: Lowest point of each contact sphere in the retargeted recording.
        input_joint_names: Names of the recording's joints.
        input_joint_position_world_m: Positions of the recording's joints; the true ones where they are known.
        tracked_body: Index of each body whose position is compared with the recording.
        tracked_input_joint: Index of the recording's joint that it is compared with.
        body_mass_kg: Mass of each body.
        joint_offset_parent_m: Position of each body's joint in its parent.
        body_com_body_frame_m: Centre of mass of each body. The fields from here to `step_s` are NaN in files of
            versions that did not write them.
        body_inertia_body_frame_kgm2: Inertia of each body about its centre of mass.
        joint_stiffness_Nm_per_rad: Stiffness of the PD control of each joint.
        joint_damping_Nms_per_rad: Damping of the PD control of each joint.
        joint_torque_limit_Nm: Greatest torque of each joint.
        contact_offset_body_frame_m: Centre of each contact sphere.
        contact_radius_m: Radius of each contact sphere.
        friction: Coulomb's coefficient of friction of the scene.
        step_s: Length of a step of the simulation.
        shape_body: Index of the body that each shape belongs to.
        shape_kind: "capsule", "sphere" or "box".
        shape_size_m: Radius and half length, radius, or half extents. Padded with zeros.
        shape_position_body_frame_m: Centre of each shape.
        shape_quat_body_frame_wxyz: Rotation of each shape.
        scenery_kind: "sphere" or "box". Files of versions that knew no scenery have no shapes here.
        scenery_size_m: Size of each shape of the scene, as `shape_size_m`.
        scenery_position_world_m: Centre of each shape of the scene.
        scenery_quat_world_wxyz: Rotation of each shape of the scene.
    """

    fps_hz: Float[np.ndarray, ""]
    time_s: Float[np.ndarray, "F"]
    body_names: Shaped[np.ndarray, "B"]
    joint_names: Shaped[np.ndarray, "J"]
    body_parents: Int[np.ndarray, "B"]
    root_position_world_m: Float[np.ndarray, "F 3"]
    root_quat_world_wxyz: Float[np.ndarray, "F 4"]
    joint_quat_parent_wxyz: Float[np.ndarray, "F J 4"]
    root_velocity_world_m_per_s: Float[np.ndarray, "F 3"]
    root_angular_velocity_root_frame_rad_per_s: Float[np.ndarray, "F 3"]
    joint_angular_velocity_child_frame_rad_per_s: Float[np.ndarray, "F J 3"]
    control_quat_parent_wxyz: Float[np.ndarray, "F J 4"]
    torque_child_frame_Nm: Float[np.ndarray, "F J 3"]
    contact_force_world_N: Float[np.ndarray, "F C 3"]
    residual_force_N: Float[np.ndarray, "F"]
    contact_position_world_m: Float[np.ndarray, "F C 3"]
    contact_body: Int[np.ndarray, "C"]
    body_position_world_m: Float[np.ndarray, "F B 3"]
    body_quat_world_wxyz: Float[np.ndarray, "F B 4"]
    reference_root_position_world_m: Float[np.ndarray, "F 3"]
    reference_root_quat_world_wxyz: Float[np.ndarray, "F 4"]
    reference_joint_quat_parent_wxyz: Float[np.ndarray, "F J 4"]
    reference_body_position_world_m: Float[np.ndarray, "F B 3"]
    reference_body_quat_world_wxyz: Float[np.ndarray, "F B 4"]
    reference_contact_position_world_m: Float[np.ndarray, "F C 3"]
    input_joint_names: Shaped[np.ndarray, "I"]
    input_joint_position_world_m: Float[np.ndarray, "F I 3"]
    tracked_body: Int[np.ndarray, "K"]
    tracked_input_joint: Int[np.ndarray, "K"]
    body_mass_kg: Float[np.ndarray, "B"]
    joint_offset_parent_m: Float[np.ndarray, "B 3"]
    body_com_body_frame_m: Float[np.ndarray, "B 3"]
    body_inertia_body_frame_kgm2: Float[np.ndarray, "B 3 3"]
    joint_stiffness_Nm_per_rad: Float[np.ndarray, "J"]
    joint_damping_Nms_per_rad: Float[np.ndarray, "J"]
    joint_torque_limit_Nm: Float[np.ndarray, "J"]
    contact_offset_body_frame_m: Float[np.ndarray, "C 3"]
    contact_radius_m: Float[np.ndarray, "C"]
    friction: Float[np.ndarray, ""]
    step_s: Float[np.ndarray, ""]
    shape_body: Int[np.ndarray, "G"]
    shape_kind: Shaped[np.ndarray, "G"]
    shape_size_m: Float[np.ndarray, "G 3"]
    shape_position_body_frame_m: Float[np.ndarray, "G 3"]
    shape_quat_body_frame_wxyz: Float[np.ndarray, "G 4"]
    scenery_kind: Shaped[np.ndarray, "S"]
    scenery_size_m: Float[np.ndarray, "S 3"]
    scenery_position_world_m: Float[np.ndarray, "S 3"]
    scenery_quat_world_wxyz: Float[np.ndarray, "S 4"]

    @property
    def states(self) -> State:
        """The states of all frames, as `diffphy.rollout` takes and returns them."""
        root, joints = (
            self.root_angular_velocity_root_frame_rad_per_s,
            self.joint_angular_velocity_child_frame_rad_per_s,
        )
        arrays = (
            self.root_position_world_m,
            self.local_rotations,
            self.root_velocity_world_m_per_s,
            np.concatenate([root[:, None], joints], axis=1),
        )
        return State(*(jnp.asarray(array) for array in arrays))

    @property
    def local_rotations(self) -> Float[np.ndarray, "F B 4"]:
        """Rotation of each body relative to its parent, wxyz. Body 0, the root, is in the world."""
        return np.concatenate([self.root_quat_world_wxyz[:, None], self.joint_quat_parent_wxyz], axis=1)

    @property
    def body_weight(self) -> float:
        """Weight of the whole body, N."""
        return float(-GRAVITY[2] * self.body_mass_kg.sum())

    @property
    def contact_bodies(self) -> Int[np.ndarray, "C"]:
        """Index of the body of each contact point. Toes count as part of their foot."""
        names = self.body_names.tolist()
        whole = [names.index(name.replace("_toes", "_foot")) for name in names]
        return np.asarray(whole)[self.contact_body]

    @property
    def vertical_forces_N(self) -> dict[str, Float[np.ndarray, "F"]]:
        """Vertical contact forces on the left foot, the right foot and all other bodies."""
        names = self.body_names.tolist()
        owner = np.array([names[body] for body in self.contact_bodies])
        vertical = self.contact_force_world_N[..., 2]
        parts = {"left foot": owner == "left_foot", "right foot": owner == "right_foot"}
        parts["other"] = ~(parts["left foot"] | parts["right foot"])
        return {part: vertical[:, mask].sum(axis=1) for part, mask in parts.items()}

    @cached_property
    def joint_errors_mm(self) -> Float[np.ndarray, "F K"]:
        """Distance of each tracked joint from the recording's in the world, mm."""
        simulated = self.body_position_world_m[:, self.tracked_body].astype(float)
        recorded = self.input_joint_position_world_m[:, self.tracked_input_joint]
        return 1000.0 * np.linalg.norm(simulated - recorded, axis=-1)
