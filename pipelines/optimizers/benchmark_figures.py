"""The figures of the benchmark: figures 1, 3, 4 and 5 of the paper, as far as the methods that ran allow."""

from collections.abc import Iterable, Sequence
from typing import Any

import jax
import numpy as np

from optimus import benchmark, directions
from optimus import benchmark_measures as measures
from optimus.benchmark import Problem
from optimus.functions import get_function
from pipelines.folder import Folder
from pipelines.optimizers.benchmark_methods import (
    QUASI_NEWTON,
    Results,
    draws_figure_5,
    load_learned,
    weights_trained_on_rosenbrock,
)
from pipelines.optimizers.benchmark_report import profile, relative_iterations
from pipelines.optimizers.configs import BenchmarkConfig
from viz import optimizer_plots
from viz.optimizer_plots import Line
from viz.plots import save_figure

DRAWN_FUNCTIONS = ("rastrigin", "levy", "ackley", "rosenbrock")
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
BASELINES = ("adam", "bfgs", "bfgs_unscaled", "adafactor_mlp")


def draw_figures(folder: Folder, config: BenchmarkConfig, results: Results) -> None:
    """Draw figures 1, 3, 4 and 5 into the folder, as far as the methods that ran allow."""
    dimensions = sorted(config.dimensions)
    lines = {name: LINES.get(name, Line(name, "#6b4a8a")) for name in config.methods}
    drawn = [name for name in DRAWN_FUNCTIONS if name in config.functions] or config.functions[:4]
    value = {name: {each: _distances(results, each, name, dimensions) for each in config.methods} for name in drawn}
    surface = {name: _surface(name) for name in drawn}
    save_figure(folder / "figure_1.png", optimizer_plots.value_figure(value, dimensions, surface, lines))
    thresholds = np.geomspace(1.0, 1e6, 400)
    shares = profile(config, results, thresholds)
    save_figure(folder / "figure_3.png", optimizer_plots.profile_figure(thresholds, shares, lines))
    ratios = relative_iterations(config, results)
    compared = {name: ratios[name] for name in BASELINES if name in ratios}
    if compared:
        order = "bfgs" if "bfgs" in compared else next(iter(compared))
        save_figure(folder / "figure_4.png", optimizer_plots.iterations_figure(compared, order, lines))
    if draws_figure_5(config):
        dimensions, left, middle, similarities = _measure_rosenbrock(config, results)
        figure = optimizer_plots.rosenbrock_figure(dimensions, left, middle, similarities, LINES | lines)
        save_figure(folder / "figure_5.png", figure)


def _distances(results: Results, name: str, function: str, dimensions: Iterable[int]) -> np.ndarray:
    """Return how far above the minimum a method ended, in every dimension."""
    problems = [Problem(function, dimension) for dimension in dimensions]
    return np.array([measures.best_so_far(results[name, p])[-1] - p.minimum for p in problems])


def _surface(name: str) -> Any:
    return jax.jit(jax.vmap(get_function(name).on_cube(2)))


def _measure_rosenbrock(config: BenchmarkConfig, results: Results) -> tuple[Any, ...]:
    """Return what figure 5 shows: dimensions, distances of methods, of special weights, and similarities of steps."""
    assert config.rosenbrock is not None
    dimensions = config.rosenbrock.dimensions
    left = {name: _distances(results, name, "rosenbrock", dimensions) for name in config.methods}
    middle: dict[str, dict[str, np.ndarray]] = {}
    for name, (kind, trained) in weights_trained_on_rosenbrock().items():
        middle.setdefault(kind, {})[trained] = _distances(results, name, "rosenbrock", dimensions)
    with jax.enable_x64(True):
        similarities = _measure_similarities(config, config.rosenbrock.paths)
    return dimensions, left, middle, similarities


def _measure_similarities(config: BenchmarkConfig, paths: int) -> dict[str, dict[str, np.ndarray]]:
    """Return mean absolute cosines of the steps on Rosenbrock's function in two dimensions, by method."""
    loss = get_function("rosenbrock").on_cube(2)
    starts = Problem("rosenbrock", 2).starts(paths, config.seed)
    evaluate = jax.jit(jax.value_and_grad(loss))
    found = {}
    for name in ("optimus", "adafactor_mlp", "bfgs"):
        if name not in config.methods:
            continue
        if name == "bfgs":
            paths_of_method = [
                benchmark.quasi_newton_path(QUASI_NEWTON[name], evaluate, x0, config.iterations)[0] for x0 in starts
            ]
        else:
            learned = load_learned(config, name)
            walk = jax.jit(lambda x0, learned=learned: directions.descent_path(learned, loss, x0, config.iterations))
            paths_of_method = [walk(x0) for x0 in starts]
        cosines = [directions.similarity(loss, jax.numpy.asarray(path)) for path in paths_of_method]
        found[name] = {words: _mean_of_moving([each[way] for each in cosines]) for way, words in DIRECTIONS.items()}
    return found


def _mean_of_moving(curves: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean over the curves that still move at each step; NaN if none does."""
    moving = np.isfinite(curves)
    number = moving.sum(axis=0)
    return np.where(number, np.where(moving, curves, 0.0).sum(axis=0) / np.maximum(number, 1), np.nan)
