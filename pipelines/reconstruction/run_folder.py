"""The folder of a reconstruction: a new run, a run to go on with, and the files that a run reads."""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from data.clip import InputError
from data.formats import body_mesh
from pipelines.config import RunConfig, load
from pipelines.folder import (
    CONFIG,
    INPUTS,
    PROVENANCE,
    Folder,
    check_no_foreign_files,
    check_replaceable,
    check_writable,
    fingerprint,
    provenance,
)
from pipelines.inputs.recordings import find_recordings
from pipelines.inputs.sequence import sequence_files
from pipelines.settings.paths import path_settings
from pipelines.settings.read import flatten

CHECKPOINT = "checkpoint"
MOTION = "motion.npz"
FEEDBACK = "feedback.npz"
METRICS = "metrics.json"
HISTORY = "history.csv"
BVH = "motion.bvh"
VIDEO = "motion.mp4"
OVERLAY = "overlay.mp4"
ERROR_PLOT = "error.png"
LOSS_PLOT = "loss.png"
FORCE_PLOT = "ground_force.png"
EXPORTED = "export"  # The folder of what `diffphy export` makes of the results.
RESULTS = (MOTION, FEEDBACK, METRICS, HISTORY, BVH, VIDEO, OVERLAY, ERROR_PLOT, LOSS_PLOT, FORCE_PLOT)


class RunFolder(Folder):
    """A folder that holds one reconstruction."""

    @property
    def config(self) -> RunConfig:
        """The resolved configuration of the run.

        Raises:
            InputError: There is none, or it cannot be read.
        """
        return load(self.config_file, {})

    @property
    def commit(self) -> str:
        """Commit of the code with which the run began."""
        return str(self.made_by.get("commit", "unknown"))

    @property
    def is_finished(self) -> bool:
        """Whether all results are written."""
        return (self / METRICS).is_file() and not (self / CHECKPOINT).exists()

    @property
    def solved_windows(self) -> int:
        """Number of windows of an interrupted run that are solved."""
        return len(list((self / CHECKPOINT).rglob("*.npz")))


def read_metrics(folder: RunFolder) -> Any:
    """Return the content of metrics.json of a finished run, a dictionary.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / METRICS} is damaged: {error}; start the run again, into another folder") from None
    if not isinstance(metrics, dict):
        raise InputError(f"{folder / METRICS} is damaged: it holds no table; start the run again, into another folder")
    return metrics


def check_before_preparing(path: Path, config: RunConfig, resume: bool) -> None:
    """Check what can be known of a folder before the recording is read, which may take minutes. Nothing is written.

    Raises:
        InputError: A new run cannot be made there, or there is no run with these settings to go on with.
    """
    if resume:
        require_same_settings(RunFolder(path), config)
    else:
        check_not_interrupted(path)
        check_no_foreign_files(path)


def check_not_interrupted(path: Path) -> None:
    """Check that a new run in this folder would not delete solved windows.

    Raises:
        InputError: The folder holds an interrupted run.
    """
    if done := RunFolder(path).solved_windows:
        raise InputError(
            f"{path} holds an interrupted run with {done} windows done: go on with --resume (resume=True in Python), "
            "choose another folder, or delete it"
        )


def create(path: Path, config: RunConfig) -> RunFolder:
    """Make a run folder with its configuration and provenance. Results of an earlier run in it are removed.

    Raises:
        InputError: The folder cannot be written to, or holds other files than those of a run, or an interrupted run.
    """
    check_not_interrupted(path)
    check_replaceable(path)
    folder = RunFolder(path)
    for stale in RESULTS:
        (folder / stale).unlink(missing_ok=True)
    for stale in (CHECKPOINT, EXPORTED):
        shutil.rmtree(folder / stale, ignore_errors=True)
    config = config.with_absolute_paths()
    folder.write_text(CONFIG, config.to_yaml())
    folder.write_text(PROVENANCE, yaml.safe_dump(provenance() | {INPUTS: fingerprints(config)}, sort_keys=False))
    return folder


def reopen(path: Path, config: RunConfig) -> RunFolder:
    """Return the folder of an interrupted run, to go on with the run.

    Raises:
        InputError: There is no run in it, its settings were others, or the files that it reads have changed.
    """
    folder, config = RunFolder(path), config.with_absolute_paths()
    require_same_settings(folder, config)
    changed = (folder.made_by.get(INPUTS) or {}).items() - fingerprints(config).items()
    if changed and not folder.is_finished:
        raise InputError(
            f"{sorted(changed)[0][0]} has changed since the run in {path} began: start it again without --resume, "
            "into another folder with --out"
        )
    check_writable(path)
    if not folder.is_finished:  # A finished run keeps the configuration that it was made with.
        folder.write_text(CONFIG, config.to_yaml())
    return folder


def require_same_settings(folder: RunFolder, config: RunConfig) -> None:
    """Check that a run was made with these settings.

    Raises:
        InputError: There is no run in the folder, or its settings were others.
    """
    before, config = folder.config, config.with_absolute_paths()
    output = {"output": config.output}  # What is drawn at the end does not change the motion.
    if before.model_copy(update=output) != config:
        raise InputError(
            f"the run in {folder.path} has other settings ({_difference(before, config)}): resume it without them"
        )


def _difference(before: RunConfig, now: RunConfig) -> str:
    """Return the first key in which two configurations differ, as "optimizer.max_evals: 40, now 60"."""
    olds, news = flatten(before.model_dump(mode="json")), flatten(now.model_dump(mode="json"))
    key = next(key for key in olds | news if key.split(".")[0] != "output" and olds.get(key) != news.get(key))
    return f"{key}: {olds.get(key)}, now {news.get(key)}"


def fingerprints(config: RunConfig) -> dict[str, str]:
    """Return the SHA-256 of each file that the run reads, by its path."""
    clip = Path(config.clip or "")
    named = [clip, *(path for _, path in path_settings(config))]
    files = [*named, *_companions(config, clip), *sequence_files(config.clip, config.dataset)]
    return {str(path): fingerprint(path) for path in files if path.is_file()}


def _companions(config: RunConfig, clip: Path) -> list[Path]:
    """Return the files that are read with those that the configuration names: they lie beside them, or in them."""
    files: list[Path] = []
    if config.clip is not None:
        for recording in find_recordings(clip):  # a folder of OpenPose has the keypoints of each picture
            files += sorted(recording.glob("*.json")) if recording.is_dir() else [recording]
    if config.camera.file is not None and config.camera.file.is_dir():
        files += sorted(config.camera.file.iterdir())
    if config.body.mesh is not None and (labels := body_mesh.labels_file(config.body.mesh)) is not None:
        files.append(labels)
    if clip.suffix.lower() == ".amc" and config.input.asf is None:
        files += sorted(clip.parent.glob("*.asf"))
    return files
