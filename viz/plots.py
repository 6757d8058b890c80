"""Plots of a reconstruction: error over time, loss over evaluations, contact forces."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.atomic import atomic_path
from viz.errors import RenderError

SIZE = (9.0, 4.2)  # inches
DPI = 130
INK = "#2d343e"
COLORS = {"left foot": "#3d85db", "right foot": "#f28f38", "other": "#8a94a3"}


def error_figure(
    time: Float[np.ndarray, "T"], error_mm: Float[np.ndarray, "T J"], *, input_error_mm: float | None = None
) -> Figure:
    """Return a plot of the joints' error over time: the mean, and a band from the least to the largest error.

    Args:
        time: Time of each frame, s.
        error_mm: Distance of each simulated joint from the input's in each frame, without alignment, mm.
        input_error_mm: Mean error of the retargeted reference, drawn as a line for comparison, mm.
    """
    mean = error_mm.mean(axis=1)
    figure, axes = _axes(f"Error over time: MPJPE-G {mean.mean():.1f} mm", "time (s)", "distance of joints (mm)")
    band = error_mm.min(axis=1), error_mm.max(axis=1)
    axes.fill_between(time, *band, color=COLORS["left foot"], alpha=0.2, lw=0, label="least to largest")
    axes.plot(time, mean, color=COLORS["left foot"], lw=1.8, label="mean of the joints")
    if input_error_mm is not None:
        axes.axhline(input_error_mm, color=COLORS["other"], ls="--", lw=1.2, label="of retargeting alone")
    axes.set_ylim(bottom=0.0)
    add_legend(axes)
    return figure


def loss_figure(windows: Sequence[Mapping[str, Float[np.ndarray, "_"]]]) -> Figure:
    """Return a plot of the loss over the evaluations of all windows, on a logarithmic scale.

    Args:
        windows: At least one. Each has the values at all evaluations of "total" and of each weighted term, by name.
            Values that are zero, negative or not finite are not drawn.
    """
    figure, axes = _axes("Loss over evaluations, window after window", "evaluation", "weighted loss")
    lengths = [max(len(curve) for curve in window.values()) for window in windows]
    starts = np.cumsum([0, *lengths[:-1]])
    evaluation = np.concatenate([start + np.arange(1, count + 2) for start, count in zip(starts, lengths, strict=True)])
    terms = sorted({name for window in windows for name in window} - {"total"})
    for index, name in enumerate([*terms, "total"]):
        pairs = zip(windows, lengths, strict=True)
        curve = np.concatenate([_with_gap(window.get(name, []), count) for window, count in pairs])
        style: dict[str, Any] = (
            {"color": INK, "lw": 1.8, "zorder": 3}
            if name == "total"
            else {"lw": 1.0, "ls": "-" if index < 10 else "--"}
        )
        axes.plot(evaluation, curve, label=name.replace("_", " "), **style)
    axes.set_yscale("log")
    highest = max((np.nanmax(line.get_ydata(), initial=0.0) for line in axes.lines), default=0.0)
    if highest > 0:  # one value near zero must not flatten the other curves
        axes.set_ylim(bottom=max(axes.get_ylim()[0], 1e-6 * highest))
    add_legend(axes)
    return figure


def _with_gap(values: Sequence[float] | Float[np.ndarray, "_"], count: int) -> Float[np.ndarray, "_"]:
    """Return the values with NaN where the logarithm is undefined and at the end, so that windows stay separate."""
    curve = np.full(count + 1, np.nan)
    known = np.asarray(values, dtype=float)
    curve[: len(known)] = np.where(np.isfinite(known) & (known > 0), known, np.nan)
    return curve


def force_figure(
    time: Float[np.ndarray, "T"], vertical_force: Mapping[str, Float[np.ndarray, "T"]], body_weight: float
) -> Figure:
    """Return a plot of the vertical contact force, divided by body weight, over time: for each part and in total.

    Args:
        time: Time of each frame, s.
        vertical_force: Force on each part ("left foot", "right foot", "other"), positive upwards, N.
        body_weight: Body weight, N.
    """
    figure, axes = _axes("Vertical contact force", "time (s)", "force / body weight")
    axes.axhline(1.0, color="#c8ced6", lw=1.0, zorder=0)
    total = sum(vertical_force.values(), np.zeros(len(time)))
    axes.plot(time, total / body_weight, color=INK, lw=1.0, alpha=0.7, label="total")
    for name, force in vertical_force.items():
        axes.plot(time, force / body_weight, color=COLORS.get(name), lw=1.8, label=name)
    add_legend(axes)
    return figure


def save_figure(path: str | os.PathLike, figure: Figure) -> None:
    """Write `figure` as PNG. The file appears when it is complete.

    Raises:
        RenderError: The path cannot be written, or matplotlib cannot draw the figure.
    """
    with atomic_path(path) as temporary:
        try:
            figure.savefig(temporary, dpi=DPI, format="png")
        except (ValueError, RuntimeError) as error:
            raise RenderError(f"matplotlib could not draw {path}: {error}") from error


def _axes(title: str, x_label: str, y_label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    style_axes(axes, title, x_label, y_label)
    return figure, axes


def style_axes(axes: Axes, title: str, x_label: str, y_label: str) -> None:
    """Give axes the look of all plots."""
    axes.set_title(title, loc="left", color=INK)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(True, color="#e6e9ee", lw=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def add_legend(axes: Axes) -> None:
    """Add the legend beside the plot, where it hides no data."""
    axes.margins(x=0.01)
    axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
