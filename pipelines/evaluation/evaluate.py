"""`diffphy evaluate`: a whole set of clips, side by side, a table of their metrics and the means."""

import json
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data.clip import InputError
from optimus.optimizers import get
from pipelines import jax_setup, terminal
from pipelines.config import RunConfig, ThroughCamera, load
from pipelines.evaluation import evaluation_table, paper_table
from pipelines.evaluation.clip_set import ClipSet
from pipelines.evaluation.process_pool import Outcome, Task, in_processes
from pipelines.evaluation.ray_cluster import on_cluster
from pipelines.inputs.sequence import sequence_files
from pipelines.reconstruction import run_folder
from pipelines.reconstruction.run_folder import CONFIG, METRICS, RunFolder, check_writable


@dataclass(frozen=True)
class How:
    """An evaluation is done. jobs: at a time, on this machine; one for each core if None. ray: a Ray cluster in its
    place, host:port or "local". resume: whether runs that are there are kept, or gone on with.
    """

    jobs: int | None = None
    ray: str | None = None
    resume: bool = False


def run(
    clips: ClipSet,
    *,
    out: Path | None,
    config_file: Path | None,
    overrides: Mapping[str, Any],
    how: How = How(),
    through_cameras: bool = False,
) -> None:
    """Reconstructs every clip into its own run folder under `out`, and writes results.json, .csv and .md there.

    A clip that fails stands in the table with the reason; the mean is over the others. Exits with 1 if any failed, and
    with 130 if it was interrupted; what is finished by then is kept.

    Raises:
        InputError: nothing can be begun: a setting, the folder or the cluster cannot be used.
    """
    folder = Path("results") / clips.name if out is None else out
    settings = {**overrides, **clips.settings, "output.video": False}
    configs = {
        clip: _followed(load(config_file, {**settings, "clip": source}, clips.defaults), through_cameras)
        for clip, source in clips.clips.items()
    }
    for optimizer in {config.optimizer.name: config.optimizer for config in configs.values()}.values():
        get(optimizer.name, **optimizer.options)  # what no clip could use is told now
    check_writable(folder)
    outcomes = _finished(configs, folder) if how.resume else {}
    if outcomes:
        terminal.say(f"{len(outcomes)} of {len(configs)} clips were finished already")
    tasks = {
        clip: Task(configs[clip], folder / clip, how.resume and (folder / clip / CONFIG).is_file())
        for clip in _longest_first(configs)
        if clip not in outcomes
    }
    interrupted = _reconstruct_all(tasks, how, outcomes)
    rows = {clip: outcomes[clip].metrics for clip in configs if clip in outcomes}
    rows = {clip: evaluation_table.row(metrics) for clip, metrics in rows.items() if metrics is not None}
    failures = {clip: each.failure for clip, each in outcomes.items() if each.failure is not None}
    _show(clips, folder, rows, failures)
    if interrupted:
        terminal.warn(f"interrupted; what is finished is kept in {folder}: the same command with --resume goes on")
        raise SystemExit(130)
    if failures or clips.absent:
        raise SystemExit(1)


def _show(clips: ClipSet, folder: Path, rows: Mapping[str, Mapping[str, Any]], failures: Mapping[str, str]) -> None:
    """Writes the tables and prints them."""
    grouped = {clip: clips.groups[clip] for clip in rows if clip in clips.groups}
    comparison = paper_table.comparison(rows, grouped, clips.paper) if clips.groups else None
    evaluation_table.save(RunFolder(folder), rows, {**failures, **clips.absent}, comparison)
    own, paper = evaluation_table.terminal_table, paper_table.terminal_table
    terminal.out.print(paper(rows, grouped, clips.paper) if clips.groups else own(rows))
    for clip, reason in failures.items():
        terminal.say(f"{clip} failed: {reason}")
    if clips.absent:
        terminal.say(
            f"{len(clips.absent)} clips are not there and count as failed; {next(iter(clips.absent.values()))}"
        )
    terminal.say(f"results.json, results.csv, results.md and a run folder for each clip are in {folder}")


def _followed(config: RunConfig, through_cameras: bool) -> RunConfig:
    """The configuration, with the defaults of `through` where clips are to be seen through cameras and it has none.

    Raises InputError where it has some, and they are not to be.
    """
    if through_cameras and config.through is None:
        return config.model_copy(update={"through": ThroughCamera()})
    if config.through is not None and not through_cameras:
        raise InputError("the configuration has a section 'through': give --input keypoints, or leave it out")
    return config


def _finished(configs: Mapping[str, RunConfig], folder: Path) -> dict[str, Outcome]:
    """The clips whose runs are done. Raises InputError if a run in the folder was made with other settings."""
    found = {}
    for clip, config in configs.items():
        run = RunFolder(folder / clip)
        if not (run / CONFIG).is_file():
            continue
        run_folder.require_same_settings(run, config)
        if run.is_finished:
            found[clip] = Outcome(json.loads((run / METRICS).read_text(encoding="utf-8")))
    return found


def _reconstruct_all(tasks: Mapping[str, Task], how: How, outcomes: dict[str, Outcome]) -> bool:
    """Adds the outcome of every task to `outcomes` as it ends; whether it was interrupted before all of them had."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=terminal.err, transient=True) as bar,
        closing(_ending(tasks, how)) as ending,
    ):
        done = bar.add_task("clips", total=len(tasks))
        try:
            for clip, outcome in ending:
                outcomes[clip] = outcome
                error = None if outcome.metrics is None else outcome.metrics["result"]["mpjpe_g_mm"]
                bar.print(f"{clip}: failed" if error is None else f"{clip}: {error:.1f} mm")
                bar.advance(done)
        except KeyboardInterrupt:
            return True
    return False


def _ending(tasks: Mapping[str, Task], how: How) -> Generator[tuple[str, Outcome]]:
    """The outcome of every task, as it ends."""
    if not tasks:
        return
    if how.ray is not None:
        yield from on_cluster(tasks, how.ray)
    else:
        yield from in_processes(tasks, how.jobs or jax_setup.cores())


def _longest_first(configs: Mapping[str, RunConfig]) -> list[str]:
    """Large files first, so that no core works alone for long at the end; what is built in is short."""

    def size(clip: str) -> int:
        config = configs[clip]
        files = sequence_files(config.clip, config.dataset) or (Path(config.clip or ""),)
        return sum(path.stat().st_size for path in files[:1] if path.is_file())

    return sorted(configs, key=lambda clip: -size(clip))
