"""URDF with ball joints (`type="spherical"`), the dialect that PyBullet and TinyDiffSim read.

Masses, inertias, joint frames and shapes are the humanoid's. The first link, the pelvis, is the base; the simulator
decides whether it floats. PyBullet keeps the inertias only if it is told `URDF_USE_INERTIA_FROM_FILE`.
"""

from xml.etree.ElementTree import Element, SubElement

import numpy as np
from jaxtyping import Array, Float
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Geom, Humanoid
from diffphy.export.xml_text import document, numbers


def to_urdf(humanoid: Humanoid) -> str:
    """The humanoid as URDF text; links and joints are named after our bodies and joints."""
    robot = Element("robot", name="humanoid")
    for body, name in enumerate(humanoid.body_names):
        link = SubElement(robot, "link", name=name)
        _add_inertial(link, humanoid, body)
        for role in ("visual", "collision"):
            for geom in humanoid.geoms:
                if geom.body == body:
                    _add_geom(link, role, geom)
    for body, (name, parent) in enumerate(zip(humanoid.joint_names, humanoid.parents[1:], strict=True), start=1):
        joint = SubElement(robot, "joint", name=name, type="spherical")
        SubElement(joint, "parent", link=humanoid.body_names[parent])
        SubElement(joint, "child", link=humanoid.body_names[body])
        SubElement(joint, "origin", xyz=numbers(humanoid.joint_offset[body]), rpy="0 0 0")
        SubElement(joint, "axis", xyz="1 0 0")  # means nothing for a ball, but readers warn where it is missing
    return document(robot)


def _add_inertial(link: Element, humanoid: Humanoid, body: int) -> None:
    """Mass and inertia along principal axes, no products: TinyDiffSim ignores these, PyBullet finds axes of its own.

    Where the principal axes are not the body's, as in a humanoid from a mesh, TinyDiffSim gets the inertia wrong.
    """
    moments, axes = _principal(np.asarray(humanoid.inertia[body], float))
    inertial = SubElement(link, "inertial")
    SubElement(inertial, "origin", xyz=numbers(humanoid.com[body]), rpy=numbers(_roll_pitch_yaw(axes)))
    SubElement(inertial, "mass", value=numbers(humanoid.mass[body]))
    ixx, iyy, izz = (numbers(moment) for moment in moments)
    SubElement(inertial, "inertia", ixx=ixx, iyy=iyy, izz=izz, ixy="0", ixz="0", iyz="0")


def _add_geom(link: Element, role: str, geom: Geom) -> None:
    element = SubElement(link, role)
    turn = Rotation.from_quat(np.asarray(geom.quat_wxyz, float), scalar_first=True)
    SubElement(element, "origin", xyz=numbers(geom.position), rpy=numbers(_roll_pitch_yaw(turn)))
    shape = SubElement(element, "geometry")
    size = np.asarray(geom.size, float)
    if geom.kind == "box":
        SubElement(shape, "box", size=numbers(2 * size))
    elif geom.kind == "sphere":
        SubElement(shape, "sphere", radius=numbers(size[0]))
    else:
        SubElement(shape, "capsule", radius=numbers(size[0]), length=numbers(2 * size[1]))


def _principal(inertia: Float[np.ndarray | Array, "3 3"]) -> tuple[Float[np.ndarray, "3"], Rotation]:
    """Principal moments, kg m^2, and the orientation of their axes; the body's own axes where these are principal."""
    if np.allclose(inertia, np.diag(np.diag(inertia)), rtol=0.0, atol=1e-12 * np.trace(inertia)):
        return np.diag(inertia), Rotation.identity()
    moments, axes = np.linalg.eigh(inertia)
    return moments, Rotation.from_matrix(axes * np.sign(np.linalg.det(axes)))


def _roll_pitch_yaw(rotation: Rotation) -> Float[np.ndarray, "3"]:
    """URDF's angles, rad: about the fixed axes x, then y, then z. A capsule along x is at their singularity: yaw 0."""
    return rotation.as_euler("xyz", suppress_warnings=True)
