"""Films are a finished run that is copied: what a run does with a film is tested elsewhere."""

import json
import pathlib
import shutil
from collections.abc import Generator
from dataclasses import replace

import pytest

from data.joint_tracks import JointTracks
from pipelines.evaluation import evaluate, evaluate_films
from pipelines.evaluation.clip_task import ClipTask
from pipelines.evaluation.evaluate import EvaluationOptions
from pipelines.evaluation.joint_comparison import ARMS, LEGS
from pipelines.process_pool import Outcome
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.run_folder import RunFolder
from tests.pipelines.evaluation.films import in_another_world, write_joints

START_S = 12.0  # where in the film the run begins


@pytest.fixture
def films(tmp_path: pathlib.Path, quick_run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A film whose truth is the run itself in another world, one in which nobody is seen, and one with a truth of
    another time."""
    motion = motion_file.load(quick_run)
    names = LEGS + ARMS
    bodies = [motion.joint_names.tolist().index(name) + 1 for name in names]
    run = JointTracks(names, motion.time_s.astype(float), motion.body_position_world_m[:, bodies].astype(float))
    truth = in_another_world(run, 7.0)
    for film in ("walk", "nobody", "other_time"):
        folder = tmp_path / "films" / film
        folder.mkdir(parents=True)
        (folder / "film.mp4").write_bytes(b"film")
        late = replace(truth, time_s=truth.time_s + (60.0 if film == "other_time" else START_S))
        never = replace(late, time_s=late.time_s + 60.0)
        write_joints(folder / "joints.npz", late, wham=late, too_late=never)

    def ending(tasks: dict[str, ClipTask], options: EvaluationOptions) -> Generator[tuple[str, Outcome]]:
        metrics = json.loads((quick_run / "metrics.json").read_text()) | {"film_start_s": START_S}
        for film, task in tasks.items():
            if film == "nobody":
                yield film, Outcome(failure="no person is seen")
            else:
                shutil.copytree(quick_run.path, task.path)
                (task.path / "metrics.json").write_text(json.dumps(metrics))
                yield film, Outcome(metrics)

    monkeypatch.setattr(evaluate, "_run_tasks", ending)
    return tmp_path / "films"


def test_a_run_is_measured_and_a_film_that_fails_does_not_stop_it(
    films: pathlib.Path, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        evaluate_films.run(films, EvaluationOptions(tmp_path / "out"))
    assert stopped.value.code == 1
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["clips"].keys() == {"walk"}
    walk = results["clips"]["walk"]
    assert walk["tilt_deg"] == pytest.approx(7.0, abs=0.01)
    assert walk["offset_s"] == 0.0
    assert walk["mpjpe_rigid_mm"] < 0.01
    assert walk["fitted_mpjpe_rigid_mm"] > 1.0
    assert walk["wham_mpjpe_rigid_mm"] == pytest.approx(0.0, abs=1e-3)
    assert "too_late_mpjpe_rigid_mm" not in walk
    assert "too_late is left out" in results["notes"]["walk"][-1]
    assert results["failed"]["nobody"] == "no person is seen"
    assert "share less than 60 %" in results["failed"]["other_time"]
    said = capsys.readouterr()
    assert "nobody failed: no person is seen" in " ".join(said.out.split())
    assert "walk: done" in said.err  # and no error, which would be the distance to the fitted motion
    assert (tmp_path / "out" / "films.png").stat().st_size > 10_000


def test_films_that_all_fail_leave_tables_and_no_picture(films: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shutil.rmtree(films / "walk")
    with pytest.raises(SystemExit) as stopped:
        evaluate_films.run(films, EvaluationOptions(tmp_path / "out"))
    assert stopped.value.code == 1
    assert json.loads((tmp_path / "out" / "results.json").read_text())["failed"].keys() == {"nobody", "other_time"}
    assert not (tmp_path / "out" / "films.png").exists()
