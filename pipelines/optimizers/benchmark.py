"""`optimus benchmark`: learned and classical optimizers on the 15 functions, with the paper's figures 1, 3, 4 and 5."""

import json
import zipfile
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data.clip import InputError
from optimus import models
from optimus.benchmark import MethodResult, Problem
from pipelines import jax_setup, terminal
from pipelines.folder import (
    CONFIG,
    INPUTS,
    PROVENANCE,
    Folder,
    check_replaceable,
    check_writable,
    fingerprint,
    provenance,
)
from pipelines.optimizers.benchmark_figures import draw_figures
from pipelines.optimizers.benchmark_methods import Results, build_method, list_pairs, pairs_of_figure_5
from pipelines.optimizers.benchmark_report import format_csv, format_markdown, profile_table, summarise
from pipelines.optimizers.configs import CLASSICAL, BenchmarkConfig
from pipelines.process_pool import run_in_processes
from pipelines.settings.read import read

RUNS = "runs"
RESULTS = "results.json"


def run(*, out: Path, config_file: Path | None, overrides: Mapping[str, Any], resume: bool, jobs: int | None) -> None:
    """Run every method on every problem, and write tables and figures into the folder.

    Args:
        out: Folder of the results.
        config_file: YAML file of settings; None for the defaults, or with `resume` for those of the folder.
        overrides: Dotted keys of the configuration -> values that replace those of the file; None for "not given".
        resume: Go on with an interrupted benchmark.
        jobs: Number of processes; one for each core if None.

    Raises:
        InputError: The configuration or the folder cannot be used.
        OptimusError: Weights cannot be loaded.
    """
    folder = Folder(out)
    if resume and config_file is None:
        config_file = folder.config_file
    config = read(BenchmarkConfig, config_file, overrides)
    jax_setup.configure()
    for name in config.methods:
        build_method(config, name)  # weights that cannot be loaded are reported now
    _prepare(folder, config, resume)
    try:
        results = _run_all(config, folder, jobs or jax_setup.cores())
    except KeyboardInterrupt:
        terminal.warn(f"interrupted; finished results are kept: optimus benchmark --out {out} --resume continues")
        raise SystemExit(130) from None
    summary = summarise(config, results)
    folder.write_text(RESULTS, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    folder.write_text("results.csv", format_csv(config, results))
    folder.write_text("results.md", format_markdown(config, summary))
    draw_figures(folder, config, results)
    terminal.out.print(profile_table(summary))
    for key, share in summary.items():
        if key.startswith("share_"):
            times, baseline = key.removeprefix("share_").split("_fewer_than_")
            terminal.say(f"{times} fewer iterations than {baseline}: on {share:.0%} of the problems")
    terminal.say(f"results.json, results.csv, results.md and the figures are in {out}")


def _prepare(folder: Folder, config: BenchmarkConfig, resume: bool) -> None:
    """Check that the folder can be resumed or replaced; a folder to replace is emptied and gets its configuration."""
    path = folder.path
    if resume:
        if read(BenchmarkConfig, folder.config_file, {}) != config:
            raise InputError(f"the benchmark in {path} has other settings: resume it without --config and options")
        changed = folder.made_by.get(INPUTS, {}).items() - _weights(config).items()
        if changed:
            raise InputError(
                f"the weights of {sorted(changed)[0][0]} have changed since the benchmark in {path} began: start it "
                "again without --resume"
            )
        return
    check_replaceable(path)
    check_writable(path / RUNS)
    for stale in (*(path / RUNS).glob("*.npz"), *path.glob("results.*"), *path.glob("figure_*.png")):
        stale.unlink(missing_ok=True)
    folder.write_text(CONFIG, config.to_yaml())
    folder.write_text(PROVENANCE, yaml.safe_dump(provenance() | {INPUTS: _weights(config)}, sort_keys=False))


def _weights(config: BenchmarkConfig) -> dict[str, str]:
    """Return the SHA-256 of the weights of each learned method."""
    names = {*config.methods, *(name for name, _ in pairs_of_figure_5(config))} - set(CLASSICAL)
    return {name: fingerprint(models.find(config.weights.get(name, name))) for name in sorted(names)}


def _run_all(config: BenchmarkConfig, folder: Folder, jobs: int) -> Results:
    """Run the pairs of method and problem that have no file yet, `jobs` at a time, and return the results of all."""
    pairs = list_pairs(config)
    missing = {_file(folder, *pair).stem: pair for pair in pairs if not _file(folder, *pair).is_file()}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=terminal.err, transient=True) as bar,
        closing(run_in_processes(partial(_run_one, config, folder), missing, jobs, stop_at_failure=True)) as ended,
    ):
        task = bar.add_task("problems x methods", total=len(pairs), completed=len(pairs) - len(missing))
        for _ in ended:
            bar.advance(task)
    return {pair: _load(_file(folder, *pair)) for pair in pairs}


def _run_one(config: BenchmarkConfig, folder: Folder, pair: tuple[str, Problem]) -> None:
    """Run a method on a problem and write what it did. Runs in a process of its own."""
    jax_setup.configure()
    name, problem = pair
    with jax.enable_x64(True):
        done = build_method(config, name)(problem, problem.starts(config.starts, config.seed), config.iterations)
    with folder.writing(str(_file(folder, name, problem).relative_to(folder.path))) as path, path.open("wb") as file:
        np.savez_compressed(
            file, values=done.values, evaluations=done.evaluations, settings=np.array(json.dumps(done.settings))
        )


def _file(folder: Folder, name: str, problem: Problem) -> Path:
    return folder.path / RUNS / f"{name}-{problem.name}.npz"


def _load(path: Path) -> MethodResult:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return MethodResult(file["values"], float(file["evaluations"]), json.loads(str(file["settings"])))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is damaged: {error}; delete it and go on with --resume") from None
