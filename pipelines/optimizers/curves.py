"""`optimus curves`: validation loss of several training runs against time, like figure 6 (left) of the paper."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.clip import InputError
from pipelines import terminal
from pipelines.optimizers.training_log import VALIDATION, read_rows
from viz.optimizer_plots import learning_figure
from viz.plots import save_figure


def run(runs: Sequence[Path], *, out: Path) -> None:
    """Draw the curves of all runs into one figure.

    Raises:
        InputError: A folder holds no training run, or none that was validated.
    """
    save_figure(out, learning_figure(read_curves(runs), "meta-loss in validation"))
    terminal.say(f"{out}")


def read_curves(runs: Sequence[Path]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the seconds of training and the validation losses of each run, by its name.

    Raises:
        InputError: A folder holds no training run, or none that was validated.
    """
    curves = {}
    for path in runs:
        rows = read_rows(path / VALIDATION)
        if not rows:
            raise InputError(f"{path} holds no training run that was validated: name folders of optimus train")
        curves[str(path)] = (np.array([row["seconds"] for row in rows]), np.array([row["loss"] for row in rows]))
    short = {name: Path(name).resolve().name for name in curves}
    distinct = len(set(short.values())) == len(short)
    return {short[name] if distinct else name: curve for name, curve in curves.items()}
