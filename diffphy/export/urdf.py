"""The humanoid as URDF with ball joints (`type="spherical"`), the dialect that PyBullet and TinyDiffSim read.

Masses, inertias, joint frames and shapes are those of the humanoid. The first link, the pelvis, is the base. The
simulator decides whether the base floats. PyBullet uses the inertias only with the flag `URDF_USE_INERTIA_FROM_FILE`.
"""

from xml.etree.ElementTree import Element, SubElement

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Geom, Humanoid
from diffphy.export.xml_text import document, numbers


def to_urdf(humanoid: Humanoid) -> str:
    """Return the humanoid as URDF text. Links and joints have the names of our bodies and joints."""
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
        SubElement(joint, "axis", xyz="1 0 0")  # has no meaning for a ball joint, but readers warn if it is missing
    return document(robot)


def _add_inertial(link: Element, humanoid: Humanoid, body: int) -> None:
    """Add mass and inertia in principal axes, without products of inertia.

    TinyDiffSim ignores the products, and PyBullet computes its own axes. If the principal axes are not the body's axes,
    as in a humanoid from a mesh, TinyDiffSim gets the inertia wrong.
    """
    moments, axes = _principal_inertia(np.asarray(humanoid.inertia[body], float))
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


def _principal_inertia(inertia: Float[AnyArray, "3 3"]) -> tuple[Float[np.ndarray, "3"], Rotation]:
    """Return principal moments, kg m^2, and the orientation of their axes. It is the identity if possible."""
    if np.allclose(inertia, np.diag(np.diag(inertia)), rtol=0.0, atol=1e-12 * np.trace(inertia)):
        return np.diag(inertia), Rotation.identity()
    moments, axes = np.linalg.eigh(inertia)
    return moments, Rotation.from_matrix(axes * np.sign(np.linalg.det(axes)))


def _roll_pitch_yaw(rotation: Rotation) -> Float[np.ndarray, "3"]:
    """Return URDF's angles about the fixed axes x, y, z, rad. At the singularity (a capsule along x) yaw is 0."""
    return rotation.as_euler("xyz", suppress_warnings=True)
