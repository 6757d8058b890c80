"""`diffphy experiment figure6`: validation loss over meta-training, and loss over evaluations, as in the paper."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float
from rich import box
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data.clip import InputError
from optimus.learned import number_of_parameters
from optimus.models import load as load_model
from pipelines import jax_setup, terminal
from pipelines.config import RunConfig, load
from pipelines.experiments import rows, window_curves
from pipelines.experiments.domains import recordings
from pipelines.experiments.window_curves import Curves, CurveTask
from pipelines.folder import CONFIG, Folder, check_replaceable, check_writable
from pipelines.optimizers import window_set, windows
from pipelines.optimizers.curves import read_curves
from pipelines.process_pool import run_in_processes
from viz.optimizer_plots import LossCurve, figure_6
from viz.plots import save_figure

METHODS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "lbfgs": ("lbfgs", {}),
    "bfgs": ("bfgs", {}),
    "adam": ("adam", {"learning_rate": 0.03}),
    "lbfgs_with_profile": ("optimus", {"weights": "optimus_walk", "learned_steps": 0}),
    "adafactor_mlp_walk": ("adafactor_mlp", {"weights": "adafactor_mlp_walk"}),
    "optimus_paper_walk": ("optimus", {"weights": "optimus_paper_walk"}),
    "optimus_walk": ("optimus", {"weights": "optimus_walk"}),
}
"""Name -> optimizer and its options."""

YARDSTICK = "lbfgs"
"""The others are counted to the losses that it reaches."""

_RESULTS = ("results.json", "results.md", "figure_6.png")
_AT = (1, 3, 5, 8, 10, 15, 20, 30, 40, 50, 60, 100)  # evaluations at which a loss is written down
_TO = (10, 20, 30, 50, 100)  # evaluations of the yardstick
_ABOVE = 1.01  # a window is lost if it ends this much above the yardstick
_BAND = 1.96  # standard errors, for 95 %


@dataclass(frozen=True)
class Figure6Options:
    """What the figure is made of.

    Attributes:
        out: Folder of the results.
        folders: Domain -> folder of recordings, whose windows are solved; built-in clips where there is none.
        trainings: Folder of the trainings whose weights do not ship, one of each name.
        training: Folders of training runs, for the left panel.
        methods: Names in `METHODS`; all if None.
        evaluations: Number of evaluations of each window.
        every: Of the windows, each one of this many is solved.
        limit_s: The first seconds of each clip that are used; whole clips if None.
        config_file: Settings of the reconstructions that the windows come from.
        jobs: Number of processes; one for each core if None.
        resume: Whether to keep the windows and curves that are there.
    """

    out: Path
    folders: Mapping[str, Path | None]
    trainings: Path | None = None
    training: Sequence[Path] = ()
    methods: Sequence[str] | None = None
    evaluations: int = 50
    every: int = 1
    limit_s: float | None = None
    config_file: Path | None = None
    jobs: int | None = None
    resume: bool = False


def run(options: Figure6Options) -> None:
    """Solve windows of both domains by every method, and write results.json, results.md and figure_6.png.

    Raises:
        InputError: A folder or a setting cannot be used, or a method is unknown or lacks weights.
        OptimusError: Weights cannot be read.
    """
    names = None if options.methods is None else [YARDSTICK, *options.methods]
    asked = rows.choose({name: given.get("weights") for name, (_, given) in METHODS.items()}, names, options.trainings)
    methods, training = asked.weights, read_curves(options.training)
    check_replaceable(options.out)
    check_writable(options.out / "curves")
    folder, config = Folder(options.out), load(options.config_file, {"input.end_s": options.limit_s})
    _prepare(folder, config, options)
    rows.write_provenance(folder, asked, options.resume)
    jax_setup.configure()
    files = {domain: _collect(domain, config, options) for domain in options.folders}
    tasks = _tasks(files, methods, options)
    _solve({name: task for name, task in tasks.items() if not task.out.is_file()}, options.jobs or jax_setup.cores())
    curves = {
        domain: {method: window_curves.read(tasks[f"{domain} {method}"].out) for method in methods} for domain in files
    }
    summary: dict[str, Any] = {
        "training": {name: {"minutes": (t / 60).tolist(), "loss": v.tolist()} for name, (t, v) in training.items()},
        "models": {method: _describe_model(weights) for method, weights in methods.items() if weights is not None},
        "left_out": dict(asked.left_out),
        **{domain: _summarise(by_method) for domain, by_method in curves.items()},
    }
    folder.write_text("results.json", json.dumps(summary, indent=2, allow_nan=False) + "\n")
    folder.write_text("results.md", _markdown(summary, options.folders))
    drawn = {domain: {name: _band(each) for name, each in found.items()} for domain, found in curves.items()}
    save_figure(options.out / "figure_6.png", figure_6(training, drawn))
    for domain in files:
        terminal.out.print(_terminal_table(domain, summary[domain]))
    terminal.say(f"{', '.join(_RESULTS)} are in {options.out}")


def _prepare(folder: Folder, config: RunConfig, options: Figure6Options) -> None:
    """Keep what is in the folder if it was made with the same settings, or empty it."""
    sources = {domain: None if root is None else str(root) for domain, root in options.folders.items()}
    settings = {"windows_of": sources, "evaluations": options.evaluations, "every": options.every}
    text = yaml.safe_dump(settings | {"reconstruction": yaml.safe_load(config.to_yaml())}, sort_keys=False)
    if options.resume:
        if folder.config_file.read_text(encoding="utf-8") != text:
            raise InputError(f"the figure in {folder.path} was begun with other settings: leave out --resume")
        return
    for stale in (*_RESULTS, "windows_*.safetensors", "curves/*.npz"):
        for path in folder.path.glob(stale):
            path.unlink()
    folder.write_text(CONFIG, text)


def _collect(domain: str, config: RunConfig, options: Figure6Options) -> Path:
    """Return the file of a domain's windows, which is made if it is not there."""
    path = options.out / f"windows_{domain}.safetensors"
    if not path.is_file():
        clips = recordings(domain, options.folders[domain]).values()
        terminal.say(f"collecting the windows of {len(clips)} clips, {domain.replace('_', ' ')}")
        window_set.save(path, window_set.join(windows.collect_all(list(clips), config), config.seed), config)
    return path


def _tasks(
    files: Mapping[str, Path], methods: Mapping[str, str | None], options: Figure6Options
) -> dict[str, CurveTask]:
    """Return "domain method" -> its task."""
    return {
        f"{domain} {method}": CurveTask(
            file,
            options.every,
            METHODS[method][0],
            options.evaluations,
            options.out / "curves" / f"{domain}-{method}.npz",
            METHODS[method][1] if weights is None else {**METHODS[method][1], "weights": weights},
        )
        for domain, file in files.items()
        for method, weights in methods.items()
    }


def _solve(tasks: Mapping[str, CurveTask], jobs: int) -> None:
    """Make the files of the tasks, `jobs` at a time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=terminal.err, transient=True) as bar,
        closing(run_in_processes(window_curves.measure, tasks, jobs, stop_at_failure=True)) as ended,
    ):
        done = bar.add_task("curves", total=len(tasks))
        try:
            for name, _ in ended:
                bar.print(f"{name}: done")
                bar.advance(done)
        except KeyboardInterrupt:
            terminal.warn("interrupted; the finished curves are kept: the same command with --resume goes on")
            raise SystemExit(130) from None


def _describe_model(weights: str) -> dict[str, int | float]:
    """Return the number of meta-parameters and the milliseconds of a learned step."""
    return {
        "parameters": number_of_parameters(load_model(weights)[1]),
        "step_ms": window_curves.step_ms(weights),
    }


def _summarise(curves: Mapping[str, Curves]) -> dict[str, Any]:
    """Return the figures of every method on the windows of a domain."""
    yardstick = curves[YARDSTICK].loss
    return {method: _figures(each, yardstick) for method, each in curves.items()}


def _figures(curves: Curves, yardstick: Float[np.ndarray, "W E"]) -> dict[str, Any]:
    loss, count = curves.loss, curves.loss.shape[1]
    share, low, high = _band(curves)
    taken = {k: _evaluations_to(loss, yardstick[:, k - 1]) for k in _TO if k <= count}
    ends_above = loss[:, -1] > _ABOVE * yardstick[:, -1]
    return {
        "windows": len(loss),
        "loss_over_start": {k: [float(each[k - 1]) for each in (share, low, high)] for k in _AT if k <= count},
        f"evaluations_to_{YARDSTICK}": {k: _finite(np.median(each)) for k, each in taken.items()},
        f"cpu_ms_to_{YARDSTICK}": {k: _finite(curves.cpu_ms * np.median(each)) for k, each in taken.items()},
        "never": {k: int(np.isinf(each).sum()) for k, each in taken.items()},
        f"ends_above_{YARDSTICK}": int(ends_above.sum()),
        "cpu_ms_an_evaluation": curves.cpu_ms,
    }


def _band(curves: Curves) -> LossCurve:
    """Return the geometric mean over windows of the loss over that at the start, with its 95 % band."""
    logs = np.log(curves.loss / curves.loss[:, :1])
    mean = logs.mean(axis=0)
    error = _BAND * logs.std(axis=0, ddof=1) / np.sqrt(len(logs)) if len(logs) > 1 else np.zeros_like(mean)
    return LossCurve(*map(np.exp, (mean, mean - error, mean + error)))


def _evaluations_to(loss: Float[np.ndarray, "W E"], values: Float[np.ndarray, " W"]) -> Float[np.ndarray, " W"]:
    """Return how many evaluations each window takes to a value; infinity if it never reaches it."""
    there = loss <= values[:, None]
    return np.where(there.any(axis=1), there.argmax(axis=1) + 1.0, np.inf)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


_NOTE = (
    "Median evaluations, and milliseconds of CPU, to the loss that L-BFGS has after so many; - where half of the "
    "windows or more never reach it. Above: windows that end more than 1 % above L-BFGS."
)


def _lines(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return the titles and the rows of a domain's table."""

    def text(value: float | None) -> str:
        return "-" if value is None else f"{value:g}" if value < 100 else f"{value:.0f}"

    steps = list(found[YARDSTICK][f"evaluations_to_{YARDSTICK}"])
    last = list(found[YARDSTICK]["loss_over_start"])[-1]
    titles = [
        "",
        *(f"to L-BFGS {k}" for k in steps),
        *(f"ms to {k}" for k in steps),
        f"loss at {last}",
        "above",
        "CPU ms",
    ]
    rows = [
        [
            method,
            *(text(value) for value in figures[f"evaluations_to_{YARDSTICK}"].values()),
            *(
                text(None if value is None else float(round(value)))
                for value in figures[f"cpu_ms_to_{YARDSTICK}"].values()
            ),
            "{:.4f} ({:.4f} to {:.4f})".format(*figures["loss_over_start"][last]),
            f"{figures[f'ends_above_{YARDSTICK}']} of {figures['windows']}",
            f"{figures['cpu_ms_an_evaluation']:.1f}",
        ]
        for method, figures in found.items()
    ]
    return titles, rows


def _terminal_table(domain: str, found: Mapping[str, Any]) -> Table:
    table = Table(title=domain.replace("_", " "), caption=_NOTE, box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    titles, rows = _lines(found)
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _markdown(summary: Mapping[str, Any], domains: Mapping[str, Any]) -> str:
    parts = [_NOTE]
    for domain in domains:
        titles, rows = _lines(summary[domain])
        lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
        parts += [f"## {domain.replace('_', ' ').capitalize()}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join(parts) + "\n"
