"""The commands, and their public API in Python. Here physics, optimizers, data and pictures meet.

Names are imported when they are first used: `diffphy --help` must not wait for JAX.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.clip import InputError
    from pipelines.config import RunConfig
    from pipelines.python_warnings import ReconstructionWarning
    from pipelines.reconstruction.measure import Metrics
    from pipelines.reconstruction.reconstruct import reconstruct
    from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
    from pipelines.reconstruction.results import Reconstruction

__all__ = [
    "InputError",
    "Metrics",
    "ReconstructedMotion",
    "Reconstruction",
    "ReconstructionWarning",
    "RunConfig",
    "reconstruct",
]

_HOMES = {
    "InputError": "data.clip",
    "Metrics": "pipelines.reconstruction.measure",
    "ReconstructedMotion": "pipelines.reconstruction.reconstructed_motion",
    "Reconstruction": "pipelines.reconstruction.results",
    "ReconstructionWarning": "pipelines.python_warnings",
    "RunConfig": "pipelines.config",
    "reconstruct": "pipelines.reconstruction.reconstruct",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
