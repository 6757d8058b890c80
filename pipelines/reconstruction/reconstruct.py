"""Reconstruct one recording: prepare the input, solve, measure, write."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from diffphy.compiled import keep_traces
from pipelines import jax_setup, stages, terminal
from pipelines.config import RunConfig, load
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject
from pipelines.python_warnings import warn_in_python
from pipelines.reconstruction import checkpoint, results, run_folder
from pipelines.reconstruction.measure import Cost, measure
from pipelines.reconstruction.method import Method, build_method, check_feedback
from pipelines.reconstruction.motion_file import build_motion
from pipelines.reconstruction.results import Reconstruction
from pipelines.reconstruction.run_folder import FEEDBACK, RunFolder
from pipelines.reconstruction.solve import Passes, Progress, find_gains, join_windows, solve, window_sizes
from pipelines.scene import build_scene
from pipelines.settings.messages import SETTINGS
from pipelines.trace_folder import TraceFolder

Tell = Callable[[str], None]


def reconstruct(
    source: str | os.PathLike[str] | RunConfig,
    *,
    max_evals: int | None = None,
    settings: Mapping[str, Any] = MappingProxyType({}),
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Progress = lambda done, total, error_mm: None,
    announce: Tell = lambda line: None,
    warn: Tell = warn_in_python,
) -> Reconstruction:
    """Reconstruct one recording: a motion that obeys physics and follows it.

    This is what the command `diffphy reconstruct` does. Without `folder` it writes nothing but JAX's cache of compiled
    programs (`pipelines.jax_setup.cache_folder`). It prints nothing. It sets JAX up as the command does. Call it before
    JAX has computed anything: only then are the results equal to the command's to the last bit.

    Args:
        source: A motion file, a video, keypoints, "builtin:NAME", or a whole configuration.
        max_evals: Evaluations of loss and gradient in each window, at most: the setting `optimizer.max_evals`. The
            first window, which also finds the initial velocity, may take twice as many.
        settings: Other settings by their dotted keys, such as `{"body.height_m": 1.72}`.
        folder: The folder of the run. It gets the files that the command writes, and a checkpoint while the run goes.
        resume: Go on with the interrupted run in `folder`. The results of a finished run are read.
        progress: Called at the start and after each window.
        announce: Called with a line about what was found in the recording.
        warn: Called with a warning. By default it becomes a Python warning, `ReconstructionWarning`.

    Raises:
        InputError: The recording, a setting or the folder cannot be used.
        OptimusError: The optimizer or one of its options is unknown.
    """
    config = _resolve(source, max_evals, settings)
    if resume and folder is None:
        raise InputError("resume needs the folder of the interrupted run: give it as folder")
    with terminal.redirected(warn):
        return _reconstruct(config, None if folder is None else Path(folder), resume, progress, announce)


def _reconstruct(
    config: RunConfig, path: Path | None, resume: bool, progress: Progress, announce: Tell
) -> Reconstruction:
    jax_setup.configure()
    keep_traces(TraceFolder(jax_setup.cache_folder() / "traces"))
    method = build_method(config.optimizer, window_sizes(config).length, config.simulation.control_fps, config.seed)
    check_feedback(config, method)
    if path is not None:
        run_folder.check_before_preparing(path, config, resume)
    with stages.measured() as cpu:
        subject = prepare(config)
    run = None if path is None else _open_folder(path, config, resume, announce)
    _describe(subject, announce)
    if run is not None and run.is_finished:
        announce("The run was finished already")
        return results.read(run, subject)

    start = time.perf_counter(), stages.cpu_seconds()
    kept = run if resume else None
    passes = solve(
        subject,
        config,
        method,
        solved=Passes(checkpoint.read(kept), checkpoint.read(kept, checkpoint.SECOND)) if kept else Passes(),
        keep=lambda window: None if run is None else checkpoint.append(run, window),
        keep_second=lambda window: None if run is None else checkpoint.append(run, window, checkpoint.SECOND),
        progress=progress,
    )
    gain = _find_gains(subject, config, method, passes)
    seconds = subject.seconds + time.perf_counter() - start[0]
    cpu["physics"] = stages.cpu_seconds() - start[1]

    scene = build_scene(config.scene, subject.seats)
    motion = build_motion(subject, join_windows(passes.motion), scene, config.simulation.substeps)
    evaluations = sum(len(window.terms) for window in passes.every)
    cost = Cost(subject.evaluations + evaluations, evaluations / len(passes.first), seconds, cpu)
    metrics = measure(subject, motion, cost)
    result = Reconstruction(motion, metrics, config, subject, passes.every, path, gain)
    if run is not None:
        result.write(run)
        checkpoint.remove(run)
    return result


def _find_gains(
    subject: Subject, config: RunConfig, method: Method, passes: Passes
) -> Float[np.ndarray, "T U V"] | None:
    """Return the feedback gains, if they are wanted. The motion is good without them, so a failure is a warning."""
    try:
        return find_gains(subject, config, method, passes.motion)
    except FloatingPointError as error:
        terminal.warn(f"{error}, so there is no {FEEDBACK}: more evaluations (--max-evals) may help")
        return None


def _resolve(
    source: str | os.PathLike[str] | RunConfig, max_evals: int | None, settings: Mapping[str, Any]
) -> RunConfig:
    """Return the configuration of a run. Settings that are None are not given."""
    arguments: dict[str, Any] = {"optimizer.max_evals": max_evals}
    if not isinstance(source, RunConfig):
        arguments["clip"] = os.fspath(source)
    for key, value in arguments.items():
        if value is not None and settings.get(key) is not None:
            raise InputError(f"{key} is given in settings and as an argument of reconstruct: give it once")
    settings = {**settings, **{key: value for key, value in arguments.items() if value is not None}}
    if not isinstance(source, RunConfig):
        return load(None, settings, origin=SETTINGS)
    if given := [key for key, value in settings.items() if value is not None]:
        raise InputError(f"{given[0]} is given beside a whole configuration: set it in the configuration")
    return source


def _open_folder(path: Path, config: RunConfig, resume: bool, announce: Tell) -> RunFolder:
    """Return the folder of a new run, or that of the run to go on with."""
    if not resume:
        if RunFolder(path).is_finished:
            announce(f"Replacing the finished run in {path}")
        return run_folder.create(path, config)
    run = run_folder.reopen(path, config)
    if not run.is_finished and (before := run.commit) != run_folder.provenance()["commit"]:
        announce(f"  begun with another version of the code, {before}: the remaining windows may come out differently")
    return run


def _describe(subject: Subject, announce: Tell) -> None:
    """Announce what was found in the recording."""
    announce(f"{subject.clip.name}: {subject.clip.num_frames} frames at {subject.clip.fps:g} fps")
    for note in subject.clip.notes:
        announce(f"  {note}")
