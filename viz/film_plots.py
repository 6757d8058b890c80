"""The plot of films with truth: the error of each motion over time, and forces over time beside those of plates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.plots import COLORS, INK, add_legend, style_axes

WIDTH, ROW_HEIGHT = 15.0, 3.6  # inches
OTHERS = ("#8a94a3", "#3fa07a", "#b06fc4", "#c9a227")  # colours of other systems
_PARTS = {"total": INK, "left": COLORS["left foot"], "right": COLORS["right foot"]}


class Curve(NamedTuple):
    """A value over time.

    Attributes:
        time_s: Times, s.
        value: Values; NaN makes a gap.
    """

    time_s: Float[np.ndarray, "T"]
    value: Float[np.ndarray, "T"]


@dataclass(frozen=True)
class FilmCurves:
    """What is drawn of a film.

    Attributes:
        errors: Motion -> its error, mm. The motion that is judged comes first.
        forces: "total", "left" and "right" -> the vertical force, body weights. Empty where nobody measured it.
        measured: The same of the plates.
    """

    errors: Mapping[str, Curve]
    forces: Mapping[str, Curve] = field(default_factory=dict)
    measured: Mapping[str, Curve] = field(default_factory=dict)


def film_figure(films: Mapping[str, FilmCurves]) -> Figure:
    """Return a plot with a row for each film: its errors at the left and, where any film has them, its forces."""
    columns = 2 if any(film.forces for film in films.values()) else 1
    figure = Figure(figsize=(WIDTH * columns / 2, ROW_HEIGHT * len(films)), layout="constrained")
    grid = figure.subplots(len(films), columns, squeeze=False)
    for row, (name, film) in zip(grid, films.items(), strict=True):
        _draw_errors(row[0], name, film.errors)
        if film.forces:
            _draw_forces(row[1], film.forces, film.measured)
        elif columns == 2:
            row[1].set_axis_off()
    return figure


def _draw_errors(axes: Axes, name: str, errors: Mapping[str, Curve]) -> None:
    style_axes(axes, f"{name}: error over time", "time (s)", "distance of joints (mm)")
    first, *others = errors
    for index, motion in enumerate(others):
        axes.plot(*errors[motion], color=OTHERS[index % len(OTHERS)], lw=1.2, label=_label(motion, errors[motion]))
    axes.plot(*errors[first], color=COLORS["left foot"], lw=2.0, label=_label(first, errors[first]))
    axes.set_ylim(bottom=0.0)
    add_legend(axes)


def _label(motion: str, error: Curve) -> str:
    return f"{motion.replace('_', ' ')}: {np.mean(error.value):.0f} mm"


def _draw_forces(axes: Axes, forces: Mapping[str, Curve], measured: Mapping[str, Curve]) -> None:
    """Draw the measured forces as wide pale lines, and the forces of the run over them."""
    style_axes(axes, "vertical force", "time (s)", "force / body weight")
    for part, color in _PARTS.items():
        axes.plot(*measured[part], color=color, lw=4.5, alpha=0.28, label=f"{part}, plates")
    for part, color in _PARTS.items():
        axes.plot(*forces[part], color=color, lw=1.3, label=part)
    add_legend(axes)
