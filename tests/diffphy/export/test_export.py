"""Simulators that read our model files have the same masses, inertias, joint frames and shapes."""
# pyright: reportAttributeAccessIssue=false
# MuJoCo's names come from compiled modules without stubs.

from collections.abc import Iterator
from pathlib import Path

import mujoco
import numpy as np
import pybullet
import pytest
import pytinydiffsim
from numpy.testing import assert_allclose
from pybullet_utils.bullet_client import BulletClient
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Humanoid
from diffphy.export.mjcf import to_mjcf
from diffphy.export.urdf import to_urdf
from diffphy.physics import scene as scenes
from tests.diffphy.simulators import TinyDiffSim


@pytest.fixture
def bullet() -> Iterator[BulletClient]:
    client = BulletClient(pybullet.DIRECT)
    yield client
    client.disconnect()


def load(bullet: BulletClient, humanoid: Humanoid, folder: Path) -> int:
    path = folder / "humanoid.urdf"
    path.write_text(to_urdf(humanoid))
    return bullet.loadURDF(str(path), flags=pybullet.URDF_USE_INERTIA_FROM_FILE)


def in_body_axes(moments: np.ndarray, xyzw_or_wxyz: np.ndarray, scalar_first: bool) -> np.ndarray:
    """Inertia matrices in the body's axes from principal moments and the orientation of their axes."""
    axes = Rotation.from_quat(xyzw_or_wxyz, scalar_first=scalar_first).as_matrix()
    return np.einsum("bij,bj,bkj->bik", axes, moments, axes)


@pytest.mark.parametrize("body", ["humanoid", "lopsided"])
def test_mujoco_reads_the_same_bodies(body: str, request: pytest.FixtureRequest) -> None:
    humanoid: Humanoid = request.getfixturevalue(body)
    model = mujoco.MjModel.from_xml_string(to_mjcf(humanoid))
    names = [model.body(index).name for index in range(1, model.nbody)]
    assert tuple(names) == humanoid.body_names
    assert tuple(model.joint(index).name for index in range(1, model.njnt)) == humanoid.joint_names
    assert (model.jnt_type[1:] == mujoco.mjtJoint.mjJNT_BALL).all()
    assert model.nv == humanoid.degrees_of_freedom == 63
    assert tuple(model.body_parentid[1:] - 1) == humanoid.parents
    assert_allclose(model.body_mass[1:], humanoid.mass, rtol=1e-14)
    assert_allclose(model.body_ipos[1:], humanoid.com, atol=1e-14)
    assert_allclose(model.body_pos[1:], humanoid.joint_offset, atol=1e-14)
    assert_allclose(model.body_quat[1:], np.tile([1.0, 0, 0, 0], (20, 1)))
    inertia = in_body_axes(model.body_inertia[1:], model.body_iquat[1:], scalar_first=True)
    assert_allclose(inertia, humanoid.inertia, atol=1e-10)


def test_mujoco_reads_the_same_shapes_and_scene(humanoid: Humanoid) -> None:
    turned = (np.cos(0.2), 0.0, np.sin(0.2), 0.0)
    scene = (
        scenes.ground(friction=0.7)
        .with_plane((0.3, 0.0, 1.0), (0.0, 0.0, -0.5))
        .with_box((1.0, 2.0, 0.1), (0.2, 0.3, 0.1), turned)
        .with_sphere((-1.0, 0.0, 0.2), 0.3)
    )
    model = mujoco.MjModel.from_xml_string(to_mjcf(humanoid, scene))
    ground, slope, box, sphere = (model.geom(index) for index in range(4))
    assert_allclose(
        Rotation.from_quat(slope.quat, scalar_first=True).apply([0, 0, 1]), scene.plane_normal[1], atol=1e-12
    )
    assert slope.pos @ scene.plane_normal[1] == pytest.approx(scene.plane_offset[1])
    assert_allclose(ground.friction[0], 0.7)
    assert_allclose(box.size, [0.2, 0.3, 0.1])
    assert_allclose(box.quat, turned)
    assert_allclose(sphere.pos, [-1.0, 0.0, 0.2])
    for index, geom in enumerate(humanoid.geoms, start=4):
        theirs = model.geom(index)
        assert theirs.bodyid[0] - 1 == geom.body
        assert_allclose(theirs.size[: len(geom.size)], geom.size)
        assert_allclose(theirs.pos, geom.position, atol=1e-12)


def test_in_mujoco_the_body_touches_the_ground_but_not_itself(humanoid: Humanoid) -> None:
    model = mujoco.MjModel.from_xml_string(to_mjcf(humanoid, scenes.ground(friction=0.7)))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)  # the root lies on the ground, the legs through it, the girdles inside the chest
    assert data.ncon > 0
    assert (data.contact.geom.min(axis=1) == 0).all()
    assert_allclose(data.contact.friction[:, 0], 0.7)


@pytest.mark.parametrize("body", ["humanoid", "lopsided"])
def test_pybullet_reads_the_same_bodies(body: str, request: pytest.FixtureRequest, bullet, tmp_path: Path) -> None:
    humanoid: Humanoid = request.getfixturevalue(body)
    loaded = load(bullet, humanoid, tmp_path)
    assert bullet.getBodyInfo(loaded)[0].decode() == humanoid.body_names[0]
    joints = [bullet.getJointInfo(loaded, index) for index in range(bullet.getNumJoints(loaded))]
    assert tuple(joint[1].decode() for joint in joints) == humanoid.joint_names
    assert tuple(joint[12].decode() for joint in joints) == humanoid.body_names[1:]
    assert tuple(joint[16] + 1 for joint in joints) == humanoid.parents[1:]
    assert {joint[2] for joint in joints} == {pybullet.JOINT_SPHERICAL}
    dynamics = [bullet.getDynamicsInfo(loaded, index) for index in range(-1, len(joints))]
    assert_allclose([info[0] for info in dynamics], humanoid.mass, rtol=1e-12)
    assert_allclose([info[3] for info in dynamics], humanoid.com, atol=1e-12)
    inertia = in_body_axes(*(np.array([info[k] for info in dynamics]) for k in (2, 4)), scalar_first=False)
    assert_allclose(inertia, humanoid.inertia, atol=1e-10)
    # PyBullet gives a joint's position relative to the parent's centre of mass, in its principal axes.
    parents = np.array(humanoid.parents[1:])
    axes = Rotation.from_quat([dynamics[parent][4] for parent in parents])
    offsets = axes.apply([joint[14] for joint in joints]) + humanoid.com[parents]
    assert_allclose(offsets, humanoid.joint_offset[1:], atol=1e-9)


def test_pybullet_reads_the_same_shapes(humanoid: Humanoid, bullet, tmp_path: Path) -> None:
    loaded = load(bullet, humanoid, tmp_path)
    shapes = [shape for link in range(-1, 19) for shape in bullet.getCollisionShapeData(loaded, link)]
    kinds = {pybullet.GEOM_CAPSULE: "capsule", pybullet.GEOM_SPHERE: "sphere", pybullet.GEOM_BOX: "box"}
    assert [kinds[shape[2]] for shape in shapes] == [geom.kind for geom in humanoid.geoms]
    for shape, geom in zip(shapes, humanoid.geoms, strict=True):
        size = np.asarray(geom.size)
        expected = {"sphere": size[:1], "box": 2 * size, "capsule": [2 * size[-1], size[0]]}[geom.kind]
        assert_allclose(shape[3][: len(expected)], expected)


def test_tinydiffsim_reads_the_same_bodies(humanoid: Humanoid, tmp_path: Path) -> None:
    body = TinyDiffSim(humanoid, tmp_path).body
    links = body.links[3:]
    assert tuple(link.link_name for link in links) == humanoid.body_names
    assert tuple(link.joint_name for link in links[1:]) == humanoid.joint_names
    assert {link.joint_type for link in links} == {pytinydiffsim.TinyJointType.JOINT_SPHERICAL}
    assert_allclose([link.rbi.mass for link in links], humanoid.mass, rtol=1e-14)
    assert_allclose([[link.rbi.com[k] for k in range(3)] for link in links], humanoid.com, atol=1e-14)


def test_tinydiffsim_floats_by_itself_too(humanoid: Humanoid, tmp_path: Path) -> None:
    path = tmp_path / "humanoid.urdf"
    path.write_text(to_urdf(humanoid))
    body = pytinydiffsim.TinyMultiBody(True)
    urdf = pytinydiffsim.TinyUrdfParser().load_urdf(str(path), True)
    pytinydiffsim.UrdfToMultiBody2().convert2(urdf, pytinydiffsim.TinyWorld(), body)
    body.initialize()
    assert body.qd.size() == humanoid.degrees_of_freedom
    assert body.base_rbi().mass == pytest.approx(humanoid.mass[0])
