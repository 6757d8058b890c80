"""`diffphy experiment table1` and `table4`: reconstruct clips with every method, and tabulate the means."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from optimus import models
from optimus.learned import number_of_parameters
from pipelines import terminal
from pipelines.config import RunConfig, load
from pipelines.evaluation.evaluate import EvaluationOptions, reconstruct_all
from pipelines.evaluation.tables import build_row, mean_row
from pipelines.experiments import rows as choice
from pipelines.experiments.domains import DOMAINS, recordings
from pipelines.experiments.methods import Method
from pipelines.experiments.window_curves import step_ms
from pipelines.folder import Folder, check_writable
from pipelines.process_pool import Outcome
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.run_folder import HISTORY

_COLUMNS = {
    "MPJPE-G mm": "mpjpe_g_mm",
    "loss": "loss",
    "evaluations": "evaluations",
    "skate %": "foot_skate_pct",
    "TV m/s²": "tv",
}


@dataclass(frozen=True)
class TableOptions:
    """What a table is made of.

    Attributes:
        out: Folder of the results.
        folders: Domain -> folder of recordings; the built-in clips of that domain where there is none.
        trainings: Folder of the trainings whose weights do not ship, one of each name.
        limit_s: The first seconds of each clip that are used; whole clips if None.
        config_file: Settings of every run.
        jobs: How many clips run at the same time; one for each core if None.
        resume: Whether to keep finished runs.
    """

    out: Path
    folders: Mapping[str, Path | None]
    trainings: Path | None = None
    limit_s: float | None = None
    config_file: Path | None = None
    jobs: int | None = None
    resume: bool = False


def run(methods: Sequence[Method], names: Sequence[str] | None, options: TableOptions) -> None:
    """Reconstruct every clip of each domain with every method, and write results.json, .csv and .md.

    A row whose weights are not there is left out with a warning. Means are over the clips that did not fail. Exit with
    1 if a clip failed, and with 130 if the command was interrupted; finished clips are kept.

    Args:
        methods: The rows.
        names: The rows to compute; all if None.
        options: What the table is made of.

    Raises:
        InputError: A folder holds no recording, a row is unknown or lacks weights, or a setting is wrong.
        OptimusError: Weights cannot be read.
    """
    asked = choice.choose({method.name: method.weights for method in methods}, names, options.trainings)
    chosen = [method.with_weights(asked.weights[method.name]) for method in methods if method.name in asked.weights]
    configs = {
        f"{method.name}/{domain}/{clip}": config
        for method in chosen
        for domain in options.folders
        for clip, config in _configs(method, domain, options).items()
    }
    check_writable(options.out)
    folder = Folder(options.out)
    choice.write_provenance(folder, asked, options.resume)
    evaluation = EvaluationOptions(options.out, jobs=options.jobs, resume=options.resume)
    outcomes, interrupted = reconstruct_all(configs, options.out, evaluation)
    table = {
        "rows": {method.name: _row(method, outcomes, options) for method in chosen},
        "failed": {name: outcome.failure for name, outcome in outcomes.items() if outcome.failure is not None},
        "not_finished": [name for name in configs if name not in outcomes],
        "left_out": dict(asked.left_out),
    }
    folder.write_text("results.json", json.dumps(table, indent=2, allow_nan=False) + "\n")
    folder.write_text("results.csv", _csv(table["rows"]))
    folder.write_text("results.md", _markdown(table))
    terminal.out.print(_terminal_table(table["rows"]))
    for name, reason in table["failed"].items():
        terminal.say(f"{name} failed: {reason}")
    terminal.say(f"results.json, results.csv, results.md and a run folder for each clip are in {options.out}")
    if interrupted:
        terminal.warn("interrupted; the finished clips are kept: the same command with --resume goes on")
        raise SystemExit(130)
    if table["failed"]:
        raise SystemExit(1)


def _configs(method: Method, domain: str, options: TableOptions) -> dict[str, RunConfig]:
    """Return the configuration of each clip of a domain."""
    clips = recordings(domain, options.folders[domain])
    settings = {**method.settings, "output.video": False}
    if options.limit_s is not None:
        settings["input.end_s"] = options.limit_s
    return {clip: load(options.config_file, {**settings, "clip": source}) for clip, source in clips.items()}


def _row(method: Method, outcomes: Mapping[str, Outcome[Metrics]], options: TableOptions) -> dict[str, Any]:
    """Return the figures of a method: means over the clips of each domain, and what the paper reports."""
    row: dict[str, Any] = {"paper": dict(method.paper), **(_size(method.weights) if method.weights else {})}
    for domain in options.folders:
        prefix = f"{method.name}/{domain}/"
        clips = {
            name.removeprefix(prefix): build_row(outcome.result) | _windows(options.out / name)
            for name, outcome in outcomes.items()
            if name.startswith(prefix) and outcome.result is not None
        }
        kept = {clip: {key: figures[key] for key in _COLUMNS.values()} for clip, figures in clips.items()}
        row[domain] = {"clips": kept, "mean": mean_row(kept) or dict.fromkeys(_COLUMNS.values())}
    return row


def _windows(path: Path) -> dict[str, float | None]:
    """Return the means over the windows but the first of the lowest loss and of the evaluations; None without any."""
    losses: dict[str, list[float]] = {}
    with (path / HISTORY).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            losses.setdefault(row["window"], []).append(float(row["total"]))
    windows = [values for window, values in losses.items() if window != "0"]
    if not windows:
        return {"loss": None, "evaluations": None}
    return {"loss": float(np.mean([*map(min, windows)])), "evaluations": float(np.mean([*map(len, windows)]))}


def _size(weights: str) -> dict[str, int | float]:
    """Return the number of meta-parameters, and the milliseconds of a step."""
    return {"parameters": number_of_parameters(models.load(weights)[1]), "step_ms": step_ms(weights)}


def _cells(row: Mapping[str, Any]) -> list[str]:
    """Return the cells of a line: each column in and out of domain, then the model's size, then the paper's figures."""

    def text(value: float | None, digits: int) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    means = [row[domain]["mean"] for domain in DOMAINS if domain in row]
    own = [" / ".join(text(mean[key], 4 if key == "loss" else 2) for mean in means) for key in _COLUMNS.values()]
    paper = row["paper"]
    reported = [
        " / ".join(text(paper[domain], 1) for domain in DOMAINS if domain in paper),
        text(paper["loss"], 3) if "loss" in paper else "",
        text(paper["evaluations"], 1) if "evaluations" in paper else "",
    ]
    size = [f"{row['parameters']:,}", text(row["step_ms"], 1)] if "parameters" in row else ["", ""]
    return [*own, *size, *reported]


_TITLES = ("", *_COLUMNS, "parameters", "step ms", "paper's MPJPE-G", "paper's loss", "paper's evaluations")
_ON_TERMINAL = ("", "MPJPE-G mm", "loss", "evaluations", "paper's MPJPE-G")  # Eighty characters hold no more.
_NOTE = (
    "In domain / out of domain; means over the clips that did not fail. The loss is the mean of the windows' lowest. "
    "The first window is solved by a classical method in every row and is left out of loss and evaluations. The "
    "paper's figures are of Human3.6M, with another body and simulator: compare the order, not the numbers."
)


def _terminal_table(rows: Mapping[str, Any]) -> Table:
    table = Table(title="In domain / out of domain", caption=_NOTE, box=box.SIMPLE_HEAD, pad_edge=False)
    shown = [number for number, title in enumerate(_TITLES) if title in _ON_TERMINAL]
    for number in shown:
        table.add_column(_TITLES[number], justify="right" if number else "left", no_wrap=number == 0)
    for name, row in rows.items():
        cells = [name, *_cells(row)]
        table.add_row(*(cells[number] for number in shown))
    return table


def _markdown(table: Mapping[str, Any]) -> str:
    rows = [[name, *_cells(row)] for name, row in table["rows"].items()]
    lines = [_TITLES, ["---", *["---:"] * (len(_TITLES) - 1)], *rows]
    missing = [
        *(f"{name} failed: {reason}" for name, reason in table["failed"].items()),
        *(f"{name} is not finished" for name in table["not_finished"]),
        *(f"{name} is left out: {reason}" for name, reason in table["left_out"].items()),
    ]
    lists = "\n" + "".join(f"- {each}\n" for each in missing) if missing else ""
    return f"{_NOTE}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + lists


def _csv(rows: Mapping[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["method", "domain", "clip", *_COLUMNS.values()])
    for name, row in rows.items():
        for domain in (domain for domain in DOMAINS if domain in row):
            for clip, figures in (*row[domain]["clips"].items(), ("mean", row[domain]["mean"])):
                writer.writerow([name, domain, clip, *figures.values()])
    return text.getvalue()
