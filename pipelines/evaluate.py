"""`diffphy evaluate`: a whole set of clips, one process a core, a table of their metrics and the mean."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data.clip import InputError
from data.datasets import builtin, cmu
from optimus.optimizers import get
from pipelines import evaluation_table, jax_setup, terminal
from pipelines.config import RunConfig, ThroughCamera, load
from pipelines.run_folder import RunFolder, check_writable

# Solvers that each use all cores fight for them; with one thread each they do not. XLA asks PJRT_NPROC for its number.
_ONE_THREAD = {"PJRT_NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def builtin_clips(walker: bool) -> dict[str, str]:
    """Name -> input of the built-in humanoid clips, and of the walker's too if asked for."""
    names = builtin.paths() if walker else builtin.humanoid_names()
    return {name: f"builtin:{name}" for name in names}


def cmu_clips(root: Path) -> dict[str, str]:
    """Name -> file of every BVH and AMC file in a folder and its subfolders. Raises InputError if there are none."""
    return {name: str(path) for name, path in cmu.clips(root).items()}


def run(
    name: str,
    clips: Mapping[str, str],
    *,
    out: Path | None,
    config_file: Path | None,
    overrides: Mapping[str, Any],
    jobs: int | None,
    through_cameras: bool = False,
) -> None:
    """Reconstructs every clip into its own run folder under `out`, and writes results.json, .csv and .md there.

    A clip that fails stands in the table with the reason; the mean is over the others. Exits with 1 if any failed.
    """
    folder = Path("results") / name if out is None else out
    settings = {**overrides, "output.video": False}
    configs = {
        clip: _followed(load(config_file, {**settings, "clip": source}), through_cameras)
        for clip, source in clips.items()
    }
    for optimizer in {config.optimizer.name: config.optimizer for config in configs.values()}.values():
        get(optimizer.name, **optimizer.options)  # what no clip could use is told now
    check_writable(folder)
    rows, failures = _reconstruct_all(configs, folder, jobs or jax_setup.cores())
    evaluation_table.save(RunFolder(folder), rows, failures)
    terminal.out.print(evaluation_table.terminal_table(rows))
    for clip, reason in failures.items():
        terminal.say(f"{clip} failed: {reason}")
    terminal.say(f"results.json, results.csv, results.md and a run folder for each clip are in {folder}")
    if failures:
        raise SystemExit(1)


def _followed(config: RunConfig, through_cameras: bool) -> RunConfig:
    """The configuration, with the defaults of `through` where clips are to be seen through cameras and it has none.

    Raises InputError where it has some, and they are not to be.
    """
    if through_cameras and config.through is None:
        return config.model_copy(update={"through": ThroughCamera()})
    if config.through is not None and not through_cameras:
        raise InputError("the configuration has a section 'through': give --input keypoints, or leave it out")
    return config


def _reconstruct_all(
    configs: Mapping[str, RunConfig], folder: Path, jobs: int
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The figures of the clips that went well and the reasons of those that failed, `jobs` clips at a time."""
    rows, failures = {}, {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        _environment(_ONE_THREAD if jobs > 1 else {}),
        Progress(*columns, console=terminal.err, transient=True) as bar,
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool,
    ):
        task = bar.add_task("clips", total=len(configs))
        futures = {pool.submit(_reconstruct, configs[clip], folder / clip): clip for clip in _longest_first(configs)}
        for future in as_completed(futures):
            clip = futures[future]
            failure = _failure(future)
            if failure is None:
                rows[clip] = evaluation_table.row(future.result())
                bar.print(f"{clip}: {rows[clip]['mpjpe_g_mm']:.1f} mm")
            else:
                failures[clip] = failure
                bar.print(f"{clip}: failed")
            bar.advance(task)
    return {clip: rows[clip] for clip in configs if clip in rows}, failures


def _reconstruct(config: RunConfig, path: Path) -> dict[str, Any]:
    """Runs in a process of its own, where JAX may start."""
    from pipelines.reconstruct import reconstruct

    return reconstruct(config, path)


def _failure(future: Future[dict[str, Any]]) -> str | None:
    error = future.exception()
    if error is None or isinstance(error, InputError):
        return None if error is None else str(error)
    return f"{type(error).__name__}: {error}"


def _longest_first(configs: Mapping[str, RunConfig]) -> list[str]:
    """Large files first, so that no core works alone for long at the end; what is built in is short."""
    sources = {clip: Path(config.clip or "") for clip, config in configs.items()}
    return sorted(configs, key=lambda clip: -sources[clip].stat().st_size if sources[clip].is_file() else 0)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes started inside."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
