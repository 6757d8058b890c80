"""`diffphy reconstruct`: reconstruct one recording into a run folder, and say on the terminal what came out."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from data.clip import InputError
from pipelines import terminal
from pipelines.config import RunConfig, load
from pipelines.inputs.sequence import is_sequence
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.reconstruct import reconstruct
from pipelines.reconstruction.run_folder import OVERLAY, RunFolder
from pipelines.reconstruction.verdict import describe

WITHOUT_TRUTH = {"mpjpe_g_mm": "Distance to the fitted motion", "mpjpe_2d_px": "Distance to the keypoints"}
"""Names of metrics where nobody knows the true motion."""
NEED_TRUTH = ("mpjpe_mm", "mpjpe_pa_mm", "w_mpjpe_mm", "wa_mpjpe_mm", "acceleration_error")


def run(*, out: Path | None, config_file: Path | None, overrides: Mapping[str, Any], resume: bool) -> None:
    """Reconstruct one recording, show the progress, and print the metrics. Exit with 130 if it was interrupted.

    Args:
        out: The folder of the run. None: a folder in `runs`, named after the clip.
        config_file: The configuration. None: the defaults or, to resume, that of the run.
        overrides: Settings by their dotted keys. None: not given.
        resume: Go on with the run in the folder.

    Raises:
        InputError: The configuration, the recording or the folder cannot be used.
        OptimusError: The optimizer or one of its options is unknown.
    """
    path = out or _default_folder(load(config_file, overrides))
    if resume and config_file is None:
        config_file = RunFolder(path).config_file
    config = load(config_file, overrides)
    try:
        with terminal.progress("simulating") as progress:
            result = reconstruct(
                config, folder=path, resume=resume, progress=progress, announce=terminal.say, warn=terminal.warn
            )
    except KeyboardInterrupt:
        terminal.warn(
            f"interrupted; the finished windows are kept: diffphy reconstruct --out {path} --resume goes on from there"
        )
        raise SystemExit(130) from None
    terminal.out.print(_before_and_after(result.metrics))
    if "verdict" in result.metrics:  # an older version wrote none
        terminal.say(describe(result.metrics["verdict"]))
    terminal.say(f"The run is in {path}")
    if "verdict" in result.metrics and result.metrics["verdict"]["level"] != "good" and (path / OVERLAY).is_file():
        terminal.say(f"{path / OVERLAY} shows where the body leaves the film")


def _before_and_after(metrics: Metrics) -> Table:
    """Return each metric before and after: of the recording, or of what was fitted to a video, and of the simulation.

    Nobody knows the true motion in a video. So no metric is shown that compares with it: only how far the simulation is
    from the motion that was fitted, and from the keypoints.
    """
    rough = metrics.get("rough")
    fitted = rough is not None and "detections_2d_px" not in metrics
    before = metrics["reference"] if rough is None or not fitted else rough
    table = Table("metric", "unit", "as fitted" if fitted else "recording", "simulation")
    for key, definition in metrics["definitions"].items():
        if fitted and key in NEED_TRUTH:
            continue
        label = WITHOUT_TRUTH.get(key, definition["label"]) if fitted else definition["label"]
        values = [figures.get(key) for figures in (before, metrics["result"])]
        if values == [None, None]:  # such as a distance in the picture, where there is none
            continue
        table.add_row(label, definition["unit"], *("" if value is None else f"{value:.1f}" for value in values))
    for column in table.columns[2:]:
        column.justify = "right"
    return table


def _default_folder(config: RunConfig) -> Path:
    """Return runs/NAME, named after the clip. Raises InputError if no clip is given."""
    if config.clip is None:
        raise InputError("no motion was given: name a file, or a built-in one such as builtin:walk")
    if is_sequence(config.clip):
        return Path("runs") / re.sub(r"[ /:]", "_", config.clip)
    return Path("runs") / Path(config.clip.removeprefix("builtin:")).stem
