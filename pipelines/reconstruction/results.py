"""The results of a reconstruction, and the files that hold them."""

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.formats import bvh
from diffphy.reconstruction.windows import SolvedWindow
from pipelines import stages, terminal
from pipelines.config import RunConfig
from pipelines.inputs.subject import Subject
from pipelines.python_warnings import warn_in_python
from pipelines.reconstruction import feedback_file, motion_file, run_folder
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import BVH, HISTORY, METRICS, OVERLAY, VIDEO, RunFolder
from pipelines.reconstruction.solve import term_values
from viz.errors import RenderError


@dataclass(frozen=True)
class Reconstruction:
    """The result of a reconstruction.

    Attributes:
        motion: The simulated motion, the motion that it follows, and the body.
        metrics: The content of metrics.json.
        config: The configuration that made it.
        subject: The person and the motion to follow.
        windows: The solved windows with the terms of their losses. Empty if the results were read from a finished run.
        folder: The folder of the run. None if nothing was written.
        gain: The feedback gains of the motion, for `diffphy.rollout_with_feedback`. None without `output.feedback`.
    """

    motion: ReconstructedMotion
    metrics: Metrics
    config: RunConfig
    subject: Subject
    windows: tuple[SolvedWindow, ...] = ()
    folder: Path | None = None
    gain: Float[np.ndarray, "T U V"] | None = None

    def save(self, folder: str | os.PathLike[str], *, warn: Callable[[str], None] = warn_in_python) -> "Reconstruction":
        """Write the run folder that the command `diffphy reconstruct` would write.

        Args:
            folder: The folder. A finished run in it is replaced.
            warn: Called with a warning. By default it becomes a Python warning, `ReconstructionWarning`.

        Returns:
            The same result, with its folder.

        Raises:
            InputError: The folder cannot be written or holds an interrupted run, or this result was read from another
                folder.
        """
        if not self.windows:
            raise InputError(f"this result was read from {self.folder}: use the files there")
        run = run_folder.create(Path(folder), self.config)
        with terminal.redirected(warn):
            self.write(run)
        return replace(self, folder=run.path)

    def write(self, run: RunFolder) -> None:
        """Write the results into a run folder, then draw them.

        Raises:
            InputError: A file cannot be written.
        """
        motion_file.save(run, self.motion)
        if self.gain is not None:
            feedback_file.save(run, self.gain, float(self.motion.fps_hz))
        _write_bvh(run, self.subject, self.motion)
        run.write_text(HISTORY, _history(self.windows))
        _write_metrics(run, self.metrics)
        start = stages.cpu_seconds()
        _draw(run, self)
        self.metrics["cpu_seconds"]["drawing"] = stages.cpu_seconds() - start
        _write_metrics(run, self.metrics)  # a run that is interrupted while it draws has metrics, too


def read(run: RunFolder, subject: Subject) -> Reconstruction:
    """Return the results of a finished run.

    Raises:
        InputError: The files cannot be read.
    """
    metrics: Metrics = run_folder.read_metrics(run)
    motion = motion_file.load(run)
    return Reconstruction(motion, metrics, run.config, subject, folder=run.path, gain=feedback_file.load(run, motion))


def _write_metrics(run: RunFolder, metrics: Metrics) -> None:
    run.write_text(METRICS, json.dumps(metrics, indent=2, allow_nan=False) + "\n")


def _write_bvh(run: RunFolder, subject: Subject, motion: ReconstructedMotion) -> None:
    retargeted = subject.retargeted
    names = motion.body_names.tolist()
    with run.writing(BVH) as path:
        bvh.write(
            path,
            retargeted.rig.keys,
            retargeted.rig.parents,
            retargeted.joint_offset,
            motion.root_position_world_m.astype(float),
            motion.local_rotations.astype(float),
            subject.clip.fps,
            {retargeted.rig.keys[names.index(body)]: tip for body, tip in retargeted.tips.items()},
        )


def _history(windows: Sequence[SolvedWindow]) -> str:
    """Return a line for each evaluation: the loss, and what each term added to it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["window", "first_frame", "evaluation", "total", *windows[0].terms[0]])
    for index, window in enumerate(windows):
        for evaluation, values in enumerate(term_values(window)):
            writer.writerow([index, window.start, evaluation, float(values.sum()), *map(float, values)])
    return text.getvalue()


def _draw(run: RunFolder, result: Reconstruction) -> None:
    """Draw plots and videos. If one fails, warn: the results are written already, and the others can be drawn."""
    # matplotlib makes a folder of its own when it is imported: import it only if something is written anyway.
    from pipelines.reconstruction.figures import save_figures
    from pipelines.reconstruction.overlay import draw_overlay
    from pipelines.reconstruction.render import render

    output, motion = result.config.output, result.motion
    try:
        save_figures(run, motion, result.windows, result.metrics["retargeting"]["mpjpe_g_mm"])
    except RenderError as error:
        terminal.warn(f"the results are written, but not all plots: {error}")
    if not output.video:
        return
    try:
        render(motion, run / VIDEO, output.video_size)
    except RenderError as error:
        terminal.warn(f"the results are written, but not the video: {error}; then diffphy render {run.path}")
    if result.subject.film is None:
        return
    try:
        draw_overlay(result.subject, motion, run / OVERLAY, side_by_side=output.side_by_side)
    except RenderError as error:
        terminal.warn(f"the results are written, but not {OVERLAY}: {error}")
