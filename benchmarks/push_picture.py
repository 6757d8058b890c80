"""The picture of `push_recovery`: every largest push, and their medians, with gains and without."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

SERIES = {"gains_N": ("with feedback", "#3d85db"), "without_N": ("without", "#f28f38")}


def draw(path: Path, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Draw the pushes of all clips.

    Args:
        path: The file, by its suffix.
        found: Clip -> pushes, each with the keys of `SERIES`, N.
    """
    figure = Figure(figsize=(6.0, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for side, (key, (label, color)) in zip((-0.16, 0.16), SERIES.items(), strict=True):
        for place, rows in enumerate(found.values()):
            pushes = np.array([row[key] for row in rows])
            spread = np.linspace(-0.09, 0.09, len(pushes))
            axes.plot(place + side + spread, pushes, ".", color=color, alpha=0.5, ms=5, mew=0)
            name = label if place == 0 else None
            axes.plot(place + side + np.array([-0.12, 0.12]), [np.median(pushes)] * 2, color=color, lw=2.5, label=name)
    axes.set_xticks(range(len(found)), list(found))
    axes.set_ylabel("largest push for 0.1 s (N)")
    axes.set_ylim(bottom=0.0)
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=130)
