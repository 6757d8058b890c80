"""One clip of an evaluation, as a task for another process or machine."""

from dataclasses import dataclass
from pathlib import Path

from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.reconstruction.measure import Metrics


@dataclass(frozen=True)
class ClipTask:
    """A clip to reconstruct.

    Attributes:
        config: What to do.
        path: The run folder.
        resume: Whether to go on with the run in that folder.
    """

    config: RunConfig
    path: Path
    resume: bool = False


def reconstruct_clip(task: ClipTask) -> Metrics:
    """Reconstruct a clip and return its metrics. Runs in a process of its own, where JAX may start."""
    from pipelines.reconstruction.reconstruct import reconstruct

    return reconstruct(task.config, folder=task.path, resume=task.resume, warn=terminal.warn).metrics
