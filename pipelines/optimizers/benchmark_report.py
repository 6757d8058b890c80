"""The tables of the benchmark: results.json, results.csv, results.md, and the profiles on the terminal."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from optimus import benchmark
from optimus import benchmark_measures as measures
from pipelines.optimizers.benchmark_methods import Results
from pipelines.optimizers.configs import BenchmarkConfig

PROFILE_THRESHOLDS = (1.0, 1.5, 2.0, 5.0, 10.0, 100.0, 1e3, 1e4, 1e6)


def summarise(config: BenchmarkConfig, results: Results) -> dict[str, Any]:
    """Return the content of results.json: means of the best values, profiles, and relative numbers of iterations."""
    problems = benchmark.problems(config.functions, config.dimensions)
    table = {
        problem.name: {
            "minimum": problem.minimum,
            **{
                name: {
                    "value": _number(measures.best_so_far(results[name, problem])[-1]),
                    "evaluations": results[name, problem].evaluations,
                    **results[name, problem].settings,
                }
                for name in config.methods
            },
        }
        for problem in problems
    }
    shares_by_method = profile(config, results, np.array(PROFILE_THRESHOLDS))
    ratios = relative_iterations(config, results)
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
            name: {f"{threshold:g}": float(share) for threshold, share in zip(PROFILE_THRESHOLDS, each, strict=True)}
            for name, each in shares_by_method.items()
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


def profile(config: BenchmarkConfig, results: Results, thresholds: np.ndarray) -> dict[str, np.ndarray]:
    """Return the performance profile of every method; see `optimus.benchmark_measures.performance_profile`."""
    problems = benchmark.problems(config.functions, config.dimensions)
    reached = {
        name: np.array([measures.best_so_far(results[name, problem])[-1] for problem in problems])
        for name in config.methods
    }
    return measures.performance_profile(reached, np.array([problem.minimum for problem in problems]), thresholds)


def relative_iterations(config: BenchmarkConfig, results: Results) -> dict[str, dict[str, float]]:
    """Return how many times fewer iterations Optimus needs, by baseline and problem; nothing without Optimus."""
    if "optimus" not in config.methods:
        return {}
    return {
        baseline: {
            problem.name: measures.relative_iterations(results["optimus", problem], results[baseline, problem])
            for problem in benchmark.problems(config.functions, config.dimensions)
        }
        for baseline in config.methods
        if baseline != "optimus"
    }


def format_csv(config: BenchmarkConfig, results: Results) -> str:
    """Return results.csv: one line for each method and problem."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["function", "dimension", "method", "value", "minimum", "evaluations", "learning_rate"])
    for problem in benchmark.problems(config.functions, config.dimensions):
        for name in config.methods:
            done = results[name, problem]
            value, rate = measures.best_so_far(done)[-1], done.settings.get("learning_rate", "")
            writer.writerow([problem.function, problem.dimension, name, value, problem.minimum, done.evaluations, rate])
    return text.getvalue()


def format_markdown(config: BenchmarkConfig, summary: Mapping[str, Any]) -> str:
    """Return results.md: distances from the minimum, one line for each problem, the smallest in bold."""
    lines = [["problem", *config.methods], ["---", *("---:" for _ in config.methods)]]
    for name, row in summary["problems"].items():
        distances = [_distance(row, each) for each in config.methods]
        best = min(distances)
        lines.append([name, *(f"**{each:.3g}**" if each == best else f"{each:.3g}" for each in distances)])
    shares = "".join(f"- {key}: {value:.0%}\n" for key, value in summary.items() if key.startswith("share_"))
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    about = summary["definitions"]["value"]
    return f"Distance from the minimum of the {about}.\n\n{table}\n{shares}"


def _distance(row: Mapping[str, Any], name: str) -> float:
    value = row[name]["value"]
    return np.inf if value is None else max(value - row["minimum"], 0.0)


def profile_table(summary: Mapping[str, Any]) -> Table:
    """Return the performance profiles as a table for the terminal."""
    table = Table(title="Share of problems within a factor of the best method", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("method")
    for threshold in PROFILE_THRESHOLDS:
        table.add_column(f"{threshold:g}", justify="right")
    for name, shares in summary["profile"].items():
        table.add_row(name, *(f"{share:.0%}" for share in shares.values()))
    return table
