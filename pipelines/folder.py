"""The folder that a command fills: what reproduces its files. A file is written whole or not at all."""

import hashlib
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from data.clip import InputError
from viz.atomic import atomic_path
from viz.errors import RenderError

CONFIG = "config.yaml"
PROVENANCE = "run.yaml"
INPUTS = "inputs"  # The key in PROVENANCE of the files that the command reads.
_VERSIONS = ("diffphy", "jax", "jaxlib", "numpy", "scipy", "optax", "pybullet")


class Folder:
    """A folder that a command fills."""

    def __init__(self, path: Path):
        self.path = path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def config_file(self) -> Path:
        """The file of the configuration.

        Raises:
            InputError: There is no such file.
        """
        if not (self / CONFIG).is_file():
            raise InputError(f"{self.path} holds no run: there is no {CONFIG} in it")
        return self / CONFIG

    @property
    def made_by(self) -> dict[str, Any]:
        """What `provenance` returned when the command began. Empty if the file is missing or broken."""
        try:
            content = yaml.safe_load((self / PROVENANCE).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError):
            return {}
        return content if isinstance(content, dict) else {}

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Yield a temporary file that becomes the file `name` when the block ends without an error.

        Raises:
            InputError: The file cannot be written.
        """
        try:
            with atomic_path(self / name) as path:
                yield path
        except RenderError as error:
            raise InputError(str(error)) from error

    def write_text(self, name: str, text: str) -> None:
        """Write a text file.

        Raises:
            InputError: The file cannot be written.
        """
        with self.writing(name) as path:
            path.write_text(text, encoding="utf-8")


def check_replaceable(path: Path) -> None:
    """Make a folder, or check that the folder can be replaced.

    Raises:
        InputError: The folder cannot be written to, or holds other files than those of a run.
    """
    check_no_foreign_files(path)
    check_writable(path)


def holds_run(path: Path) -> bool:
    """Return whether a folder is one that a command has filled."""
    return all((path / name).is_file() for name in (CONFIG, PROVENANCE))


def check_no_foreign_files(path: Path) -> None:
    """Check that a folder is empty, holds a run, or is not there.

    Raises:
        InputError: It holds other files, or is a file.
    """
    if path.is_dir() and any(path.iterdir()) and not holds_run(path):
        raise InputError(f"{path} is not empty and holds no run: choose another folder with --out")
    _check_is_no_file(path)


def _check_is_no_file(path: Path) -> None:
    if path.is_file():
        raise InputError(f"{path} is a file, not a folder: choose another with --out")


def check_writable(path: Path) -> None:
    """Make a folder, or check that files can be written into it.

    Raises:
        InputError: No files can be written there.
    """
    _check_is_no_file(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(f"cannot write into {path}: {error.strerror}; choose another folder with --out") from error


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file. A long video is never in memory as a whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def provenance() -> dict[str, Any]:
    """Return what makes a run: command, time, commit, versions, machine."""
    return {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _VERSIONS},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _commit() -> str:
    """Return the commit of the source tree, marked '-dirty' if files differ from it. 'unknown' without git."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return "unknown"
    command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
