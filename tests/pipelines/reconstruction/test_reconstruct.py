import csv
import json
import pathlib
import shutil
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data.clip import InputError
from data.formats import bvh
from data.formats.reading import ReadOptions
from diffphy.body.humanoid import BODY_NAMES
from diffphy.physics import scene
from diffphy.physics.simulate import Physics, State, rollout
from pipelines.config import RunConfig, load
from pipelines.inputs import prepare
from pipelines.reconstruction import method, motion_file
from pipelines.reconstruction import reconstruct_command as command
from pipelines.reconstruction.measure import Metrics, find_feet
from pipelines.reconstruction.motion_file import to_arrays
from pipelines.reconstruction.reconstruct import reconstruct
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import FEEDBACK, OVERLAY, RESULTS, VIDEO, RunFolder
from tests.block_person import boxes, volume, write_npz


@pytest.fixture(scope="session")
def motion(quick_run: RunFolder) -> ReconstructedMotion:
    return motion_file.load(quick_run)


def test_run_folder_is_complete(quick_run: RunFolder) -> None:
    names = {path.name for path in quick_run.path.iterdir()}
    assert names == {"config.yaml", "run.yaml", *RESULTS} - {VIDEO, OVERLAY, FEEDBACK}


def test_arrays_say_frame_unit_and_quaternion_order(motion: ReconstructedMotion) -> None:
    for name, array in to_arrays(motion).items():
        if array.dtype == np.float32 and array.ndim > 1:
            assert any(frame in name for frame in ("world", "parent", "frame", "shape_size", "scenery_size")), name
        if "quat" in name:
            assert name.endswith("wxyz")
            np.testing.assert_allclose(np.linalg.norm(array, axis=-1), 1.0, atol=1e-5)
    frames, joints = len(motion.time_s), len(motion.joint_names)
    assert motion.torque_child_frame_Nm.shape == (frames, joints, 3)
    assert motion.contact_force_world_N.shape == motion.contact_position_world_m.shape
    assert all(np.isfinite(array).all() for array in to_arrays(motion).values() if array.dtype == np.float32)


def test_the_steps_are_solved(motion: ReconstructedMotion) -> None:
    force = motion.residual_force_N
    assert force.shape == motion.time_s.shape
    assert 0.0 < force.max() < 0.01 * motion.body_weight


def test_motion_is_one_continuous_simulation(motion: ReconstructedMotion, quick_config: RunConfig) -> None:
    subject = prepare.prepare(quick_config)
    spin = motion.root_angular_velocity_root_frame_rad_per_s[:, None]
    spins = np.concatenate([spin, motion.joint_angular_velocity_child_frame_rad_per_s], axis=1)
    velocity = motion.root_velocity_world_m_per_s
    arrays = (motion.root_position_world_m, motion.local_rotations, velocity, spins)
    start = State(*(jnp.asarray(array[0]) for array in arrays))
    simulated, effort = jax.jit(rollout)(
        subject.humanoid.astype(np.float32),
        scene.ground().astype(np.float32),
        Physics(quick_config.simulation.control_fps, quick_config.simulation.substeps),
        start,
        jnp.asarray(motion.control_quat_parent_wxyz),
    )
    np.testing.assert_allclose(simulated.position, motion.root_position_world_m[1:], atol=1e-3)
    np.testing.assert_allclose(effort.torque, motion.torque_child_frame_Nm[1:], atol=2.0)


def test_metrics_are_those_of_the_saved_motion(quick_run: RunFolder, motion: ReconstructedMotion) -> None:
    metrics = json.loads((quick_run / "metrics.json").read_text())
    simulated = motion.body_position_world_m[:, motion.tracked_body]
    recorded = motion.input_joint_position_world_m[:, motion.tracked_input_joint]
    distance = 1000 * np.linalg.norm(simulated.astype(float) - recorded, axis=-1)
    assert metrics["result"]["mpjpe_g_mm"] == pytest.approx(distance.mean(), rel=1e-4)
    errors = [joint["error_mm"] for joint in metrics["joints"].values()]
    np.testing.assert_allclose(errors, distance.mean(axis=0), rtol=1e-4)
    assert metrics["retargeting"]["mpjpe_g_mm"] < 0.01  # this clip's skeleton has every joint that is compared
    assert metrics["reference"]["tv"] > 0
    assert metrics["joints"]["pelvis"]["input_joint"] == "root"
    assert metrics["definitions"].keys() == metrics["result"].keys()
    assert (metrics["verdict"]["level"], metrics["verdict"]["reasons"]) == ("good", [])
    (assumed,) = metrics["verdict"]["assumed"]
    assert f"a mass of {metrics['person']['mass_kg']:.0f} kg" in assumed
    assert metrics.keys() - Metrics.__optional_keys__ == Metrics.__required_keys__


def test_a_body_from_a_mesh_follows_too(quick_run: RunFolder, quick_config: RunConfig, tmp_path: pathlib.Path) -> None:
    """It keeps its own masses, and comes as near to the recording as the table's body, within a centimetre."""
    mesh = write_npz(tmp_path / "person.npz", boxes())
    body = quick_config.body.model_copy(update={"mesh": mesh})
    result = reconstruct(quick_config.model_copy(update={"body": body}), folder=tmp_path / "run")
    metrics: dict[str, Any] = {**result.metrics}
    person = metrics["person"]
    assert person["masses_from"] == "mesh person.npz"
    masses = motion_file.load(RunFolder(tmp_path / "run")).body_mass_kg
    shares = np.array([volume(boxes()[part]) for part in BODY_NAMES])
    np.testing.assert_allclose(masses, person["mass_kg"] * shares / shares.sum(), rtol=1e-5)
    usual = json.loads((quick_run / "metrics.json").read_text())
    assert usual["person"]["masses_from"] == "table of de Leva (1996)"
    assert metrics["result"]["mpjpe_g_mm"] < usual["result"]["mpjpe_g_mm"] + 10.0
    assert metrics["result"]["residual_force_pct"] < 1.0


def test_feet_are_the_points_that_both_have() -> None:
    """A toe of one foot alone would leave feet of one and of two points, which no array holds."""
    ankles = ["pelvis", "left_ankle", "right_ankle"]
    assert find_feet(ankles) == [[1], [2]]
    assert find_feet([*ankles, "right_toe"]) == [[1], [2]]
    assert find_feet([*ankles, "right_toe", "left_toe"]) == [[1, 4], [2, 3]]


def test_motion_bvh_holds_the_simulated_joints(quick_run: RunFolder, motion: ReconstructedMotion) -> None:
    clip = bvh.read(quick_run / "motion.bvh", ReadOptions(unit="cm"))
    joints = [clip.joint(name) for name in ("pelvis", *motion.joint_names)]
    np.testing.assert_allclose(clip.positions[:, joints], motion.body_position_world_m, atol=1e-4)
    assert clip.fps == pytest.approx(30.0)


def test_history_adds_up(quick_run: RunFolder) -> None:
    with (quick_run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    terms = rows[0].keys() - {"window", "first_frame", "evaluation", "total"}
    assert terms == {name for name, weight in load(None, {}).loss.items() if weight > 0}
    for row in rows:
        assert float(row["total"]) == pytest.approx(sum(float(row[term]) for term in terms), rel=1e-5)
    assert [int(row["first_frame"]) for row in rows if row["evaluation"] == "0"] == [0, *2 * [1, 13, 25, 37]]


def test_saved_configuration_reproduces_the_run(
    quick_run: RunFolder, motion: ReconstructedMotion, tmp_path: pathlib.Path
) -> None:
    reconstruct(quick_run.config, folder=tmp_path / "again")
    again = motion_file.load(RunFolder(tmp_path / "again"))
    np.testing.assert_array_equal(again.root_position_world_m, motion.root_position_world_m)


def interrupt_after(windows: int, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C arrives while the window after that many is optimised."""
    original = method.minimise_along_time

    def minimise(*args, **kwargs):
        if RunFolder(path).solved_windows == windows:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    monkeypatch.setattr(method, "minimise_along_time", minimise)


@pytest.mark.parametrize("done", [1, 7])
def test_interrupted_run_is_resumed_as_if_nothing_had_happened(
    done: int,
    motion: ReconstructedMotion,
    quick_config: RunConfig,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Interrupted in the first pass, before a window is beyond the reach of a fall, and in the second."""
    path = tmp_path / "run"
    overrides = {"clip": "builtin:walk", "optimizer.max_evals": 3, "output.video": False}
    config_file = tmp_path / "config.yaml"
    config_file.write_text(quick_config.to_yaml())
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(done, path, patch)
        with pytest.raises(SystemExit) as stopped:
            command.run(out=path, config_file=config_file, overrides=overrides, resume=False)
    assert stopped.value.code == 130
    assert f"diffphy reconstruct --out {path} --resume goes on" in " ".join(capsys.readouterr().err.split())
    assert not (path / "metrics.json").exists()
    with pytest.raises(InputError, match=f"an interrupted run with {done} windows done: go on with --resume"):
        command.run(out=path, config_file=config_file, overrides=overrides, resume=False)
    with pytest.raises(InputError, match=rf"{done} windows done: go on with --resume \(resume=True in Python\)"):
        reconstruct(quick_config, folder=path)
    assert RunFolder(path).solved_windows == done

    command.run(out=path, config_file=None, overrides={}, resume=True)
    resumed = motion_file.load(RunFolder(path))
    np.testing.assert_array_equal(resumed.root_position_world_m, motion.root_position_world_m)
    np.testing.assert_array_equal(resumed.torque_child_frame_Nm, motion.torque_child_frame_Nm)
    assert not (path / "checkpoint").exists()


@pytest.mark.parametrize("text", ["{", "[]", "null"])
def test_damaged_metrics_are_told_of(text: str, quick_run: RunFolder, tmp_path: pathlib.Path) -> None:
    shutil.copytree(quick_run.path, tmp_path / "run")
    (tmp_path / "run" / "metrics.json").write_text(text)
    with pytest.raises(InputError, match=r"metrics\.json is damaged: .*; start the run again"):
        reconstruct(quick_run.config, folder=tmp_path / "run", resume=True)


def test_resuming_a_finished_run_changes_nothing(quick_run: RunFolder) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in quick_run.path.iterdir()}
    lines: list[str] = []
    result = reconstruct(quick_run.config, folder=quick_run.path, resume=True, announce=lines.append)
    assert lines[-1] == "The run was finished already"
    assert result.metrics == json.loads((quick_run / "metrics.json").read_text())
    assert before == {path.name: path.stat().st_mtime_ns for path in quick_run.path.iterdir()}
