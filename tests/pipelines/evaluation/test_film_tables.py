import csv
import json
import pathlib
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from pipelines.evaluation import film_tables
from pipelines.evaluation.film_truth import FITTED, SIMULATION, FilmMeasures
from pipelines.evaluation.force_comparison import compare_forces
from pipelines.evaluation.joint_comparison import compare_joints
from pipelines.folder import Folder
from pipelines.reconstruction.verdict import Verdict
from tests.pipelines.evaluation.films import WEIGHT, in_another_world, plates_under, squat

TIME = np.arange(90) / 30
VERDICTS: dict[str, Verdict] = {
    "squat": {"level": "doubtful", "reasons": ["the left foot bears 90 % of the load; give --height"]},
    "a_walk_with_a_long_name": {"level": "good", "reasons": []},
}
METRICS: Any = {"duration_s": 3.0, "seconds": 60.0}


def measures(tilt: float, *others: str, plates: bool = False) -> FilmMeasures:
    """A film whose simulation is tilted, and whose truth other systems have found."""
    truth = squat(TIME)
    joints = {SIMULATION: in_another_world(truth, tilt), **dict.fromkeys((FITTED, *others), truth)}
    forces = None
    if plates:
        run = {"total": np.full(80, WEIGHT), "left": np.full(80, 0.2 * WEIGHT), "right": np.full(80, 0.8 * WEIGHT)}
        forces, _ = compare_forces(run, TIME[5:85], plates_under(truth), truth, WEIGHT)
    return FilmMeasures({motion: compare_joints(each, truth) for motion, each in joints.items()}, forces)


@pytest.fixture(scope="module")
def rows() -> film_tables.Rows:
    films = {"squat": measures(10.0, "opencap_monocular", plates=True), "a_walk_with_a_long_name": measures(2.0)}
    return {film: film_tables.build_row(each, METRICS) for film, each in films.items()}


def test_the_files_hold_every_film_and_the_mean(rows: film_tables.Rows, tmp_path: pathlib.Path) -> None:
    film_tables.save(Folder(tmp_path), rows, {"broken": "nobody is seen"}, {"squat": ("600 N",)}, VERDICTS)
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["clips"]["squat"]["tilt_deg"] == pytest.approx(10.0)
    assert content["mean"]["tilt_deg"] == pytest.approx(6.0)
    assert content["clips"]["squat"]["opencap_monocular_tilt_deg"] == pytest.approx(0.0, abs=1e-5)
    assert content["clips"]["a_walk_with_a_long_name"]["opencap_monocular_tilt_deg"] is None
    assert content["clips"]["squat"]["right_force_error_pct"] == pytest.approx(30.0, rel=0.05)
    assert content["failed"] == {"broken": "nobody is seen"}
    assert content["notes"] == {"squat": ["600 N"]}
    with (tmp_path / "results.csv").open() as file:
        lines = {line["clip"]: line for line in csv.DictReader(file)}
    assert lines.keys() == {*rows, "mean"}
    assert lines["a_walk_with_a_long_name"]["total_force_error_pct"] == ""
    markdown = (tmp_path / "results.md").read_text()
    assert "| squat | simulation | 0.0 | 0.0 | 0.0 | 0.0 | 10.0 |" in markdown
    assert "| squat | right | " in markdown
    assert "- squat: 600 N" in markdown
    assert "- broken failed: nobody is seen" in markdown
    assert content["verdicts"] == VERDICTS
    assert (lines["squat"]["verdict"], lines["mean"]["verdict"]) == ("doubtful", "")
    assert "(1.15) | doubtful |" in markdown
    assert "- squat is doubtful: the left foot bears 90 % of the load; give --height" in markdown


def test_every_figure_is_defined(rows: film_tables.Rows) -> None:
    defined = {*film_tables.JOINT_DEFINITIONS, "duration_s", "seconds"}
    defined |= {f"{part}_{key}" for part in film_tables.PARTS for key in film_tables.FORCE_DEFINITIONS}
    own = {key for key in rows["squat"] if not key.startswith(("fitted_", "opencap_monocular_"))}
    assert own == defined


def said(rows: film_tables.Rows) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(film_tables.terminal_table(rows, VERDICTS))
    return captured.get()


def test_the_table_shows_each_run_beside_the_others_in_eighty_characters(rows: film_tables.Rows) -> None:
    text = said(rows)
    assert "…" not in text
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("squat: doubtful")
    assert "a_walk_with_a_long_name: good" in "".join(lines)
    assert [line.split()[0] for line in lines[start + 1 : start + 4]] == ["simulation", "before", "opencap_monocular"]
    assert "1.00 (1.15)" in lines[start + 1]
    assert "opencap_monocular (1)" in " ".join(text.split())  # the mean of fewer films says so


def test_the_name_of_another_system_may_have_brackets() -> None:
    films = {"squat": measures(10.0, "OpenCap (mono)"), "walk": measures(2.0)}
    text = said({film: film_tables.build_row(each, METRICS) for film, each in films.items()})
    assert "OpenCap (mono) (1)" in " ".join(text.split())


def test_films_without_plates_have_no_columns_of_forces(rows: film_tables.Rows) -> None:
    text = said({"walk": rows["a_walk_with_a_long_name"]})
    assert "BW" not in text
    assert "mean" not in text  # one film has no mean


def test_failures_alone_still_make_tables(tmp_path: pathlib.Path) -> None:
    film_tables.save(Folder(tmp_path), {}, {"broken": "nobody is seen"}, {}, {})
    assert json.loads((tmp_path / "results.json").read_text())["clips"] == {}
    assert "- broken failed" in (tmp_path / "results.md").read_text()
    assert said({})
