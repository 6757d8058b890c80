"""The files for MuJoCo, loaded by MuJoCo: the same places, the same forces, and a body that stands."""
# pyright: reportAttributeAccessIssue=false
# MuJoCo's names come from compiled modules without stubs.

import contextlib
import pathlib
import runpy
import sys
import types
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose

from data.clip import InputError
from diffphy.physics.simulate import Effort, Physics, State, step
from diffphy.rotations import interpolate
from pipelines.exports import export
from pipelines.exports.mujoco import write
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.body_of_motion import BODY, humanoid_of, scene_of
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder


@pytest.fixture(scope="module")
def folder(motion: ReconstructedMotion, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("mujoco")
    write(motion, path, "walk")
    return path


@pytest.fixture(scope="module")
def model(folder: pathlib.Path) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_path(str(folder / "walk_mujoco.xml"))


@pytest.fixture(scope="module")
def arrays(folder: pathlib.Path) -> dict[str, np.ndarray]:
    return dict(np.load(folder / "walk_mujoco.npz"))


def test_bodies_are_where_ours_are(
    model: mujoco.MjModel, arrays: dict[str, np.ndarray], motion: ReconstructedMotion
) -> None:
    data = mujoco.MjData(model)
    for frame in range(39):
        data.qpos[:] = arrays["qpos"][frame]
        mujoco.mj_kinematics(model, data)
        assert_allclose(data.xpos[1:], motion.body_position_world_m[frame], atol=1e-5)
    assert arrays["qvel"].shape == (39, model.nv)
    assert arrays["ctrl"].shape == (39, model.nu)
    assert arrays["fps_hz"] == 30


def test_gains_limits_and_step_are_ours(model: mujoco.MjModel, motion: ReconstructedMotion) -> None:
    body = humanoid_of(motion)
    assert model.opt.timestep == pytest.approx(1 / 960)  # an eighth of ours
    assert [model.actuator(k).name for k in (0, 1, 2)] == [f"{body.joint_names[0]}_{axis}" for axis in "xyz"]
    assert_allclose(model.actuator_gainprm[:, 0].reshape(19, 3), np.tile(body.kp, (3, 1)).T, rtol=1e-6)
    assert_allclose(model.actuator_forcerange[:, 1].reshape(19, 3), np.tile(body.torque_limit, (3, 1)).T, rtol=1e-6)
    assert_allclose(-model.actuator_biasprm[:, 2].reshape(19, 3), np.tile(body.kd, (3, 1)).T, rtol=1e-6)


def simulate_again(motion: ReconstructedMotion, frame: int) -> Iterator[tuple[State, State, Effort]]:
    """The steps from a frame to the next: the states before and after each, and what acted."""
    body, scene = humanoid_of(motion).astype(np.float32), scene_of(motion).astype(np.float32)
    physics = Physics(30.0, 4)
    state = jax.tree.map(lambda array: array[frame], motion.states)
    control = jnp.asarray(motion.control_quat_parent_wxyz)
    advance = jax.jit(step)
    for number in range(1, 5):
        fraction = jnp.full(19, number / 4, jnp.float32)
        after, effort = advance(body, scene, physics, state, interpolate(control[frame], control[frame + 1], fraction))
        yield state, after, effort
        state = after


def test_inverse_dynamics_leaves_at_the_root_what_the_residual_says(
    model: mujoco.MjModel, arrays: dict[str, np.ndarray], motion: ReconstructedMotion
) -> None:
    """MuJoCo's inverse dynamics of our steps, less our contact forces: our torques, and next to nothing at the root."""
    mujoco_alone = mujoco.MjData(model)
    model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
    weight = motion.body_weight
    try:
        for frame in (3, 12, 30):
            for before, after, effort in simulate_again(motion, frame):
                data = mujoco_alone
                data.qpos[:] = np.concatenate([before.position, np.ravel(before.rotation)])
                velocities = [np.concatenate([s.velocity, np.ravel(s.angular_velocity)]) for s in (before, after)]
                data.qvel[:] = velocities[0]
                data.qacc[:] = (velocities[1] - velocities[0]) * 120
                mujoco.mj_inverse(model, data)
                left = data.qfrc_inverse - contact_part(model, data, motion, np.asarray(effort.contact_force, float))
                assert_allclose(left[6:].reshape(19, 3), effort.torque, atol=0.2)
                assert np.linalg.norm(left[:3]) < 1e-3 * weight + float(effort.residual_force)
                assert np.linalg.norm(left[3:6]) < 0.2
    finally:
        model.opt.disableflags = 0


def contact_part(
    model: mujoco.MjModel, data: mujoco.MjData, motion: ReconstructedMotion, force: np.ndarray
) -> np.ndarray:
    """The generalized force of contact forces on the lowest points of the spheres."""
    total, jacobian = np.zeros(model.nv), np.zeros((3, model.nv))
    for sphere, body in enumerate(motion.contact_body + 1):
        center = data.xpos[body] + data.xmat[body].reshape(3, 3) @ motion.contact_offset_body_frame_m[sphere]
        point = center - [0.0, 0.0, float(motion.contact_radius_m[sphere])]
        mujoco.mj_jac(model, data, jacobian, None, point, body)
        total += jacobian.T @ force[sphere]
    return total


def test_the_controls_give_our_torques(
    model: mujoco.MjModel, arrays: dict[str, np.ndarray], motion: ReconstructedMotion
) -> None:
    """At the end of the step before a frame, where no torque is near its limit."""
    data = mujoco.MjData(model)
    for frame in (3, 12, 30):
        for name in ("qpos", "qvel", "ctrl"):
            getattr(data, name)[:] = arrays[name][frame]
        mujoco.mj_forward(model, data)
        *_, (_, _, effort) = simulate_again(motion, frame - 1)
        free = np.linalg.norm(effort.torque, axis=1) < 0.6 * motion.joint_torque_limit_Nm
        assert free.sum() > 12
        assert_allclose(data.qfrc_actuator[6:].reshape(19, 3)[free], effort.torque[free], rtol=0.02, atol=1.0)


def test_the_standing_keyframe_stands_for_a_second_and_falls_without_exploding(model: mujoco.MjModel) -> None:
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.key("standing").id)
    mujoco.mj_forward(model, data)
    height = data.qpos[2]
    assert -1e-3 < data.contact.dist.min() < 1e-3  # the soles touch, the pelvis is above them
    for _ in range(800):
        mujoco.mj_step(model, data)
    assert data.qpos[2] > 0.95 * height
    for _ in range(3200):
        mujoco.mj_step(model, data)
        assert np.abs(data.qvel).max() < 100
    assert not any(warning.number for warning in data.warning)


@pytest.mark.parametrize("rounds", [2.0, 0.25])
def test_the_player_repeats_the_motion_until_its_window_is_closed(
    rounds: float, folder: pathlib.Path, arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing goes on after that, also where it is closed in the middle of the motion."""
    frames = int(rounds * len(arrays["qpos"]))
    shown: list[np.ndarray] = []

    @contextlib.contextmanager
    def launch(model: mujoco.MjModel, data: mujoco.MjData) -> Iterator[types.SimpleNamespace]:
        yield types.SimpleNamespace(is_running=lambda: len(shown) < frames, sync=lambda: shown.append(data.qpos.copy()))

    viewer = types.ModuleType("mujoco.viewer")
    viewer.launch_passive = launch
    monkeypatch.setitem(sys.modules, "mujoco.viewer", viewer)
    monkeypatch.setattr(mujoco, "viewer", viewer, raising=False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    runpy.run_path(str(folder / "walk_mujoco.py"))
    assert_allclose(shown, np.tile(arrays["qpos"], (2, 1))[:frames])


def test_a_run_without_inertias_is_told_how_to_get_them(quick_run: RunFolder, tmp_path: pathlib.Path) -> None:
    kept = {
        key: values for key, values in motion_file.to_arrays(motion_file.load(quick_run)).items() if key not in BODY
    }
    np.savez(tmp_path / "motion.npz", **kept)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match=r"an earlier version made the run .* repeat it with diffphy reconstruct"):
        export.run(tmp_path, to="mujoco", out=None)
    assert [path.name for path in tmp_path.iterdir()] == ["motion.npz"]
    export.run(tmp_path, to="csv", out=None)  # which needs none
