"""The clips of a set after their reconstruction."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines import terminal
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.verdict import Verdict


@dataclass(frozen=True)
class EvaluatedSet:
    """The clips of a set after their reconstruction.

    Attributes:
        folder: The folder of the results, with a run folder for each clip.
        metrics: The metrics of the clips that are finished.
        failures: The clips that failed or are absent, and why.
        interrupted: Whether the user ended it before all clips were done.
    """

    folder: Path
    metrics: Mapping[str, Metrics]
    failures: Mapping[str, str]
    interrupted: bool

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """How far each result can be trusted. Runs of versions that wrote no verdict have none."""
        return {clip: each["verdict"] for clip, each in self.metrics.items() if "verdict" in each}

    def exit_if_incomplete(self) -> None:
        """Exit with 130 if the evaluation was interrupted, with 1 if a clip failed or is absent."""
        if self.interrupted:
            terminal.warn(
                f"interrupted; the finished clips are kept in {self.folder}: the same command with --resume goes on"
            )
            raise SystemExit(130)
        if self.failures:
            raise SystemExit(1)
