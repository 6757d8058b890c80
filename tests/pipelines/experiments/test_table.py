"""The tables of the paper: which runs they ask for, and what they make of them."""

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data import builtin_clips
from data.clip import InputError
from optimus import models
from optimus.optimizers import OPTIMIZERS
from pipelines.command_line.diffphy import main
from pipelines.config import RunConfig
from pipelines.evaluation import evaluate
from pipelines.experiments import methods, table
from pipelines.experiments.domains import DOMAINS, recordings
from pipelines.experiments.methods import TABLE_1, TABLE_4, Method
from pipelines.experiments.table import TableOptions
from pipelines.process_pool import Outcome
from tests.pipelines.conftest import QUICK, run_here

METHODS = (
    Method(
        "classical", {"optimizer.name": "lbfgs", "optimizer.max_evals": 7}, {"in_domain": 38.3, "evaluations": 71.0}
    ),
    Method("learned", {"optimizer.name": "optimus", "optimizer.options": {"weights": "optimus_walk"}}),
)
FOLDERS: dict[str, Path | None] = dict.fromkeys(DOMAINS)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, RunConfig]:
    """The runs that a table asks for. Each ends with an error of ten millimetres a letter of its method, but kicks."""
    configs: dict[str, RunConfig] = {}

    def reconstruct_all(runs: Mapping[str, RunConfig], folder: Path, _: Any) -> tuple[dict[str, Outcome], bool]:
        configs.update(runs)
        for name in runs:
            (folder / name).mkdir(parents=True)
            history = "window,evaluation,total\n0,0,9\n1,0,4\n1,1,1\n1,2,2\n2,0,5\n2,1,3\n"
            (folder / name / "history.csv").write_text(history)
        return {name: outcome(name) for name in runs}, False

    def outcome(name: str) -> Outcome:
        if name.endswith("kick"):
            return Outcome(failure="the clip is too short")
        return Outcome({"mpjpe_g_mm": 10.0 * len(name.split("/")[0])})

    monkeypatch.setattr(table, "reconstruct_all", reconstruct_all)
    monkeypatch.setattr(
        table,
        "build_row",
        lambda metrics: dict.fromkeys(table._COLUMNS.values(), 1.0) | metrics,
    )
    return configs


def test_every_method_meets_every_clip(tmp_path: Path, asked: dict[str, RunConfig]) -> None:
    with pytest.raises(SystemExit) as stopped:
        table.run(METHODS, None, TableOptions(tmp_path, FOLDERS, limit_s=2.0))
    assert stopped.value.code == 1  # the kicks failed
    clips = {"in_domain/walk", *(f"out_of_domain/{name}" for name in ("run", "jump", "kick", "spin"))}
    assert asked.keys() == {f"{method.name}/{clip}" for method in METHODS for clip in clips}
    config = asked["classical/out_of_domain/jump"]
    assert (config.clip, config.input.end_s, config.output.video) == ("builtin:jump", 2.0, False)
    assert (config.optimizer.name, config.optimizer.max_evals) == ("lbfgs", 7)


def test_the_tables_hold_means_the_loss_and_the_figures_of_the_paper(tmp_path: Path, asked: Any) -> None:
    del asked
    with pytest.raises(SystemExit):
        table.run(METHODS, None, TableOptions(tmp_path, FOLDERS))
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["failed"].keys() == {f"{method.name}/out_of_domain/kick" for method in METHODS}
    classical, learned = (results["rows"][method.name] for method in METHODS)
    assert classical["paper"] == {"in_domain": 38.3, "evaluations": 71.0}
    assert classical["out_of_domain"]["clips"].keys() == {"run", "jump", "spin"}
    assert classical["out_of_domain"]["mean"]["mpjpe_g_mm"] == 90.0
    assert learned["in_domain"]["mean"]["mpjpe_g_mm"] == 70.0
    assert learned["in_domain"]["mean"]["loss"] == 2.0  # the lowest of windows 1 and 2; the first does not count
    assert learned["in_domain"]["mean"]["evaluations"] == 2.5
    assert learned["parameters"] == 20_374
    assert learned["step_ms"] > 0
    with (tmp_path / "results.csv").open() as file:
        means = [row for row in csv.DictReader(file) if row["clip"] == "mean"]
    assert [(row["method"], row["domain"]) for row in means] == [
        (method.name, domain) for method in METHODS for domain in DOMAINS
    ]
    (line,) = (line for line in (tmp_path / "results.md").read_text().splitlines() if line.startswith("| classical"))
    assert line.startswith("| classical | 90.00 / 90.00 | 2.0000 / 2.0000 | 2.50 / 2.50 |")
    assert line.endswith("| 38.3 |  | 71.0 |")
    assert "- learned/out_of_domain/kick failed: the clip is too short" in (tmp_path / "results.md").read_text()


def test_a_table_of_one_domain_has_no_other(tmp_path: Path, asked: dict[str, RunConfig]) -> None:
    table.run(METHODS, ["classical"], TableOptions(tmp_path, {"in_domain": None}))
    assert asked.keys() == {"classical/in_domain/walk"}
    assert "| classical | 90.00 | 2.0000 |" in (tmp_path / "results.md").read_text()


def test_an_unknown_row_is_refused_before_anything_runs(tmp_path: Path, asked: dict[str, RunConfig]) -> None:
    with pytest.raises(InputError, match="unknown row adam: choose from classical, learned"):
        table.run(METHODS, ["adam", "classical"], TableOptions(tmp_path / "out", FOLDERS))
    assert not asked
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("rows", [TABLE_1, TABLE_4])
def test_the_rows_are_valid(rows: tuple[Method, ...], tmp_path: Path) -> None:
    names = [method.name for method in rows]
    assert len(set(names)) == len(names)
    for method in rows:
        optimizer = method.settings["optimizer.name"]
        if method.weights is not None and method.weights not in models.list_shipped():
            method = method.with_weights(optimizer)  # any that ship: these are trained later
        (config,) = table._configs(method, "in_domain", TableOptions(tmp_path, FOLDERS)).values()
        OPTIMIZERS[optimizer](**config.optimizer.options)
        assert config.optimizer.first_max_evals == 100


def test_the_clips_are_there(tmp_path: Path) -> None:
    for domain in DOMAINS:
        for source in recordings(domain, None).values():
            assert builtin_clips.clip_path(source.removeprefix("builtin:")).is_file()
    with pytest.raises(InputError, match="there is no folder .*none: give one of .bvh or .amc files with --in-domain"):
        recordings("in_domain", tmp_path / "none")
    with pytest.raises(InputError, match="holds no .bvh or .amc file: name another folder with --out-of-domain"):
        recordings("out_of_domain", tmp_path)


def test_one_window_has_neither_loss_nor_evaluations(tmp_path: Path) -> None:
    """It is the first one, which every row solves by a classical method."""
    (tmp_path / "history.csv").write_text("window,evaluation,total\n0,0,9\n0,1,4\n")
    assert table._windows(tmp_path) == {"loss": None, "evaluations": None}


def test_an_interruption_writes_what_is_finished(tmp_path: Path, asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    del asked
    ending = table.reconstruct_all
    monkeypatch.setattr(table, "reconstruct_all", lambda *given: ({}, ending(*given) is None or True))
    with pytest.raises(SystemExit) as stopped:
        table.run(METHODS, ["classical"], TableOptions(tmp_path, {"in_domain": None}))
    assert stopped.value.code == 130
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["not_finished"] == ["classical/in_domain/walk"]
    assert results["rows"]["classical"]["in_domain"]["mean"]["mpjpe_g_mm"] is None
    assert "| classical | - | - |" in (tmp_path / "results.md").read_text()


def test_the_command_makes_a_table_and_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row is that of the paper's table, with a sixth of the evaluations."""
    (row,) = (method for method in TABLE_4 if method.name == "optimus_walk_hops")
    fewer = {"optimizer.max_evals": 5, "optimizer.first_max_evals": 5}
    monkeypatch.setattr(methods, "TABLE_4", (replace(row, settings={**row.settings, **fewer}),))
    monkeypatch.setattr(evaluate, "run_in_processes", run_here)
    config = tmp_path / "config.yaml"
    config.write_text(f"windows: {{length_s: {QUICK['windows.length_s']}, stride_s: {QUICK['windows.stride_s']}}}")
    command = f"experiment table4 --rows optimus_walk_hops --limit 0.9 --jobs 1 --config {config} --out {tmp_path}/out"
    results = []
    for arguments in (command, f"{command} --resume"):
        with pytest.raises(SystemExit) as stopped:
            main(arguments.split())
        assert not stopped.value.code
        results.append(json.loads((tmp_path / "out" / "results.json").read_text()))
    assert "1 of 1 clips were finished already" in capsys.readouterr().out
    first, second = (each["rows"]["optimus_walk_hops"]["in_domain"] for each in results)
    assert first == second
    assert 0 < first["mean"]["mpjpe_g_mm"] < 20
    assert 5 < first["mean"]["evaluations"] <= 3 * 5  # a descent and two hops
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "optimus_walk_hops", "results.csv", "results.json", "results.md", "run.yaml"
    }  # fmt: skip
