"""The plot of films with truth: the error of each motion over time, and forces over time beside those of plates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.plots import COLORS, INK, add_legend, style_axes

PANEL_SIZE = (7.5, 3.6)  # inches
OTHERS = ("#8a94a3", "#3fa07a", "#b06fc4", "#c9a227")  # colours of the other motions
_PANELS = ({"total": INK}, {"left": COLORS["left foot"], "right": COLORS["right foot"]})
"""The panels of forces: part -> its colour."""


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
    """Return a plot with a row for each film: its errors and, where any film has them, the forces, also by foot."""
    columns = 1 + len(_PANELS) if any(film.forces for film in films.values()) else 1
    width, height = PANEL_SIZE
    figure = Figure(figsize=(width * columns, height * len(films)), layout="constrained")
    grid = figure.subplots(len(films), columns, squeeze=False)
    for row, (name, film) in zip(grid, films.items(), strict=True):
        _draw_errors(row[0], name, film.errors)
        for axes, colors in zip(row[1:], _PANELS, strict=False):
            if film.forces:
                _draw_forces(axes, film, colors)
            else:
                axes.set_axis_off()
    return figure


def _draw_errors(axes: Axes, name: str, errors: Mapping[str, Curve]) -> None:
    style_axes(axes, f"{name}: error over time", "time (s)", "distance of joints (mm)")
    for index, (motion, error) in enumerate(errors.items()):
        color, width = (OTHERS[(index - 1) % len(OTHERS)], 1.2) if index else (COLORS["left foot"], 2.0)
        label = f"{motion.replace('_', ' ')}: {np.mean(error.value):.0f} mm"
        axes.plot(*error, color=color, lw=width, zorder=2 if index else 3, label=label)
    axes.set_ylim(bottom=0.0)
    add_legend(axes)


def _draw_forces(axes: Axes, film: FilmCurves, colors: Mapping[str, str]) -> None:
    """Draw forces of the run, and over them as wide pale lines those of the plates."""
    style_axes(axes, f"Vertical force, {' and '.join(colors)}", "time (s)", "force / body weight")
    for part, color in colors.items():
        axes.plot(*film.forces[part], color=color, lw=1.2, label=part)
    for part, color in colors.items():
        axes.plot(*film.measured[part], color=color, lw=5.0, alpha=0.35, zorder=3, label=f"{part}, plates")
    add_legend(axes)
