"""The files for OpenSim, read by numpy and ElementTree, and held against MuJoCo and the contacts of the motion."""
# pyright: reportAttributeAccessIssue=false
# MuJoCo's names come from compiled modules without stubs.

import pathlib
import re
from dataclasses import replace
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial import Delaunay
from scipy.spatial.transform import Rotation

from data import formats
from diffphy.export import to_mjcf
from pipelines.exports.opensim import write
from pipelines.reconstruction.body_of_motion import humanoid_of
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

TO_Y_UP = Rotation.from_rotvec([-np.pi / 2, 0, 0])  # our z becomes Y, our x stays X


@pytest.fixture(scope="module")
def folder(motion: ReconstructedMotion, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("opensim")
    write(motion, path, "walk")
    return path


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The columns of a MOT or STO file, whose head says how many there are."""
    lines = path.read_text().splitlines()
    end = lines.index("endheader")
    head = dict(line.split("=") for line in lines[:end] if "=" in line)
    names = lines[end + 1].split("\t")
    values = np.loadtxt(lines[end + 2 :])
    assert values.shape == (int(head["nRows"]), int(head["nColumns"])) == (len(values), len(names))
    return dict(zip(names, values.T, strict=True))


def vector(columns: dict[str, np.ndarray], stem: str) -> np.ndarray:
    """A vector over time, in our axes."""
    return TO_Y_UP.inv().apply(np.stack([columns[f"{stem}{axis}"] for axis in "xyz"], axis=1))


def test_markers_are_where_the_joints_are(folder: pathlib.Path, motion: ReconstructedMotion) -> None:
    lines = (folder / "walk.trc").read_text().splitlines()
    names = lines[3].split("\t")[2::3]
    values = np.loadtxt(lines[6:])
    assert_allclose(values[:, 1], np.arange(39) / 30, atol=1e-6)
    points = dict(zip(names, values[:, 2:].reshape(39, -1, 3).swapaxes(0, 1), strict=True))
    for body, joint in enumerate(["pelvis", *motion.joint_names.tolist()]):
        assert_allclose(TO_Y_UP.inv().apply(points[joint]), motion.body_position_world_m[:, body], atol=2e-6)
    # The points of the skin: on the head, on the ground while the foot stands, and at the ends of the limbs.
    assert (points["head_top"][:, 1] > points["neck"][:, 1] + 0.1).all()
    for side in ("left", "right"):
        for point in ("heel", "toe_tip"):
            assert -0.02 < points[f"{side}_{point}"][:, 1].min() < 0.01
        assert_allclose(np.linalg.norm(points[f"{side}_finger_tip"] - points[f"{side}_wrist"], axis=1), 0.15, atol=0.1)


def test_our_reader_finds_the_person_in_the_markers(folder: pathlib.Path, motion: ReconstructedMotion) -> None:
    clip = formats.read(folder / "walk.trc")
    assert clip.fps == 30
    for joint in ("left_knee", "right_ankle", "left_elbow"):
        height = motion.body_position_world_m[:, 1 + motion.joint_names.tolist().index(joint), 2]
        found = clip.positions[:, clip.joint(joint), 2]
        assert_allclose(found - found[0], height - height[0], atol=1e-3)


def test_the_impulse_of_the_ground_moves_the_centre_of_mass(folder: pathlib.Path, motion: ReconstructedMotion) -> None:
    """By MuJoCo's kinematics: vertical impulse less weight times time is mass times change of velocity."""
    forces = read(folder / "walk_ground_forces.mot")
    model = mujoco.MjModel.from_xml_string(to_mjcf(humanoid_of(motion)))
    data = mujoco.MjData(model)

    def velocity(frame: int) -> float:
        state = motion.states
        data.qpos[:] = np.concatenate([state.position[frame], np.ravel(state.rotation[frame])])
        data.qvel[:] = np.concatenate([state.velocity[frame], np.ravel(state.angular_velocity[frame])])
        mujoco.mj_forward(model, data)
        mujoco.mj_subtreeVel(model, data)
        return float(data.subtree_linvel[1, 2])

    mass, step = float(model.body_subtreemass[1]), 1 / 30
    vertical = sum(values for name, values in forces.items() if name.endswith("_vy"))
    weight_impulse = 9.81 * mass * len(np.asarray(vertical)) * step
    change = mass * (velocity(-1) - velocity(0))
    assert np.sum(vertical) * step - weight_impulse == pytest.approx(change, abs=0.01 * weight_impulse)


def test_loads_are_those_of_the_contacts(folder: pathlib.Path, motion: ReconstructedMotion) -> None:
    """Force and moment about the world's origin, and the centre of pressure inside the sole."""
    forces = read(folder / "walk_ground_forces.mot")
    assert_allclose(forces["time"], (np.arange(38) + 0.5) / 30, atol=1e-6)
    half_way = 0.5 * (motion.contact_position_world_m[1:] + motion.contact_position_world_m[:-1]).astype(float)
    contact = motion.contact_force_world_N[1:].astype(float)
    owner = motion.body_names[motion.contact_bodies]
    for side in ("right", "left"):
        force, point, torque = (
            vector(forces, f"ground_{stem}")
            for stem in (f"force_{side[0]}_v", f"force_{side[0]}_p", f"torque_{side[0]}_")
        )
        mine = owner == f"{side}_foot"
        assert mine.sum() == 8
        assert_allclose(force, contact[:, mine].sum(axis=1), atol=1e-3)
        moment = np.cross(half_way[:, mine], contact[:, mine]).sum(axis=1)
        assert_allclose(np.cross(point, force) + torque, moment, atol=1e-2)
        loaded = np.flatnonzero(force[:, 2] > 20)
        assert len(loaded) > 5
        for frame in loaded:
            sole = Delaunay(half_way[frame, mine, :2])
            assert sole.find_simplex(point[frame, None, :2], tol=1e-6)[0] >= 0
        assert np.abs(torque[loaded, :2]).max() < 3.0  # nearly all of the moment is explained by the point
        assert np.abs(point[:, :2] - half_way[:, mine, :2].mean(axis=1)).max() < 0.3  # also where nothing touches


@pytest.mark.parametrize("side", ["r", "l"])
def test_angles_turn_the_bones_in_opensims_axes(side: str, folder: pathlib.Path, motion: ReconstructedMotion) -> None:
    """Composed about Z, X and Y, as a joint of OpenSim does it. The left side mirrors the right one."""
    angles = read(folder / "walk_angles.mot")
    name = {"r": "right", "l": "left"}[side]
    sign = {"r": 1, "l": -1}[side]
    for kind, terms in (
        ("hip", ("flexion", "adduction", "internal_rotation")),
        ("ankle", ("dorsiflexion", "inversion", "internal_rotation")),
    ):
        z, x, y = (angles[f"{kind}_{term}_{side}"] for term in terms)
        composed = Rotation.from_euler("ZXY", np.stack([z, sign * x, sign * y], axis=1), degrees=True)
        joint = motion.joint_names.tolist().index(f"{name}_{kind}")
        ours = Rotation.from_quat(motion.joint_quat_parent_wxyz[:, joint], scalar_first=True)
        assert (composed.inv() * TO_Y_UP * ours * TO_Y_UP.inv()).magnitude().max() < 1e-5
    pelvis = np.stack([angles[f"pelvis_{term}"] for term in ("tilt", "list", "rotation")], axis=1)
    ours = Rotation.from_quat(motion.root_quat_world_wxyz, scalar_first=True)
    turned = Rotation.from_euler("ZXY", pelvis, degrees=True)
    assert (turned.inv() * TO_Y_UP * ours * TO_Y_UP.inv()).magnitude().max() < 1e-5
    assert_allclose(angles["pelvis_ty"], motion.root_position_world_m[:, 2], atol=1e-6)


def test_moments_have_the_names_of_the_angles(folder: pathlib.Path, motion: ReconstructedMotion) -> None:
    angles, moments = read(folder / "walk_angles.mot"), read(folder / "walk_moments.sto")
    joints = {name for name in angles if not name.startswith(("pelvis", "time"))}
    assert {name.removesuffix("_moment") for name in moments if name != "time"} == joints
    knee = motion.joint_names.tolist().index("right_knee")
    assert_allclose(moments["knee_flexion_r_moment"], motion.torque_child_frame_Nm[1:, knee, 1], rtol=0.1, atol=2.0)


def test_external_loads_name_columns_of_the_forces(folder: pathlib.Path) -> None:
    root = ElementTree.parse(folder / "walk_external_loads.xml").getroot()
    datafile = root.findtext("ExternalLoads/datafile")
    assert datafile is not None
    columns = read(folder / datafile)
    loads = root.findall("ExternalLoads/objects/ExternalForce")
    assert [load.findtext("applied_to_body") for load in loads][:2] == ["calcn_r", "calcn_l"]
    named = [root.find("ExternalLoads"), *loads]
    assert all(re.fullmatch(r"\w+", each.get("name", "")) for each in named if each is not None)  # as OpenSim wants it
    for load in loads:
        for key in ("force_identifier", "point_identifier", "torque_identifier"):
            assert all(f"{load.findtext(key)}{axis}" in columns for axis in "xyz")


def test_the_files_say_their_rate_and_the_residual(
    folder: pathlib.Path, motion: ReconstructedMotion, tmp_path: pathlib.Path
) -> None:
    head = (folder / "walk_ground_forces.mot").read_text().split("endheader")[0]
    assert "One row for each control frame: 30 a second." in head
    assert f"{motion.residual_force_N[1:].max():.3g} N at most" in head
    old = replace(motion, residual_force_N=np.full_like(motion.residual_force_N, np.nan))
    write(old, tmp_path, "old")
    assert "is not known: an earlier version made the run" in (tmp_path / "old_ground_forces.mot").read_text()


def test_whatever_else_touches_has_its_own_columns(motion: ReconstructedMotion, tmp_path: pathlib.Path) -> None:
    force = motion.contact_force_world_N.copy()
    hand = motion.body_names[motion.contact_body] == "left_hand"
    head = motion.body_names[motion.contact_body] == "head"
    force[10:20, hand] = [0.0, 5.0, 30.0]
    force[10:20, head] = [0.0, 0.0, 40.0]
    write(replace(motion, contact_force_world_N=force), tmp_path, "walk")
    columns = read(tmp_path / "walk_ground_forces.mot")
    assert_allclose(vector(columns, "ground_force_left_hand_v")[9:19], hand.sum() * np.array([[0, 5, 30.0]] * 10))
    bodies = ElementTree.parse(tmp_path / "walk_external_loads.xml").getroot().iter("applied_to_body")
    assert {body.text for body in bodies} == {"calcn_r", "calcn_l", "hand_l", "torso"}
