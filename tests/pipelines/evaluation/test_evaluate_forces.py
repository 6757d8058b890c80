"""Recordings on plates whose runs are a finished run that is copied."""

import json
import pathlib
import shutil
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from data import formats
from data.clip import InputError
from data.force_plates import mean_over_intervals
from pipelines.config import load
from pipelines.evaluation import evaluate, evaluate_forces
from pipelines.evaluation.clip_task import ClipTask
from pipelines.evaluation.evaluate import EvaluationOptions
from pipelines.evaluation.force_trials import find_trials
from pipelines.evaluation.plate_truth import PlateTruth, find_truth
from pipelines.process_pool import Outcome
from pipelines.reconstruction.run_folder import RunFolder
from tests.data.formats.test_c3d import full_centres
from tests.data.formats.test_c3d import write as write_c3d
from tests.messages import check_remedy
from tests.pipelines.evaluation.plates import (
    START_S,
    STEP_S,
    WEIGHT,
    bounce_force,
    on_left,
    walk_force,
    write_bounce,
    write_plates,
    write_trial,
    write_walk,
)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A walk; the same one on a right plate that measures too much; one without plates; and a bounce in place."""
    folder = tmp_path_factory.mktemp("laboratory")
    write_trial(folder)
    write_trial(folder, "heavy_right", right=1.1)
    shutil.copy(folder / "walk.trc", folder / "without.trc")
    write_bounce(folder)
    return folder


def truth_of(path: pathlib.Path, **settings: float) -> PlateTruth:
    found = find_truth(path, load(None, {"clip": str(path), **settings}))
    assert found is not None
    return found


def test_plates_tell_steps_and_weight_and_the_run_begins_before_them(laboratory: pathlib.Path) -> None:
    truth = truth_of(laboratory / "walk.trc")
    assert {step.side for step in truth.steps} == {"left", "right"}
    assert truth.weight_N == pytest.approx(WEIGHT, rel=0.005)
    assert truth.settings["body.mass_kg"] == pytest.approx(WEIGHT / 9.81, rel=0.005)
    assert any("from the impulse of the steps" in note for note in truth.notes)
    first = min(step.start_s for step in truth.steps)
    assert truth.start_s == pytest.approx(max(START_S, first - 0.5), abs=0.011)


def test_the_force_of_a_bounce_follows_from_its_markers(laboratory: pathlib.Path) -> None:
    """The plates measured what Newton's law says of the motion. The low-pass at 8 Hz takes 1 % of 2.5 Hz."""
    truth = truth_of(laboratory / "bounce.trc")
    assert [step.side for step in truth.steps] == ["left", "right"]
    assert truth.weight_N == pytest.approx(WEIGHT, rel=0.005)
    inside = truth.recorded.known & (truth.recorded.time_s > 0.2) & (truth.recorded.time_s < 2.7)
    assert inside.mean() > 0.8
    expected = bounce_force(truth.recorded.time_s + truth.start_s - START_S)
    for foot in truth.recorded.foot.T:
        np.testing.assert_allclose(foot[inside], expected[inside], atol=0.004)


@pytest.mark.parametrize("belt", [False, True], ids=["over ground", "on a treadmill"])
@pytest.mark.parametrize("heading", [0.0, np.pi / 2, np.pi], ids=["along x", "along y", "against x"])
def test_the_forces_of_an_inverted_pendulum_follow_from_its_markers(
    tmp_path: pathlib.Path, heading: float, belt: bool
) -> None:
    """Its steps, its weight and the force of each foot, ahead and sideways too, are known without our body."""
    write_walk(tmp_path, heading, belt=belt)
    truth = truth_of(tmp_path / "walk.trc")
    middle = truth.steps[2].point_m[np.isfinite(truth.steps[2].point_m[:, 0])]
    assert np.ptp(middle, axis=0).max() < 0.02  # a foot that stands presses in one place, also as seen from a belt
    assert [step.side for step in truth.steps] == ["left", "right"] * 3
    assert truth.weight_N == pytest.approx(WEIGHT, rel=0.005)
    recorded, time = truth.recorded, truth.recorded.time_s + truth.start_s - START_S
    assert not recorded.elsewhere.any()
    way = np.array([[np.cos(heading), np.sin(heading), 0], [-np.sin(heading), np.cos(heading), 0], [0, 0, 1]])
    inside = recorded.known & (np.abs(time % STEP_S - STEP_S / 2) < 0.15)  # The low-pass takes the jump between steps.
    error = np.abs(recorded.total[inside] @ way.T - walk_force(time[inside]))
    assert (error.max(axis=0) < [0.012, 0.004, 0.012]).all()
    np.testing.assert_array_equal(recorded.share[inside, 0], on_left(time[inside]))
    changes = time[np.flatnonzero(np.diff(recorded.share[:, 0] > 0.5)) + 1]
    np.testing.assert_allclose(changes, STEP_S * np.arange(1, 6), atol=0.01)


def test_a_mass_that_is_given_counts_where_nobody_stands_still(laboratory: pathlib.Path) -> None:
    truth = truth_of(laboratory / "walk.trc", **{"body.mass_kg": 62.0})
    assert truth.weight_N == pytest.approx(62.0 * 9.81, rel=1e-3)
    assert "body.mass_kg" not in truth.settings


def test_a_mass_that_contradicts_the_plates_is_warned_of(
    laboratory: pathlib.Path,
    tmp_path: pathlib.Path,
    quick_run: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("walk.trc", "walk_grf.mot"):
        shutil.copy(laboratory / name, tmp_path / name)
    (tmp_path / "walk.yaml").write_text("body: {mass_kg: 120}\n")
    run_copies(monkeypatch, tmp_path, tmp_path / "out", quick_run, mass_kg=120.0)
    said = " ".join(capsys.readouterr().err.split())
    assert "walk: body weight 1177 N" in said
    assert "The mass is wrong, or a part of the weight is beside the plates" in said


def test_a_foot_that_is_partly_beside_its_plate_is_left_out(laboratory: pathlib.Path, tmp_path: pathlib.Path) -> None:
    write_trial(tmp_path, right=0.6)
    truth = truth_of(tmp_path / "walk.trc")
    assert {step.side for step in truth.steps} == {"left"}
    assert any("the right foot" in note and "of what it must carry alone" in note for note in truth.notes)
    assert truth.weight_N == pytest.approx(WEIGHT, rel=0.01)


def run_copies(
    monkeypatch: pytest.MonkeyPatch,
    root: pathlib.Path,
    out: pathlib.Path,
    run: RunFolder,
    damaged: str = "",
    mass_kg: float = WEIGHT / 9.81,
) -> dict[str, Any]:
    """Evaluate a folder, where every run is a copy of a finished one, and one of them has lost its motion."""

    def copy(tasks: dict[str, ClipTask], options: EvaluationOptions) -> Generator[tuple[str, Outcome]]:
        for trial, task in tasks.items():
            assert task.config.body.mass_kg == pytest.approx(mass_kg, rel=0.06)
            shutil.copytree(run.path, task.path)
            if trial == damaged:
                (task.path / "motion.npz").write_bytes(b"nothing")
            yield trial, Outcome(json.loads((run / "metrics.json").read_text()))

    monkeypatch.setattr(evaluate, "_run_tasks", copy)
    evaluate_forces.run(root, EvaluationOptions(out))
    return json.loads((out / "results.json").read_text())


def test_steps_stand_beside_the_recording_alone(
    laboratory: pathlib.Path,
    tmp_path: pathlib.Path,
    quick_run: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = run_copies(monkeypatch, laboratory, tmp_path / "out", quick_run)
    steps = results["steps"]
    assert {name.rpartition(" ")[0] for name in steps} == {
        f"{trial} {side}" for trial in ("walk", "heavy_right", "bounce") for side in ("left", "right")
    }
    for name, step in steps.items():
        assert step["baseline_vertical_r"] > 0.999
        if name.startswith("bounce"):  # Its truth is that of Newton's law.
            assert step["baseline_vertical_nrmse_pct"] < 1.5
        if name.startswith("heavy_right"):  # Its weight is between those that the two plates say.
            assert step["baseline_vertical_nrmse_pct"] == pytest.approx(4.0, abs=3.0)
        assert step["vertical_nrmse_pct"] > step["baseline_vertical_nrmse_pct"]
        assert step["vertical_rms_N_per_kg"] == pytest.approx(9.81 * step["vertical_rms_bw"])
    whole = next(step for name, step in steps.items() if name.startswith("walk left") and step["cop_mm"] is not None)
    assert 0.0 < whole["cop_mm"] < 200.0
    mean = results["mean"]["vertical_nrmse_pct"]
    assert mean == pytest.approx(np.mean([step["vertical_nrmse_pct"] for step in steps.values()]))
    assert results["clips"]["walk"]["mpjpe_g_mm"] > 0.0
    assert "without" in capsys.readouterr().out.split("left out: ")[1]
    for trial in ("walk", "heavy_right", "bounce"):
        assert (tmp_path / "out" / trial / "steps.png").stat().st_size > 10_000
    assert (tmp_path / "out" / "results.csv").read_text().count("\n") == len(steps) + 2


def test_a_run_that_cannot_be_read_leaves_the_others(
    tmp_path: pathlib.Path, quick_run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gait").mkdir()
    for name in ("first", "second"):
        write_bounce(tmp_path / "gait", name)
    with pytest.raises(SystemExit) as ended:
        run_copies(monkeypatch, tmp_path / "gait", tmp_path / "out", quick_run, damaged="first")
    assert ended.value.code == 1
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert set(results["failed"]) == {"first"}
    assert "motion.npz" in results["failed"]["first"]
    assert {name.split()[0] for name in results["steps"]} == {"second"}
    assert set(results["clips"]) == {"second"}
    assert "first failed" in capsys.readouterr().out.replace("\n", " ")


def test_settings_beside_a_recording_count_and_are_checked(laboratory: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for name in ("walk.trc", "walk_grf.mot"):
        shutil.copy(laboratory / name, tmp_path / name)
    (tmp_path / "walk.yaml").write_text("body: {mass_kg: 63}\ninput: {end_s: 1.0}\n")
    trials = find_trials(tmp_path, None, {"body.mass_kg": None})
    assert trials.clips.own["walk"] == {"body.mass_kg": 63.0, "input.end_s": 1.0}
    (tmp_path / "walk.yaml").write_text("camera: {}\n")
    with pytest.raises(InputError, match="walk.yaml"):
        find_trials(tmp_path, None, {})


def test_two_recordings_of_one_name_are_two(laboratory: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A laboratory exports a trial as C3D and for OpenSim. Neither hides the other."""
    for name in ("walk.trc", "walk_grf.mot", "bounce.trc", "bounce_grf.mot"):
        shutil.copy(laboratory / name, tmp_path / name)
    write_c3d(tmp_path / "walk.c3d", full_centres(formats.read("builtin:walk")))
    trials = find_trials(tmp_path, None, {})
    assert set(trials.truths) == set(trials.clips.clips) == {"walk.trc", "bounce"}
    assert trials.skipped == ("walk.c3d",)


@pytest.mark.parametrize("case", ["no folder", "no plates", "nobody near", "z up", "millimetres"])
def test_a_folder_without_steps_is_refused(laboratory: pathlib.Path, tmp_path: pathlib.Path, case: str) -> None:
    root = tmp_path / "gait"
    if case != "no folder":
        root.mkdir()
        shutil.copy(laboratory / "walk.trc", root / "walk.trc")
    if case in ("nobody near", "z up", "millimetres"):
        force = np.tile([0.0, 0.0, 300.0], (130, 2, 1))
        far = [9.0 if case == "nobody near" else 0.0, 0.0, 6.0 if case == "millimetres" else 0.0]
        write_plates(root / "walk_grf.mot", force, np.broadcast_to(far, force.shape))
    if case == "z up":
        (root / "walk.yaml").write_text("input: {up_axis: z}\n")
    with pytest.raises(InputError) as raised:
        find_trials(root, None, {})
    check_remedy(str(raised.value))
    assert "body weight" not in str(raised.value)
    expected = {
        "nobody near": "no foot is near",
        "z up": "but walk_grf.mot y",
        "no plates": "neither a C3D file",
        "millimetres": "m, but its centres of pressure are at 6.00 m: export the points in m",
    }
    assert expected.get(case, "there is no folder") in str(raised.value)


def test_a_real_walk_has_one_whole_step(test_data: pathlib.Path) -> None:
    """The left foot stood partly beside its plate."""
    truth = truth_of(test_data / "mocap" / "c3d" / "walking2.c3d")
    (step,) = truth.steps
    assert (step.side, step.start_s, step.end_s) == ("right", pytest.approx(2.6745), pytest.approx(3.244))
    assert any("the left foot is partly off it" in note for note in truth.notes)
    assert truth.weight_N == pytest.approx(630.0, rel=0.01)
    assert not truth.recorded.elsewhere.any()
    after_s = truth.plates.time_s - truth.start_s
    inside = (truth.plates.time_s >= step.start_s) & (truth.plates.time_s <= step.end_s)
    ends = np.arange(step.start_s - truth.start_s, step.end_s - truth.start_s + 0.05, 1 / 30)
    share = truth.recorded.share[:, 1]
    on_foot, measured = (
        mean_over_intervals(time, vertical, ends, 1 / 30)
        for time, vertical in (
            (truth.recorded.time_s, truth.recorded.total[:, 2] * share),
            (after_s, step.force_N[:, 2] / truth.weight_N),
        )
    )
    assert np.sqrt(((on_foot - measured) ** 2).mean()) < 0.08
    early, late = np.array_split(np.flatnonzero(inside), 2)
    ahead = np.nan_to_num(step.point_m)[inside][[100, -100], :2]  # where the foot loads first, and last
    recorded = np.stack(
        [np.interp(after_s, truth.recorded.time_s, each) for each in truth.recorded.total.T[:2]], axis=1
    )
    for force in (step.force_N[:, :2], recorded):  # it brakes, then pushes
        along = force @ (ahead[1] - ahead[0])
        assert along[early].sum() < 0.0 < along[late].sum()


def test_who_sits_has_only_a_part_of_the_weight_on_the_feet(test_data: pathlib.Path) -> None:
    """Somebody rises from a chair and sits down again, five times. Nobody said where the chair is."""
    truth = truth_of(test_data / "forces" / "subject4" / "STS1.trc")
    recorded, plates = truth.recorded, truth.plates
    assert 0.3 < recorded.seated.mean() < 0.5
    assert not recorded.elsewhere.any()
    feet = np.interp(plates.time_s - truth.start_s, recorded.time_s, recorded.foot.sum(axis=1))
    inside = (plates.time_s > truth.start_s + 0.1) & (plates.time_s < plates.time_s[-1] - 0.1)
    error = (feet - plates.vertical_N / truth.weight_N)[inside]
    assert np.sqrt((error**2).mean()) < 0.075
    bare = recorded.without_seat()
    assert bare.elsewhere[recorded.seated].all()
    assert not bare.seated.any()
