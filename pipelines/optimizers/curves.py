"""`optimus curves`: validation loss of several training runs against time, like figure 6 (left) of the paper."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.clip import InputError
from pipelines import terminal
from pipelines.optimizers.training_log import VALIDATION, read_rows
from viz.optimizer_plots import Line, learning_figure
from viz.plots import save_figure

COLORS = ("#d1495b", "#1b4f91", "#3d85db", "#5f8f3e", "#f28f38", "#8a94a3")


def run(runs: Sequence[Path], *, out: Path) -> None:
    """Draw the curves of all runs into one figure.

    Raises:
        InputError: A folder holds no training run, or none that was validated.
    """
    seconds, loss = {}, {}
    for path in runs:
        rows = read_rows(path / VALIDATION)
        if not rows:
            raise InputError(f"{path} holds no training run that was validated: name folders of optimus train")
        seconds[str(path)] = np.array([row["seconds"] for row in rows])
        loss[str(path)] = np.array([row["loss"] for row in rows])
    short = {name: Path(name).resolve().name for name in seconds}
    names = short if len(set(short.values())) == len(short) else {name: name for name in seconds}
    lines = {name: Line(label, COLORS[number % len(COLORS)]) for number, (name, label) in enumerate(names.items())}
    save_figure(out, learning_figure(seconds, loss, "meta-loss in validation", lines))
    terminal.say(f"{out}")
