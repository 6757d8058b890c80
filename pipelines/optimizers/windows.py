"""`optimus windows`: collects windows of reconstructions, on which optimizers of motion are trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.clip import InputError
from pipelines import terminal
from pipelines.config import RunConfig, load
from pipelines.optimizers import window_set
from pipelines.optimizers.window_set import Window


def run(clips: Sequence[str], *, out: Path, config_file: Path | None, overrides: Mapping[str, Any], seed: int) -> None:
    """Reconstruct clips and write their windows into a file. A clip that cannot be used is warned of and left out.

    Args:
        clips: The recordings.
        out: The file, .safetensors.
        config_file: Settings of the reconstructions; None for the defaults.
        overrides: Settings by their dotted keys.
        seed: Decides the directions in which curvature is measured.

    Raises:
        InputError: The file cannot be written, or no clip has a whole window.
    """
    config = load(config_file, overrides)
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}: make it, or give another file with --out")
    collected = collect_all(clips, config)
    window_set.save(out, window_set.join(collected, seed), config)
    terminal.out.print(f"{len(collected)} windows in {out}")


def collect_all(clips: Sequence[str], config: RunConfig) -> list[Window]:
    """Reconstruct clips and return their windows. A clip that cannot be used is warned of and left out.

    Raises:
        InputError: No clip has a whole window.
    """
    collected = []
    for clip in clips:
        try:
            found = list(window_set.collect(config.model_copy(update={"clip": clip})))
        except InputError as error:
            terminal.warn(f"left out: {error}")
            continue
        collected += found
        terminal.err.print(f"{clip}: {len(found)} windows")
    if not collected:
        raise InputError("none of the clips has a whole window: give others, or shorter windows with --config")
    return collected
