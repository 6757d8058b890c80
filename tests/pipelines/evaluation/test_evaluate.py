import json
import pathlib
import shutil
from collections.abc import Generator
from dataclasses import replace

import pytest

from data.builtin_clips import clip_path
from data.clip import InputError
from pipelines.config import RunConfig, ThroughCamera, load
from pipelines.evaluation import evaluate
from pipelines.evaluation.clip_set import ClipSet, builtin_clips, cmu_clips
from pipelines.evaluation.clip_task import ClipTask, reconstruct_clip
from pipelines.evaluation.evaluate import EvaluationOptions
from pipelines.process_pool import Outcome, run_in_processes
from pipelines.reconstruction.run_folder import RunFolder
from tests.messages import check_remedy
from tests.pipelines.conftest import QUICK, run_here


def test_the_fifteen_humanoid_clips_are_the_benchmark() -> None:
    assert len(builtin_clips(walker=False).clips) == 15
    assert len(builtin_clips(walker=True).clips) == 20
    assert builtin_clips(walker=False).clips["walk"] == "builtin:walk"


def test_recordings_are_found_by_name(tmp_path: pathlib.Path) -> None:
    (tmp_path / "walk.bvh").write_text("")
    assert cmu_clips(tmp_path).clips == {"walk": str(tmp_path / "walk.bvh")}
    through = cmu_clips(tmp_path, "human36m")
    assert (through.name, through.through_cameras) == ("cmu_through_human36m_cameras", True)
    assert not cmu_clips(tmp_path).through_cameras


def test_long_files_come_first(tmp_path: pathlib.Path) -> None:
    (tmp_path / "long.bvh").write_text("x" * 100)
    (tmp_path / "short.bvh").write_text("x")
    sources = {"walk": "builtin:walk", "short": str(tmp_path / "short.bvh"), "long": str(tmp_path / "long.bvh")}
    configs = {name: RunConfig(clip=source) for name, source in sources.items()}
    assert evaluate._longest_first(configs) == ["long", "short", "walk"]


def test_keypoints_are_followed_with_the_errors_that_a_configuration_has(quick_config: RunConfig) -> None:
    assert evaluate._set_cameras(quick_config, True).through == ThroughCamera()
    given = load(None, {"through.camera": "54138969", "through.errors.noise_px": 12.0})
    assert evaluate._set_cameras(given, True) is given
    assert evaluate._set_cameras(quick_config, False) is quick_config
    with pytest.raises(InputError, match="give --input keypoints, or leave it out"):
        evaluate._set_cameras(given, False)


def test_a_failing_clip_does_not_lose_the_others(
    tmp_path: pathlib.Path,
    quick_config: RunConfig,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(evaluate, "run_in_processes", run_here)
    config_file = tmp_path / "config.yaml"
    config_file.write_text(quick_config.to_yaml())
    (tmp_path / "broken.json").write_text(clip_path("walk").read_text()[:999])
    clips = ClipSet("set", {"walk": "builtin:walk", "broken": str(tmp_path / "broken.json")})
    with pytest.raises(SystemExit) as stopped:
        evaluate.run(clips, EvaluationOptions(tmp_path / "out", config_file, jobs=2))
    assert stopped.value.code == 1
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["clips"].keys() == {"walk"}
    assert results["mean"]["mpjpe_g_mm"] == results["clips"]["walk"]["mpjpe_g_mm"] > 0
    assert "broken.json is not a DeepMimic file, or is cut short" in results["failed"]["broken"]
    assert (tmp_path / "out" / "walk" / "motion.npz").is_file()
    said = capsys.readouterr()
    assert "broken failed: " in said.out
    walk = results["clips"]["walk"]["mpjpe_g_mm"]
    assert f"walk: {walk:.1f} mm, {results['verdicts']['walk']['level']}" in said.err


def test_clips_and_their_metrics_come_to_another_process_and_back(
    tmp_path: pathlib.Path, quick_config: RunConfig, quick_run: RunFolder
) -> None:
    """The run is finished already, so that the other process need not compile it."""
    shutil.copytree(quick_run.path, tmp_path / "walk")
    (tmp_path / "broken.json").write_text("{")
    broken = quick_config.model_copy(update={"clip": str(tmp_path / "broken.json")})
    tasks = {
        "walk": ClipTask(quick_config, tmp_path / "walk", resume=True),
        "broken": ClipTask(broken, tmp_path / "broken"),
    }
    outcomes = dict(run_in_processes(reconstruct_clip, tasks, jobs=1))
    assert outcomes["walk"] == Outcome(json.loads((quick_run / "metrics.json").read_text()))
    assert "broken.json is not a DeepMimic file, or is cut short" in (outcomes["broken"].failure or "")


@pytest.fixture
def finished(tmp_path: pathlib.Path, quick_run: RunFolder) -> pathlib.Path:
    """An evaluation's folder, in which one of its clips is done."""
    shutil.copytree(quick_run.path, tmp_path / "out" / "walk")
    return tmp_path / "out"


CLIPS = ClipSet("set", {"walk": "builtin:walk", "run": "builtin:run"})


def again(folder: pathlib.Path, **settings: object) -> None:
    evaluate.run(CLIPS, EvaluationOptions(folder, overrides={**QUICK, **settings}, jobs=1, resume=True))


def test_an_interrupted_clip_is_not_replaced_without_a_word(finished: pathlib.Path) -> None:
    """The command stops before it begins with any clip."""
    window = finished / "run" / "checkpoint" / "0000.npz"
    window.parent.mkdir(parents=True)
    window.write_bytes(b"")
    with pytest.raises(InputError, match="run holds an interrupted run with 1 windows done: go on with --resume"):
        evaluate.run(CLIPS, EvaluationOptions(finished, overrides=QUICK, jobs=1))
    assert window.exists()
    assert (finished / "walk" / "motion.npz").exists()


def test_what_is_finished_is_taken_as_it_is(finished: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, begun = json.loads((finished / "walk" / "metrics.json").read_text()), []

    def ending(tasks: dict[str, ClipTask], options: EvaluationOptions) -> Generator[tuple[str, Outcome]]:
        begun.extend(tasks)
        yield "run", Outcome(metrics)

    monkeypatch.setattr(evaluate, "_run_tasks", ending)
    again(finished)
    assert begun == ["run"]
    assert json.loads((finished / "results.json").read_text())["clips"].keys() == {"walk", "run"}


def test_what_was_made_with_other_settings_is_not_mixed_in(finished: pathlib.Path) -> None:
    with pytest.raises(
        InputError, match="has other settings \\(optimizer.max_evals: 3, now 4\\): resume it"
    ) as refused:
        again(finished, **{"optimizer.max_evals": 4})
    check_remedy(str(refused.value))


def test_an_interruption_keeps_what_is_finished(
    tmp_path: pathlib.Path, quick_run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = json.loads((quick_run / "metrics.json").read_text())

    def ending(tasks: dict[str, ClipTask], options: EvaluationOptions) -> Generator[tuple[str, Outcome]]:
        yield "run", Outcome(metrics)
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluate, "_run_tasks", ending)
    with pytest.raises(SystemExit) as stopped:
        evaluate.run(CLIPS, EvaluationOptions(tmp_path))
    assert stopped.value.code == 130
    assert json.loads((tmp_path / "results.json").read_text())["clips"].keys() == {"run"}
    assert "--resume goes on" in " ".join(capsys.readouterr().err.split())


def test_clips_that_are_absent_count_as_failed(
    tmp_path: pathlib.Path, quick_run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = json.loads((quick_run / "metrics.json").read_text())
    monkeypatch.setattr(evaluate, "_run_tasks", lambda tasks, options: (each for each in [("run", Outcome(metrics))]))
    clips = replace(CLIPS, absent={"S9/Waiting": "it is not there: get it"}, groups={"run": ("running",)})
    with pytest.raises(SystemExit) as stopped:
        evaluate.run(clips, EvaluationOptions(tmp_path))
    assert stopped.value.code == 1
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["failed"] == {"S9/Waiting": "it is not there: get it"}
    assert content["groups"]["running"] == content["mean"]
    assert "## Beside the paper" in (tmp_path / "results.md").read_text()
