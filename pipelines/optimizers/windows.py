"""`optimus windows`: collects windows of reconstructions, on which optimizers of motion are trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines import terminal
from pipelines.config import load
from pipelines.optimizers import window_set


def run(clips: Sequence[str], *, out: Path, config_file: Path | None, overrides: Mapping[str, Any], seed: int) -> None:
    """Reconstruct clips and write their windows into a file.

    Args:
        clips: The recordings.
        out: The file, .safetensors.
        config_file: Settings of the reconstructions; None for the defaults.
        overrides: Settings by their dotted keys.
        seed: Decides the directions in which curvature is measured.

    Raises:
        InputError: A clip cannot be reconstructed.
    """
    config = load(config_file, overrides)
    collected = []
    for clip in clips:
        found = list(window_set.collect(config.model_copy(update={"clip": clip})))
        collected += found
        terminal.err.print(f"{clip}: {len(found)} windows")
    window_set.save(out, window_set.join(collected, seed), config)
    terminal.out.print(f"{len(collected)} windows in {out}")
