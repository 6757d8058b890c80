"""`optimus benchmark`: learned and classical optimizers on the 15 functions, with the paper's figures 1, 3, 4 and 5."""

import csv
import functools
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
import yaml
from rich import box
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data.clip import InputError
from optimus import benchmark, directions, models
from optimus.benchmark import Descent, Method, Problem, QuasiNewton, Run, TunedDescent
from optimus.functions import get_function
from optimus.learned import transformation
from optimus.optimizers import get
from pipelines import jax_setup, terminal
from pipelines.config import read
from pipelines.optimizers.benchmark_config import CLASSICAL, BenchmarkConfig
from pipelines.reconstruction.run_folder import (
    CONFIG,
    INPUTS,
    PROVENANCE,
    RunFolder,
    check_replaceable,
    check_writable,
    fingerprint,
    provenance,
)
from viz import optimizer_plots
from viz.optimizer_plots import Line
from viz.plots import save_figure

RUNS = "runs"
RESULTS = "results.json"
PROFILE_THRESHOLDS = (1.0, 1.5, 2.0, 5.0, 10.0, 100.0, 1e3, 1e4, 1e6)
DRAWN = ("rastrigin", "levy", "ackley", "rosenbrock")
LINES = {
    "optimus": Line("Optimus", "#d1495b"),
    "adafactor_mlp": Line("Adafactor MLP", "#1b4f91"),
    "adafactor_mlp_small": Line("Adafactor MLP, small", "#3d85db"),
    "bfgs": Line("BFGS", "#5f8f3e"),
    "bfgs_unscaled": Line("BFGS, unscaled", "#7b5ea7"),
    "lbfgs": Line("L-BFGS", "#9fb84a"),
    "adam": Line("Adam", "#f28f38"),
    "momentum": Line("GD with momentum", "#8a94a3"),
}
DIRECTIONS = {"gradient": "the gradient", "newton": "Newton's direction"}
COMPARED = ("adam", "bfgs", "bfgs_unscaled", "adafactor_mlp")
ROSENBROCK = "_rosenbrock_"  # in names of weights trained on that function alone, such as optimus_rosenbrock_2-10


def run(*, out: Path, config_file: Path | None, overrides: Mapping[str, Any], resume: bool, jobs: int | None) -> None:
    """Runs every method on every problem, and writes tables and figures into the folder.

    Raises:
        InputError, OptimusError: configuration, weights or folder cannot be used.
    """
    folder = RunFolder(out)
    if resume and config_file is None:
        config_file = folder.config_file
    config = read(BenchmarkConfig, config_file, overrides)
    jax_setup.configure()
    for name in config.methods:
        method(config, name)  # what cannot be loaded is told now
    _prepare(folder, config, resume)
    try:
        results = _run_all(config, folder, jobs or jax_setup.cores())
    except KeyboardInterrupt:
        terminal.warn(f"interrupted; what is done is kept: optimus benchmark --out {out} --resume goes on from there")
        raise SystemExit(130) from None
    summary = summarise(config, results)
    folder.write_text(RESULTS, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    folder.write_text("results.csv", _csv(config, results))
    folder.write_text("results.md", _markdown(config, summary))
    _draw(folder, config, results)
    terminal.out.print(_table(summary))
    for key, share in summary.items():
        if key.startswith("share_"):
            times, baseline = key.removeprefix("share_").split("_fewer_than_")
            terminal.say(f"{times} fewer iterations than {baseline}: on {share:.0%} of the problems")
    terminal.say(f"results.json, results.csv, results.md and the figures are in {out}")


def method(config: BenchmarkConfig, name: str) -> Method:
    """The method of that name. Raises OptimusError where its weights cannot be loaded."""
    if name in _QUASI_NEWTON:
        return QuasiNewton(_QUASI_NEWTON[name])
    functions = tuple(dict.fromkeys([*config.functions, "rosenbrock"]))
    if name in _FIRST_ORDER:
        tuning = config.tuning
        rates = tuple(np.geomspace(tuning.lowest, tuning.highest, tuning.rates).tolist())
        return TunedDescent(_FIRST_ORDER[name], rates, tuning.starts, config.seed + 1, functions)
    return Descent(_learned(str(config.weights.get(name, name))), 4, functions)


def _momentum(rate: Any) -> optax.GradientTransformation:
    return optax.sgd(rate, momentum=0.9)


_FIRST_ORDER = {"adam": optax.adam, "momentum": _momentum}
_QUASI_NEWTON = {"bfgs": get("bfgs"), "bfgs_unscaled": get("bfgs", scaled=False), "lbfgs": get("lbfgs")}


@functools.cache
def _learned(source: str) -> optax.GradientTransformation:
    return transformation(*models.load(source))


def _prepare(folder: RunFolder, config: BenchmarkConfig, resume: bool) -> None:
    path = folder.path
    if resume:
        if read(BenchmarkConfig, folder.config_file, {}) != config:
            raise InputError(f"the benchmark in {path} has other settings: resume it without them")
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
    """Learned method -> SHA-256 of its weights."""
    names = {*config.methods, *(name for name, _ in _for_figure_5(config))} - set(CLASSICAL)
    return {name: fingerprint(models.find(config.weights.get(name, name))) for name in sorted(names)}


Results = dict[tuple[str, Problem], Run]


def _run_all(config: BenchmarkConfig, folder: RunFolder, jobs: int) -> Results:
    """Every method on every problem, `jobs` at a time; what an interrupted benchmark has done is not done again."""
    problems = benchmark.problems(config.functions, config.dimensions)
    every = {(name, problem) for problem in problems for name in config.methods} | set(_for_figure_5(config))
    every = sorted(every, key=_order)
    missing = [pair for pair in every if not _file(folder, *pair).is_file()]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=terminal.err, transient=True) as bar,
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=jax_setup.configure) as pool,
    ):
        task = bar.add_task("problems x methods", total=len(every), completed=len(every) - len(missing))
        futures = [pool.submit(_run_one, config, folder, name, problem) for name, problem in missing]
        try:
            for future in as_completed(futures):
                future.result()
                bar.advance(task)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {pair: _load(_file(folder, *pair)) for pair in every}


def _order(pair: tuple[str, Problem]) -> tuple[int, str, str]:
    """Large problems first, so that no core works alone for long at the end; those that share a program together."""
    name, problem = pair
    return -problem.dimension, name, problem.function


def _run_one(config: BenchmarkConfig, folder: RunFolder, name: str, problem: Problem) -> None:
    with jax.enable_x64(True):
        done = method(config, name)(problem, problem.starts(config.starts, config.seed), config.iterations)
    with folder.writing(str(_file(folder, name, problem).relative_to(folder.path))) as path, path.open("wb") as file:
        np.savez_compressed(
            file, values=done.values, evaluations=done.evaluations, settings=np.array(json.dumps(done.settings))
        )


def _file(folder: RunFolder, name: str, problem: Problem) -> Path:
    return folder.path / RUNS / f"{name}-{problem.name}.npz"


def _load(path: Path) -> Run:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return Run(file["values"], float(file["evaluations"]), json.loads(str(file["settings"])))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is damaged: {error}; delete it and go on with --resume") from None


def summarise(config: BenchmarkConfig, results: Results) -> dict[str, Any]:
    """The content of results.json: the mean of the best values, profiles, and relative numbers of iterations."""
    problems = benchmark.problems(config.functions, config.dimensions)
    table = {
        problem.name: {
            "minimum": problem.minimum,
            **{
                name: {
                    "value": _number(benchmark.best_so_far(results[name, problem])[-1]),
                    "evaluations": results[name, problem].evaluations,
                    **results[name, problem].settings,
                }
                for name in config.methods
            },
        }
        for problem in problems
    }
    profile = _profile(config, results, np.array(PROFILE_THRESHOLDS))
    ratios = _relative_iterations(config, results)
    shares = {
        f"share_{factor}x_fewer_than_{baseline}": float(
            np.mean([ratio >= factor for ratio in ratios[baseline].values()])
        )
        for baseline, factor in (("adam", 10), ("bfgs", 10), ("bfgs_unscaled", 10), ("lbfgs", 10), ("adafactor_mlp", 5))
        if baseline in ratios
    }
    return {
        **shares,
        "profile": {
            name: {f"{threshold:g}": float(share) for threshold, share in zip(PROFILE_THRESHOLDS, shares, strict=True)}
            for name, shares in profile.items()
        },
        "relative_iterations": ratios,
        "problems": table,
        "definitions": {
            "value": f"lowest value in {config.iterations} iterations, mean over {config.starts} starts; null: none",
            "profile": "share of problems whose distance from the minimum is within a factor of the best method's",
            "relative_iterations": "iterations of the baseline over those of optimus until the lowest value, mean "
            "over the starts, is what the baseline reaches in the end; 0: optimus does not reach it",
        },
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _profile(config: BenchmarkConfig, results: Results, thresholds: np.ndarray) -> dict[str, np.ndarray]:
    problems = benchmark.problems(config.functions, config.dimensions)
    reached = {
        name: np.array([benchmark.best_so_far(results[name, problem])[-1] for problem in problems])
        for name in config.methods
    }
    return benchmark.performance_profile(reached, np.array([problem.minimum for problem in problems]), thresholds)


def _relative_iterations(config: BenchmarkConfig, results: Results) -> dict[str, dict[str, float]]:
    if "optimus" not in config.methods:
        return {}
    return {
        baseline: {
            problem.name: benchmark.relative_iterations(results["optimus", problem], results[baseline, problem])
            for problem in benchmark.problems(config.functions, config.dimensions)
        }
        for baseline in config.methods
        if baseline != "optimus"
    }


def _csv(config: BenchmarkConfig, results: Results) -> str:
    """A line for each method and problem."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["function", "dimension", "method", "value", "minimum", "evaluations", "learning_rate"])
    for problem in benchmark.problems(config.functions, config.dimensions):
        for name in config.methods:
            done = results[name, problem]
            value, rate = benchmark.best_so_far(done)[-1], done.settings.get("learning_rate", "")
            writer.writerow([problem.function, problem.dimension, name, value, problem.minimum, done.evaluations, rate])
    return text.getvalue()


def _markdown(config: BenchmarkConfig, summary: Mapping[str, Any]) -> str:
    """Distance from the minimum: a line for each problem, the best in bold."""
    lines = [["problem", *config.methods], ["---", *("---:" for _ in config.methods)]]
    for name, row in summary["problems"].items():
        gaps = [_gap(row, each) for each in config.methods]
        best = min(gaps)
        lines.append([name, *(f"**{gap:.3g}**" if gap == best else f"{gap:.3g}" for gap in gaps)])
    shares = "".join(f"- {key}: {value:.0%}\n" for key, value in summary.items() if key.startswith("share_"))
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    about = summary["definitions"]["value"]
    return f"Distance from the minimum of the {about}.\n\n{table}\n{shares}"


def _gap(row: Mapping[str, Any], name: str) -> float:
    value = row[name]["value"]
    return np.inf if value is None else max(value - row["minimum"], 0.0)


def _table(summary: Mapping[str, Any]) -> Table:
    """The profiles."""
    table = Table(title="Share of problems within a factor of the best method", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("method")
    for threshold in PROFILE_THRESHOLDS:
        table.add_column(f"{threshold:g}", justify="right")
    for name, shares in summary["profile"].items():
        table.add_row(name, *(f"{share:.0%}" for share in shares.values()))
    return table


def _draw(folder: RunFolder, config: BenchmarkConfig, results: Results) -> None:
    """Figures 1, 3, 4 and 5, as far as what was run allows."""
    dimensions = sorted(config.dimensions)
    lines = {name: LINES.get(name, Line(name, "#6b4a8a")) for name in config.methods}
    drawn = [name for name in DRAWN if name in config.functions] or config.functions[:4]
    value = {name: {each: _above(results, each, name, dimensions) for each in config.methods} for name in drawn}
    surface = {name: _surface(name) for name in drawn}
    save_figure(folder / "figure_1.png", optimizer_plots.value_figure(value, dimensions, surface, lines))
    thresholds = np.geomspace(1.0, 1e6, 400)
    profile = _profile(config, results, thresholds)
    save_figure(folder / "figure_3.png", optimizer_plots.profile_figure(thresholds, profile, lines))
    ratios = _relative_iterations(config, results)
    compared = {name: ratios[name] for name in COMPARED if name in ratios}
    if compared:
        order = "bfgs" if "bfgs" in compared else next(iter(compared))
        save_figure(folder / "figure_4.png", optimizer_plots.iterations_figure(compared, order, lines))
    if _draws_figure_5(config):
        dimensions, left, middle, similarities = _rosenbrock(config, results)
        figure = optimizer_plots.rosenbrock_figure(dimensions, left, middle, similarities, LINES | lines)
        save_figure(folder / "figure_5.png", figure)


def _above(results: Results, name: str, of: str, dimensions: Iterable[int]) -> np.ndarray:
    problems = [Problem(of, dimension) for dimension in dimensions]
    return np.array([benchmark.best_so_far(results[name, p])[-1] - p.minimum for p in problems])


def _surface(name: str) -> Any:
    return jax.jit(jax.vmap(get_function(name).on_cube(2)))


def _draws_figure_5(config: BenchmarkConfig) -> bool:
    return config.rosenbrock is not None and "optimus" in config.methods


def _for_figure_5(config: BenchmarkConfig) -> list[tuple[str, Problem]]:
    """What it needs besides the rest: Rosenbrock's function in its dimensions, by weights trained on it alone too."""
    if config.rosenbrock is None or not _draws_figure_5(config):
        return []
    problems = benchmark.problems(["rosenbrock"], config.rosenbrock.dimensions)
    return [(name, problem) for name in (*config.methods, *_trained_on_rosenbrock()) for problem in problems]


def _trained_on_rosenbrock() -> dict[str, tuple[str, str]]:
    """Name of weights -> their kind, and the dimensions trained on, in words."""
    parted = {name: name.split(ROSENBROCK, 1) for name in models.shipped() if ROSENBROCK in name}
    return {name: (kind, trained) for name, (kind, trained) in parted.items()}


def _rosenbrock(config: BenchmarkConfig, results: Results) -> tuple[Any, ...]:
    """What figure 5 shows."""
    assert config.rosenbrock is not None
    dimensions = config.rosenbrock.dimensions
    left = {name: _above(results, name, "rosenbrock", dimensions) for name in config.methods}
    middle: dict[str, dict[str, np.ndarray]] = {}
    for name, (kind, trained) in _trained_on_rosenbrock().items():
        middle.setdefault(kind, {})[trained] = _above(results, name, "rosenbrock", dimensions)
    with jax.enable_x64(True):
        similarities = _similarities(config, config.rosenbrock.paths)
    return dimensions, left, middle, similarities


def _similarities(config: BenchmarkConfig, paths: int) -> dict[str, dict[str, np.ndarray]]:
    """Mean absolute cosines of the steps on Rosenbrock's function in two dimensions."""
    loss = get_function("rosenbrock").on_cube(2)
    starts = Problem("rosenbrock", 2).starts(paths, config.seed)
    evaluate = jax.jit(jax.value_and_grad(loss))
    found = {}
    for name in ("optimus", "adafactor_mlp", "bfgs"):
        if name not in config.methods:
            continue
        if name == "bfgs":
            walked = [
                benchmark.quasi_newton_path(_QUASI_NEWTON[name], evaluate, x0, config.iterations)[0] for x0 in starts
            ]
        else:
            made = _learned(str(config.weights.get(name, name)))
            walk = jax.jit(lambda x0, made=made: directions.descent_path(made, loss, x0, config.iterations))
            walked = [walk(x0) for x0 in starts]
        cosines = [directions.similarity(loss, jax.numpy.asarray(path)) for path in walked]
        found[name] = {words: _mean([each[way] for each in cosines]) for way, words in DIRECTIONS.items()}
    return found


def _mean(curves: Sequence[np.ndarray]) -> np.ndarray:
    """Of those that still move; NaN where none does."""
    moving = np.isfinite(curves)
    number = moving.sum(axis=0)
    return np.where(number, np.where(moving, curves, 0.0).sum(axis=0) / np.maximum(number, 1), np.nan)
