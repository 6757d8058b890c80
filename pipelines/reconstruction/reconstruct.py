"""`diffphy reconstruct`: from a motion file to a run folder."""

import csv
import io
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from data.clip import InputError
from data.formats import bvh
from pipelines import jax_setup, terminal
from pipelines.config import RunConfig, load
from pipelines.inputs.prepare import prepare
from pipelines.inputs.sequence import is_sequence
from pipelines.inputs.subject import Subject
from pipelines.reconstruction import checkpoint, motion_file, run_folder
from pipelines.reconstruction.checkpoint import Window
from pipelines.reconstruction.figures import save_figures
from pipelines.reconstruction.measure import measure
from pipelines.reconstruction.motion_file import Motion
from pipelines.reconstruction.overlay import overlay
from pipelines.reconstruction.render import render
from pipelines.reconstruction.run_folder import BVH, HISTORY, METRICS, OVERLAY, VIDEO, RunFolder
from pipelines.reconstruction.solve import Report, minimiser, solve
from pipelines.scene import build_scene
from viz.errors import RenderError

UNSOLVED = 0.02  # of the body's weight: a residual force above what is left of a step that the solver has finished


def run(*, out: Path | None, config_file: Path | None, overrides: Mapping[str, Any], resume: bool) -> None:
    """Reconstructs one clip, shows how it goes, and says what came out.

    Raises:
        InputError: the configuration, the input or the folder cannot be used.
    """
    path = out or _default_folder(load(config_file, overrides))
    if resume and config_file is None:
        config_file = RunFolder(path).config_file
    config = load(config_file, overrides)
    if not resume and (done := checkpoint.count(RunFolder(path))):
        raise InputError(
            f"{path} holds an interrupted run with {done} windows done: go on with --resume, choose another folder "
            "with --out, or delete it"
        )
    try:
        with terminal.progress("simulating") as report:
            metrics = reconstruct(config, path, resume=resume, report=report, announce=terminal.say)
    except KeyboardInterrupt:
        terminal.warn(
            f"interrupted; what is done is kept: diffphy reconstruct --out {path} --resume goes on from there"
        )
        raise SystemExit(130) from None
    terminal.out.print(_before_and_after(metrics))
    terminal.say(f"The run is in {path}")


def reconstruct(
    config: RunConfig,
    path: Path,
    *,
    resume: bool = False,
    report: Report = lambda done, total, error_mm: None,
    announce: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """The reconstruction of one clip, its results written into the folder `path`; returns the content of metrics.json.

    Args:
        config: what to do.
        resume: go on with the run in the folder, after the windows that it has; a finished one is left as it is.
        report: told after each window how many frames of how many are simulated, and their mean joint error, mm.
        announce: told what was found, a line at a time.

    Raises:
        InputError: the input or the folder cannot be used.
    """
    jax_setup.configure()
    minimise = minimiser(config.optimizer)
    subject = prepare(config)
    if not resume and RunFolder(path).is_finished:
        announce(f"Replacing the finished run in {path}")
    folder = run_folder.reopen(path, config) if resume else run_folder.create(path, config)
    if resume and not folder.is_finished and (before := folder.commit) != run_folder.provenance()["commit"]:
        announce(f"  begun with another version of the code, {before}: what is left to do may come out differently")
    announce(f"{subject.clip.name}: {subject.clip.num_frames} frames at {subject.clip.fps:g} fps")
    for note in subject.clip.notes:
        announce(f"  {note}")
    if folder.is_finished:
        announce("The run was finished already")
        return json.loads((folder / METRICS).read_text(encoding="utf-8"))
    done = checkpoint.read(folder) if resume else []

    start = time.perf_counter()
    windows = solve(subject, config, minimise, folder, report, done)
    seconds = subject.seconds + time.perf_counter() - start

    motion = motion_file.motion_arrays(subject, checkpoint.trajectory(windows), build_scene(config.scene))
    in_windows = sum(len(window["terms"]) for window in windows)
    effort = {"evaluations": subject.evaluations + in_windows, "window_evaluations": in_windows / len(windows)}
    metrics = {**measure(subject, motion), **effort, "seconds": seconds}
    warn_of_unsolved_steps(subject.clip.name, motion)
    _write_results(folder, subject, motion, windows, metrics)
    _draw(folder, config, subject, motion, windows, metrics)
    checkpoint.remove(folder)
    return metrics


def _write_results(
    folder: RunFolder, subject: Subject, motion: Motion, windows: Sequence[Window], metrics: Mapping[str, Any]
) -> None:
    motion_file.save(folder, motion)
    retargeted = subject.retargeted
    rotations = motion_file.local_rotations(motion)
    ends = {
        retargeted.rig.keys[motion["body_names"].tolist().index(body)]: tip for body, tip in retargeted.tips.items()
    }
    with folder.writing(BVH) as path:
        bvh.write(
            path,
            retargeted.rig.keys,
            retargeted.rig.parents,
            retargeted.joint_offset,
            motion["root_position_world_m"].astype(float),
            rotations.astype(float),
            subject.clip.fps,
            ends,
        )
    folder.write_text(HISTORY, _history(windows))
    folder.write_text(METRICS, json.dumps(metrics, indent=2, allow_nan=False) + "\n")


def warn_of_unsolved_steps(name: str, motion: Motion) -> None:
    """Says in which frame the simulation's steps have left a force out of nowhere, if it is one to speak of."""
    force, weight = motion["residual_force_N"], motion_file.body_weight(motion)
    unsolved = np.flatnonzero(force > UNSOLVED * weight)
    if len(unsolved):
        worst = int(force.argmax())
        terminal.warn(
            f"{len(unsolved)} of {len(force)} frames of {name} are not quite physical: {force[worst]:.0f} N move the "
            f"body from nowhere in frame {worst}; shorter steps may help: --config with a larger simulation.substeps"
        )


def _history(windows: Sequence[Window]) -> str:
    """A line for each evaluation: the loss and what each term added to it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["window", "first_frame", "evaluation", "total", *windows[0]["term_names"]])
    for index, window in enumerate(windows):
        for evaluation, terms in enumerate(window["terms"]):
            writer.writerow([index, window["start"], evaluation, float(terms.sum()), *map(float, terms)])
    return text.getvalue()


def _draw(
    folder: RunFolder,
    config: RunConfig,
    subject: Subject,
    motion: Motion,
    windows: Sequence[Window],
    metrics: Mapping[str, Any],
) -> None:
    """Plots and video, each for itself. What cannot be drawn is a warning: the reconstruction is done and written."""
    try:
        save_figures(folder, motion, windows, metrics["retargeting"]["mpjpe_g_mm"])
    except RenderError as error:
        terminal.warn(f"the results are written, but not all plots: {error}")
    if not config.output.video:
        return
    try:
        render(motion, folder / VIDEO, config.output.video_size)
    except RenderError as error:
        terminal.warn(f"the results are written, but not the video: {error}; then diffphy render {folder.path}")
    if subject.film is None:
        return
    try:
        overlay(subject, motion, folder / OVERLAY, side_by_side=config.output.side_by_side)
    except RenderError as error:
        terminal.warn(f"the results are written, but not {OVERLAY}: {error}")


def _before_and_after(metrics: Mapping[str, Any]) -> Table:
    """Each metric of the recording, or of what was first seen in a video, and of the simulation."""
    seen = "rough" in metrics and "detections_2d_px" not in metrics  # a video, whose true motion nobody knows
    table = Table("metric", "unit", "as detected" if seen else "recording", "simulation")
    for key, definition in metrics["definitions"].items():
        before, after = (metrics[part].get(key) for part in ("rough" if seen else "reference", "result"))
        cells = ("" if value is None else f"{value:.1f}" for value in (before, after))
        table.add_row(definition["label"], definition["unit"], *cells)
    for column in table.columns[2:]:
        column.justify = "right"
    return table


def _default_folder(config: RunConfig) -> Path:
    """runs/NAME, after the clip. Raises InputError if no clip was named."""
    if config.clip is None:
        raise InputError("no motion was given: name a file, or a built-in one such as builtin:walk")
    if is_sequence(config.clip):
        return Path("runs") / re.sub(r"[ /:]", "_", config.clip)
    return Path("runs") / Path(config.clip.removeprefix("builtin:")).stem
