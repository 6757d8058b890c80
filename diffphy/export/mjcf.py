"""The humanoid in MuJoCo's model format, MJCF, with the same masses, inertias, joint frames and shapes.

MuJoCo's generalized velocities have our order: root linear (world axes), root angular (root's axes), then each ball
joint (child's axes). Its positions are root position, root orientation (wxyz), then each joint's rotation (wxyz).
Source: MuJoCo documentation, XML Reference.
"""

from xml.etree.ElementTree import Element, SubElement

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Geom, Humanoid
from diffphy.export.mujoco_control import STEPS, add_control, to_ctrl, to_qpos
from diffphy.export.xml_text import document, numbers
from diffphy.physics.dynamics import GRAVITY
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Physics
from diffphy.physics.standing import standing_state

PLANE_SIZE = (0.0, 0.0, 1.0)  # 0: infinite in this direction; the third number is the spacing of the drawn grid


def to_mjcf(humanoid: Humanoid, scene: Scene | None = None, physics: Physics | None = None) -> str:
    """Return the humanoid, with a free root and ball joints, and the scene's objects as MJCF text.

    Bodies and joints keep their names. As in our simulation, the body touches the scene but not itself. MuJoCo's own
    corrections of inertias are off.

    Args:
        humanoid: The body.
        scene: What it can touch.
        physics: Whose gravity the model gets, with a part of its step (`mujoco_control.STEPS`), the PD control and a
            keyframe "standing". None: a body without control, MuJoCo's own step.
    """
    root = Element("mujoco", model="humanoid")
    SubElement(
        root,
        "compiler",
        angle="radian",
        inertiafromgeom="false",
        balanceinertia="false",
        boundmass="0",
        boundinertia="0",
    )
    if physics is None:
        SubElement(root, "option", gravity=numbers(GRAVITY))
    else:  # implicit in velocities, as our step is: the damping of the control would not be stable otherwise
        constants = {
            "gravity": numbers(np.array([float(each) for each in physics.gravity])),
            "timestep": numbers(physics.dt / STEPS),
        }
        SubElement(root, "option", constants, integrator="implicitfast")
    world = SubElement(root, "worldbody")
    if scene is not None:
        _add_scene(world, scene)
    elements: list[Element] = []
    for body, (name, parent) in enumerate(zip(humanoid.body_names, humanoid.parents, strict=True)):
        above = world if parent < 0 else elements[parent]
        element = SubElement(above, "body", name=name, pos=numbers(humanoid.joint_offset[body]))
        if parent < 0:
            SubElement(element, "freejoint", name="root")
        else:
            SubElement(element, "joint", name=humanoid.joint_names[body - 1], type="ball")
        _add_inertial(element, humanoid, body)
        for geom in humanoid.geoms:
            if geom.body == body:
                _add_geom(element, geom)
        elements.append(element)
    if physics is not None:
        add_control(root, humanoid)
        state = standing_state(humanoid)
        standing = np.asarray(state.rotation)
        qpos, ctrl = to_qpos(np.asarray(state.position), standing), to_ctrl(standing[1:], standing[1:])
        SubElement(SubElement(root, "keyframe"), "key", name="standing", qpos=numbers(qpos), ctrl=numbers(ctrl))
    return document(root)


def _add_inertial(element: Element, humanoid: Humanoid, body: int) -> None:
    inertia = np.asarray(humanoid.inertia[body], float)
    row, column = [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]
    SubElement(
        element,
        "inertial",
        pos=numbers(humanoid.com[body]),
        mass=numbers(humanoid.mass[body]),
        fullinertia=numbers(inertia[row, column]),
    )


def _add_geom(element: Element, geom: Geom) -> None:
    """Add a shape that collides with the scene (contype 1) but not with another body (contype 0)."""
    SubElement(
        element,
        "geom",
        type=geom.kind,
        size=numbers(geom.size),
        pos=numbers(geom.position),
        quat=numbers(geom.quat_wxyz),
        contype="0",
        conaffinity="1",
    )


def _add_scene(world: Element, scene: Scene) -> None:
    for normal, offset in zip(np.asarray(scene.plane_normal), np.asarray(scene.plane_offset), strict=True):
        _add_object(world, scene, "plane", PLANE_SIZE, normal * offset, _from_z_axis(normal))
    boxes = zip(*map(np.asarray, (scene.box_half_extents, scene.box_position, scene.box_quat_wxyz)), strict=True)
    for half_extents, position, quat in boxes:
        _add_object(world, scene, "box", half_extents, position, quat)
    for position, radius in zip(np.asarray(scene.sphere_position), np.asarray(scene.sphere_radius), strict=True):
        _add_object(world, scene, "sphere", radius, position, (1.0, 0.0, 0.0, 0.0))


def _add_object(world: Element, scene: Scene, kind: str, size, position, quat) -> None:
    """Add a static object. Its friction has priority over the body's in every contact."""
    SubElement(
        world,
        "geom",
        type=kind,
        size=numbers(size),
        pos=numbers(position),
        quat=numbers(quat),
        contype="1",
        conaffinity="0",
        priority="1",
        friction=numbers([float(scene.friction), 0.0, 0.0]),
    )


def _from_z_axis(normal: Float[AnyArray, "3"]) -> Float[np.ndarray, "4"]:
    """Return the orientation, wxyz, of a frame whose z axis is `normal`."""
    rotation = Rotation.align_vectors(np.asarray(normal, float)[None], np.array([[0.0, 0.0, 1.0]]))[0]
    return rotation.as_quat(scalar_first=True)
