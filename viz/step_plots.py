"""The plot of steps on force plates: the force of each over its stance, beside the plates and the recording alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.plots import COLORS, INK, add_legend, style_axes

PANEL_SIZE = (5.0, 2.9)  # inches
MOST_STEPS = 40
"""More steps would make a picture that no program opens."""
_DIRECTIONS = {"up": 2, "ahead": 0, "to the left": 1}
_STYLES: dict[str, dict[str, Any]] = {
    "plates": {"color": INK, "lw": 5.0, "alpha": 0.3},
    "recording alone": {"color": COLORS["right foot"], "lw": 1.2, "ls": "--"},
    "ours": {"color": COLORS["left foot"], "lw": 1.6},
}


@dataclass(frozen=True)
class StepCurves:
    """The forces of a step.

    Attributes:
        time_s: Times, s.
        forces: "ours", "plates" and "recording alone" -> force ahead, to the left and up, body weights.
    """

    time_s: Float[np.ndarray, "T"]
    forces: Mapping[str, Float[np.ndarray, "T 3"]]


def step_figure(steps: Mapping[str, StepCurves]) -> Figure:
    """Return a plot with a row for each step, the first `MOST_STEPS`: its force up, ahead and to the left."""
    shown = dict(list(steps.items())[:MOST_STEPS])
    width, height = PANEL_SIZE
    figure = Figure(figsize=(width * len(_DIRECTIONS), height * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), len(_DIRECTIONS), squeeze=False)
    for row, (name, step) in zip(grid, shown.items(), strict=True):
        for axes, direction in zip(row, _DIRECTIONS, strict=True):
            _draw(axes, f"{name}: {direction}", step, _DIRECTIONS[direction])
        add_legend(row[-1])
    return figure


def _draw(axes: Axes, title: str, step: StepCurves, component: int) -> None:
    style_axes(axes, title, "time (s)", "force / body weight")
    for name, style in _STYLES.items():
        axes.plot(step.time_s, step.forces[name][:, component], label=name, **style)
