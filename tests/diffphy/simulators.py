"""The independent simulators that hold ours to account, loaded from our exports and asked in our conventions."""
# pyright: reportAttributeAccessIssue=false
# MuJoCo's names come from compiled modules without stubs.

from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytinydiffsim as tds
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Humanoid
from diffphy.export.mjcf import to_mjcf
from diffphy.export.urdf import to_urdf

ROOT_AXES = {"root_x": "1 0 0", "root_y": "0 1 0", "root_z": "0 0 1"}


class RandomState(NamedTuple):
    """A configuration, its velocity and a generalized force, all independent of each other, numpy float64."""

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    force: np.ndarray


def random_state(humanoid: Humanoid, rng: np.random.Generator) -> RandomState:
    """Any rotation of any joint, velocities of a few m/s and rad/s, torques of tens of N m."""
    rotation = Rotation.random(humanoid.bodies, rng=rng).as_quat(scalar_first=True)
    dof = humanoid.degrees_of_freedom
    return RandomState(2 * rng.normal(size=3), rotation, 3 * rng.normal(size=dof), 30 * rng.normal(size=dof))


def relative_error(ours, theirs) -> float:
    """Largest deviation over the largest number."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


class MuJoCo:
    """Its generalized position is [root position, root wxyz, joints' wxyz]; its velocity is ordered as ours:
    root linear in world axes, root angular in the root's, each joint's in the child's."""

    def __init__(self, humanoid: Humanoid) -> None:
        self.model = mujoco.MjModel.from_xml_string(to_mjcf(humanoid))
        self.data = mujoco.MjData(self.model)

    def _evaluate(self, state: RandomState) -> mujoco.MjData:
        self.data.qpos[:] = np.concatenate([state.position, state.rotation.ravel()])
        self.data.qvel[:] = state.velocity
        self.data.qfrc_applied[:] = state.force
        mujoco.mj_forward(self.model, self.data)
        return self.data

    def joint_positions(self, state: RandomState) -> np.ndarray:
        return self._evaluate(state).xpos[1:].copy()

    def body_matrices(self, state: RandomState) -> np.ndarray:
        return self._evaluate(state).xmat[1:].reshape(-1, 3, 3).copy()

    def center_of_mass(self, state: RandomState) -> np.ndarray:
        return self._evaluate(state).subtree_com[1].copy()

    def mass_matrix(self, state: RandomState) -> np.ndarray:
        dense = np.zeros((self.model.nv, self.model.nv))
        mujoco.mj_fullM(self.model, self._evaluate(state), dense)
        return dense

    def bias_forces(self, state: RandomState) -> np.ndarray:
        return self._evaluate(state).qfrc_bias.copy()

    def acceleration(self, state: RandomState) -> np.ndarray:
        return self._evaluate(state).qacc.copy()


class TinyDiffSim:
    """Its own floating base is not usable: it inverts the base's articulated inertia by a formula for antisymmetric
    off-diagonal blocks, which only a rigid body has, and adds gravity in the base's axes. The pelvis therefore hangs
    from the world by three sliders and a ball, massless in between. Then positions are [root position, root xyzw,
    joints' xyzw] and velocities are ordered as ours."""

    def __init__(self, humanoid: Humanoid, folder: Path) -> None:
        path = folder / "humanoid.urdf"
        path.write_text(_on_sliders(to_urdf(humanoid)))
        world, self.body = tds.TinyWorld(), tds.TinyMultiBody(False)
        tds.UrdfToMultiBody2().convert2(tds.TinyUrdfParser().load_urdf(str(path), False), world, self.body)
        self.body.initialize()
        self.dof = humanoid.degrees_of_freedom

    def _set(self, state: RandomState) -> None:
        xyzw = np.roll(state.rotation, -1, axis=1)
        for index, value in enumerate([*state.position, *xyzw.ravel()]):
            self.body.q[index] = float(value)
        for index in range(self.dof):
            self.body.qd[index], self.body.tau[index] = float(state.velocity[index]), float(state.force[index])

    def joint_positions(self, state: RandomState) -> np.ndarray:
        self._set(state)
        tds.forward_kinematics(self.body, self.body.q, self.body.qd)
        links = self.body.links[len(ROOT_AXES) :]
        return np.array([[link.world_transform.translation[k] for k in range(3)] for link in links])

    def mass_matrix(self, state: RandomState) -> np.ndarray:
        self._set(state)
        dense = tds.Matrix(self.dof, self.dof)
        tds.mass_matrix(self.body, self.body.q, dense)
        return np.array([[dense[i, j] for j in range(self.dof)] for i in range(self.dof)])

    def acceleration(self, state: RandomState) -> np.ndarray:
        self._set(state)
        tds.forward_dynamics(self.body, tds.Vector3(0.0, 0.0, -9.81))
        return np.array([self.body.qdd[index] for index in range(self.dof)])


def _on_sliders(urdf: str) -> str:
    """The same robot, its first link joined to a fixed one by sliders along x, y, z and a ball."""
    robot = ElementTree.fromstring(urdf.encode())
    pelvis = robot.find("link").get("name")  # type: ignore[union-attr]
    names = ["world", *ROOT_AXES]
    for name in names:
        inertial = ElementTree.SubElement(ElementTree.SubElement(robot, "link", name=name), "inertial")
        ElementTree.SubElement(inertial, "origin", xyz="0 0 0", rpy="0 0 0")
        ElementTree.SubElement(inertial, "mass", value="0")
        ElementTree.SubElement(inertial, "inertia", dict.fromkeys(("ixx", "iyy", "izz", "ixy", "ixz", "iyz"), "0"))
    for parent, child in zip(names, [*ROOT_AXES, pelvis], strict=True):
        kind = "prismatic" if child in ROOT_AXES else "spherical"
        joint = ElementTree.SubElement(robot, "joint", name=f"to_{child}", type=kind)
        ElementTree.SubElement(joint, "parent", link=parent)
        ElementTree.SubElement(joint, "child", link=str(child))
        ElementTree.SubElement(joint, "origin", xyz="0 0 0", rpy="0 0 0")
        ElementTree.SubElement(joint, "axis", xyz=ROOT_AXES.get(str(child), "1 0 0"))
        ElementTree.SubElement(joint, "limit", lower="-1000", upper="1000", effort="0", velocity="0")
    return ElementTree.tostring(robot, encoding="unicode")
