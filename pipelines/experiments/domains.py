"""The clips of an experiment: those of the kind that weights were trained on, and others."""

from pathlib import Path

from data.clip import InputError
from data.datasets import cmu

DOMAINS = ("in_domain", "out_of_domain")
_BUILT_IN = {"in_domain": ("walk",), "out_of_domain": ("run", "jump", "kick", "spin")}


def recordings(domain: str, folder: Path | None) -> dict[str, str]:
    """Return name -> recording. Without a folder: built-in clips. The weights that ship were trained on their walk.

    Args:
        domain: One of `DOMAINS`.
        folder: Searched for .bvh and .amc files, with its subfolders.

    Raises:
        InputError: The folder is not there, or holds no recording.
    """
    if folder is None:
        return {name: f"builtin:{name}" for name in _BUILT_IN[domain]}
    option = f"--{domain.replace('_', '-')}"
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}: give one of .bvh or .amc files with {option}")
    try:
        return {name: str(path) for name, path in cmu.find_clips(folder).items()}
    except InputError:
        raise InputError(f"{folder} holds no .bvh or .amc file: name another folder with {option}") from None
