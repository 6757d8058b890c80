"""The plot of a recording on force plates: the force of each foot, beside the plates and the recording alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.plots import COLORS, INK, add_legend, style_axes

PANEL_SIZE = (7.5, 3.0)  # inches
MOST_STEPS = 10
"""More steps of a foot could not be told from each other."""
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
        side: "left" or "right".
        time_s: Times, s.
        forces: "ours", "plates" and "recording alone" -> force ahead, to the left and up, body weights.
    """

    side: str
    time_s: Float[np.ndarray, "T"]
    forces: Mapping[str, Float[np.ndarray, "T 3"]]


def step_figure(recording: str, steps: Sequence[StepCurves]) -> Figure:
    """Return a plot of the steps of a recording over time: a row for each direction, a column for each foot.

    Both feet have one scale and one time. Of each foot it shows the first `MOST_STEPS`, and the title says so.

    Args:
        recording: Its name.
        steps: Its steps, at least one, in the order of time.
    """
    feet = {side: found for side in ("left", "right") if (found := [step for step in steps if step.side == side])}
    width, height = PANEL_SIZE
    figure = Figure(figsize=(width * len(feet), height * len(_DIRECTIONS)), layout="constrained")
    grid = figure.subplots(len(_DIRECTIONS), len(feet), squeeze=False, sharex="all", sharey="row")
    for row, (direction, component) in zip(grid, _DIRECTIONS.items(), strict=True):
        for axes, (side, own) in zip(row, feet.items(), strict=True):
            style_axes(axes, f"{side} foot: {direction}", "", "force / body weight")
            _draw(axes, own[:MOST_STEPS], component)
    for axes in grid[-1]:
        axes.set_xlabel("time (s)")
    add_legend(grid[0, -1])
    cut = [
        f"the first {MOST_STEPS} of {len(own)} steps of the {side} foot"
        for side, own in feet.items()
        if len(own) > MOST_STEPS
    ]
    figure.suptitle(": ".join([recording, ", ".join(cut)]) if cut else recording, color=INK)
    return figure


def _draw(axes: Axes, steps: Sequence[StepCurves], component: int) -> None:
    """Draw a component of the force over time, with gaps between the steps."""
    time = np.concatenate([np.append(step.time_s, np.nan) for step in steps])
    for name, style in _STYLES.items():
        force = np.concatenate([np.append(step.forces[name][:, component], np.nan) for step in steps])
        axes.plot(time, force, label=name, **style)
