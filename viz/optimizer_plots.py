"""Plots that compare optimizers, like figures 1, 3, 4, 5 and 6 (left) of the paper."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.plots import INK

DASHES = ("-", "--", ":", "-.")
COLORS = ("#8a94a3", "#5f8f3e", "#f28f38", "#7b5ea7", "#d1495b", "#3d85db", "#1b4f91")


class Line(NamedTuple):
    """How a method is drawn.

    Attributes:
        label: Its name in the legend.
        color: A colour of matplotlib.
    """

    label: str
    color: str


Lines = Mapping[str, Line]


def value_figure(
    value: Mapping[str, Mapping[str, Float[np.ndarray, " D"]]],
    dimensions: Sequence[int],
    surface: Mapping[str, Callable[[Float[np.ndarray, "P 2"]], Any]],
    lines: Lines,
) -> Figure:
    """Return figure 1. Above: the mean value reached over the dimension. Below: the function in two dimensions.

    Args:
        value: Function -> method -> mean value minus the minimum, in each dimension.
        dimensions: The D dimensions.
        surface: Function -> its values (P,) at points of the square from -1 to 1.
        lines: How each method is drawn.
    """
    figure = Figure(figsize=(3.2 * len(value), 6.2), layout="constrained")
    axis = np.linspace(-1.0, 1.0, 120)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    for column, (name, by_method) in enumerate(value.items(), start=1):
        axes = figure.add_subplot(2, len(value), column)
        for method, reached in by_method.items():
            axes.plot(dimensions, reached, marker="o", ms=3.5, **_style(lines[method]))
        axes.set_yscale("log")
        axes.set_xticks(dimensions)
        _finish(axes, name.replace("_", " "), "dimension", "value above the minimum" if column == 1 else "")
        below = figure.add_subplot(2, len(value), len(value) + column, projection="3d")
        height = np.asarray(surface[name](grid.reshape(-1, 2))).reshape(grid.shape[:2])
        below.plot_surface(grid[..., 0], grid[..., 1], height, cmap="viridis", lw=0, rcount=120, ccount=120)
        below.set_axis_off()
    handles = figure.axes[0].get_legend_handles_labels()
    figure.legend(*handles, ncols=len(lines), loc="outside lower center", frameon=False)
    return figure


def profile_figure(
    thresholds: Float[np.ndarray, " T"], profile: Mapping[str, Float[np.ndarray, " T"]], lines: Lines
) -> Figure:
    """Return figure 3, performance profiles: the share of problems within a factor of the best method."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for method, share in profile.items():
        axes.step(thresholds, share, where="post", **_style(lines[method]))
    axes.set_xscale("log")
    axes.set_ylim(0.0, 1.02)
    _finish(axes, "Performance profile", "performance ratio t", "share of problems within t of the best")
    axes.legend(frameon=False, fontsize="small")
    return figure


def iterations_figure(ratio: Mapping[str, Mapping[str, float]], order_by: str, lines: Lines) -> Figure:
    """Return figure 4: the iterations of each baseline divided by those of a method, problems sorted by this ratio.

    Args:
        ratio: Baseline -> problem -> ratio. 0 if the method did not reach the baseline's value: an open mark at the
            lower edge.
        order_by: The baseline whose order the problem names on the axis follow.
        lines: How each method is drawn.
    """
    figure = Figure(figsize=(11.0, 5.4), layout="constrained")
    axes = figure.subplots()
    positive = [each for by_problem in ratio.values() for each in by_problem.values() if each > 0]
    floor = 0.5 * min([*positive, 0.1])
    for baseline, by_problem in ratio.items():
        ordered = np.array(sorted(by_problem.values(), reverse=True))
        percentile = 100.0 * (np.arange(len(ordered)) + 1.0) / len(ordered)
        style: dict[str, Any] = _style(lines[baseline]) | {"label": f"against {lines[baseline].label}"}
        reached = ordered > 0
        axes.plot(percentile[reached], ordered[reached], marker="o", ms=4, **style)
        axes.plot(
            percentile[~reached],
            np.full((~reached).sum(), floor),
            ls="",
            marker="o",
            ms=5,
            mfc="none",
            color=style["color"],
        )
    axes.axhline(1.0, color="black", ls=":", lw=1.2)
    axes.set_yscale("log")
    names = sorted(ratio[order_by], key=lambda problem: -ratio[order_by][problem])
    ticks = 100.0 * (np.arange(len(names)) + 1.0) / len(names)
    axes.set_xticks(ticks, names, rotation=90, fontsize=6.5, color=lines[order_by].color)
    title = "Iterations of a baseline over those of Optimus, to the value that the baseline reaches"
    _finish(axes, title, f"problems, from the highest ratio against {lines[order_by].label} on", "ratio")
    axes.legend(frameon=False, fontsize="small")
    return figure


def rosenbrock_figure(
    dimensions: Sequence[int],
    reached: Mapping[str, Float[np.ndarray, " D"]],
    by_training: Mapping[str, Mapping[str, Float[np.ndarray, " D"]]],
    similarity: Mapping[str, Mapping[str, Float[np.ndarray, " K"]]],
    lines: Lines,
) -> Figure:
    """Return figure 5, Rosenbrock's function.

    Args:
        dimensions: The D dimensions of the left and the middle panel.
        reached: Left panel: method -> mean value reached.
        by_training: Middle panel: method -> dimensions of its training, as text -> mean value reached.
        similarity: Right panel: method -> name of a direction -> mean absolute cosine between it and the steps.
        lines: How each method is drawn.
    """
    figure = Figure(figsize=(15.0, 4.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for method, value in reached.items():
        left.plot(dimensions, value, marker="o", ms=3.5, **_style(lines[method]))
    _finish(left, "Learned ones trained on up to 100 dimensions", "dimension", "mean value reached")
    for method, by_dimensions in by_training.items():
        for number, (trained, value) in enumerate(by_dimensions.items()):
            style = _style(lines[method]) | {"ls": DASHES[number % len(DASHES)]}
            middle.plot(dimensions, value, marker="o", ms=3.5, **style | {"label": f"{lines[method].label}, {trained}"})
    _finish(middle, "Trained on different dimensions", "dimension", "mean value reached")
    for axes in (left, middle):
        axes.set_xscale("log")
        axes.set_yscale("log")
    for method, by_direction in similarity.items():
        for direction, cosine in by_direction.items():
            label = f"{lines[method].label} and {direction}"
            style: dict[str, Any] = _style(lines[method]) | {
                "ls": "-" if direction.startswith("Newton") else "--",
                "label": label,
            }
            right.plot(np.arange(1, len(cosine) + 1), cosine, **style)
    right.set_ylim(0.0, 1.02)
    _finish(right, "Direction of the step, 2 dimensions", "iteration", "absolute cosine similarity")
    for axes in (left, middle):
        if axes.lines:
            axes.legend(frameon=False, fontsize="x-small")
    if right.lines:  # legend below the figure: the curves fill the panel
        figure.legend(
            *right.get_legend_handles_labels(), loc="outside lower right", ncols=3, frameon=False, fontsize="x-small"
        )
    return figure


class LossCurve(NamedTuple):
    """How far an optimizer lowers a loss.

    Attributes:
        middle: The loss over that at the start, after each evaluation.
        low: The lower edge of its band.
        high: The upper edge.
    """

    middle: Float[np.ndarray, " E"]
    low: Float[np.ndarray, " E"]
    high: Float[np.ndarray, " E"]


Training = Mapping[str, tuple[Float[np.ndarray, "_"], Float[np.ndarray, "_"]]]
"""Name of a run -> seconds of meta-training, validation loss."""


def learning_figure(training: Training, what: str) -> Figure:
    """Return figure 6, left: validation loss over the time of training. `what` names the loss on its axis."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    _draw_training(figure.subplots(), training, what)
    return figure


def figure_6(training: Training, losses: Mapping[str, Mapping[str, LossCurve]]) -> Figure:
    """Return figure 6. Left: validation loss over the time of training. Then: loss over evaluations.

    Args:
        training: The runs; without any there is no left panel.
        losses: Kind of windows, with underscores for spaces -> method -> its curve. One panel for each kind.
    """
    panels = len(losses) + bool(training)
    figure = Figure(figsize=(5.2 * panels, 4.6), layout="constrained")
    axes = list(figure.subplots(1, panels, squeeze=False)[0])
    if training:
        _draw_training(axes.pop(0), training, "validation loss, logarithm")
    for ax, (kind, by_method) in zip(axes, losses.items(), strict=True):
        for line, curve in zip(_lines(by_method), by_method.values(), strict=True):
            evaluations = np.arange(1, len(curve.middle) + 1)
            ax.plot(evaluations, curve.middle, **_style(line))
            ax.fill_between(evaluations, curve.low, curve.high, color=line.color, alpha=0.15, lw=0)
        ax.set_yscale("log")
        _finish(ax, kind.replace("_", " "), "evaluations of loss and gradient", "loss over that at the start")
        ax.legend(frameon=False, fontsize="small")
    return figure


def _draw_training(axes: Axes, training: Training, what: str) -> None:
    for line, (seconds, loss) in zip(_lines(training), training.values(), strict=True):
        axes.plot(seconds / 60.0, loss, **_style(line))
    _finish(axes, "Meta-training", "minutes", what)
    axes.legend(frameon=False, fontsize="small")


def _lines(names: Iterable[str]) -> list[Line]:
    return [Line(name.replace("_", " "), COLORS[number % len(COLORS)]) for number, name in enumerate(names)]


def _style(line: Line) -> dict[str, Any]:
    return {"color": line.color, "label": line.label, "lw": 1.8}


def _finish(axes: Axes, title: str, x_label: str, y_label: str) -> None:
    axes.set_title(title, loc="left", color=INK, fontsize="medium")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(True, color="#e6e9ee", lw=0.8)
    axes.spines[["top", "right"]].set_visible(False)
