"""`diffphy export`: write a finished run as files for other tools, from its motion.npz alone."""

import tempfile
from importlib import import_module
from pathlib import Path

import numpy as np

from data.clip import InputError
from pipelines import terminal
from pipelines.exports.registry import EXPORTS
from pipelines.folder import Folder, check_writable
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import EXPORTED, METRICS, RunFolder, read_metrics
from pipelines.reconstruction.verdict import list_doubts


def run(run_path: Path, *, to: str, out: Path | None) -> None:
    """Export the finished run in a folder.

    Args:
        run_path: The folder of the run.
        to: The kind of files, a key of `EXPORTS`.
        out: The folder for the files. None: the folder "export" in that of the run.

    Raises:
        InputError: There is no such kind, no finished run, the run lacks something, or the files cannot be written.
    """
    check_known(to)
    if not run_path.is_dir():
        raise InputError(f"there is no folder {run_path}: give the folder of a finished run")
    run = RunFolder(run_path)
    motion = motion_file.load(run)
    check_needs(motion, to, run_path)
    name = run_path.resolve().name
    for doubt in _doubts(run, name):
        terminal.warn(doubt)
    for path in write(motion, to, out or run / EXPORTED, name):
        terminal.say(f"{path}")


def check_known(to: str) -> None:
    """Check that there is such an export. Raises InputError."""
    if to not in EXPORTS:
        raise InputError(f"there is no export '{to}': give --to one of {', '.join(sorted(EXPORTS))}")


def check_needs(motion: ReconstructedMotion, to: str, run_path: Path) -> None:
    """Check that a motion has all that an export needs. Raises InputError."""
    if lacking := [key for key in EXPORTS[to].needs if np.isnan(getattr(motion, key)).all()]:
        raise InputError(
            f"an earlier version made the run in {run_path}, without {lacking[0]}, which the export {to} needs: "
            f"repeat it with diffphy reconstruct --config {run_path / 'config.yaml'} --out FOLDER"
        )


def write(motion: ReconstructedMotion, to: str, folder: Path, name: str) -> list[Path]:
    """Write the files of an export: all of them, or none if one cannot be made.

    Args:
        motion: The motion of the run.
        to: The kind of files, a key of `EXPORTS`.
        folder: Where they go. Files of the same names are replaced.
        name: What their names begin with.

    Returns:
        The files.

    Raises:
        InputError: They cannot be written.
    """
    check_writable(folder)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=folder) as made:
        import_module(EXPORTS[to].module).write(motion, Path(made), name)
        files = sorted(Path(made).iterdir())
        for file in files:
            with Folder(folder).writing(file.name) as path:
                file.replace(path)
    return [folder / file.name for file in files]


def _doubts(run: RunFolder, name: str) -> list[str]:
    """Return what makes the result of a run doubtful. Earlier versions wrote no verdict."""
    verdict = read_metrics(run).get("verdict") if (run / METRICS).is_file() else None
    return [] if verdict is None else list_doubts({name: verdict})
