"""`diffphy evaluate`: reconstruct a set of clips beside each other, and tabulate their metrics and the means."""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data.clip import InputError
from pipelines import jax_setup, terminal
from pipelines.config import RunConfig, ThroughCamera, load
from pipelines.evaluation import tables
from pipelines.evaluation.clip_set import ClipSet
from pipelines.evaluation.clip_task import ClipTask, reconstruct_clip
from pipelines.evaluation.evaluated_set import EvaluatedSet
from pipelines.evaluation.ray_cluster import run_on_cluster
from pipelines.folder import CONFIG, Folder, check_writable
from pipelines.inputs.sequence import sequence_files
from pipelines.process_pool import Outcome, run_in_processes
from pipelines.reconstruction import run_folder
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.method import check_optimizer
from pipelines.reconstruction.run_folder import RunFolder
from pipelines.reconstruction.verdict import list_doubts


@dataclass(frozen=True)
class EvaluationOptions:
    """How an evaluation is done.

    Attributes:
        out: The folder of the results. None: a folder in `results`, named after the set.
        config_file: The configuration of every clip.
        overrides: Settings for every clip by their dotted keys. None: not given.
        jobs: How many clips run at the same time on this machine. None: one for each core.
        ray: A Ray cluster that runs the clips instead, host:port or "local".
        resume: Whether to keep finished runs in the folder and go on with interrupted ones.
    """

    out: Path | None = None
    config_file: Path | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    jobs: int | None = None
    ray: str | None = None
    resume: bool = False


def run(clips: ClipSet, options: EvaluationOptions) -> None:
    """Reconstruct every clip into its own run folder, and write results.json, .csv and .md beside these.

    A clip that fails stands in the table with the reason, and the mean is over the others. Exit with 1 if a clip failed
    or is absent, and with 130 if the evaluation was interrupted. Finished clips are kept.

    Raises:
        InputError: A setting, the folder or the cluster cannot be used. No clip has started then.
        OptimusError: The optimizer or one of its options is unknown.
    """
    done = reconstruct_set(clips, options)
    _show(clips, done)
    done.exit_if_incomplete()


def reconstruct_set(clips: ClipSet, options: EvaluationOptions) -> EvaluatedSet:
    """Reconstruct every clip of a set into its own run folder.

    Raises:
        InputError: A setting, the folder or the cluster cannot be used. No clip has started then.
        OptimusError: The optimizer or one of its options is unknown.
    """
    folder = options.out or Path("results") / clips.name
    configs = _configure(clips, options)
    outcomes, interrupted = reconstruct_all(configs, folder, options, show_error=not clips.truth_apart)
    metrics = {clip: outcomes[clip].result for clip in configs if clip in outcomes}
    failures = {clip: outcome.failure for clip, outcome in outcomes.items() if outcome.failure is not None}
    return EvaluatedSet(
        folder,
        {clip: each for clip, each in metrics.items() if each is not None},
        {**failures, **clips.absent},
        interrupted,
    )


def reconstruct_all(
    configs: Mapping[str, RunConfig], folder: Path, options: EvaluationOptions, *, show_error: bool = True
) -> tuple[dict[str, Outcome[Metrics]], bool]:
    """Reconstruct every clip into a run folder of its name, and return how each ended, and whether Ctrl-C ended all.

    Args:
        configs: Name of a clip -> its configuration. A name with a slash is a folder in a folder.
        folder: Where the run folders are.
        options: How it is done. The folder, the file and the overrides in it count no more.
        show_error: Whether to print the MPJPE-G of each clip as it ends.

    Raises:
        InputError: The folder or the cluster cannot be used. No clip has started then.
        OptimusError: The optimizer or one of its options is unknown.
    """
    for optimizer in {repr(config.optimizer): config.optimizer for config in configs.values()}.values():
        check_optimizer(optimizer)  # Refuse now what no clip could use.
    check_writable(folder)
    if not options.resume:
        for clip in configs:
            run_folder.check_not_interrupted(folder / clip)
    outcomes = _finished(configs, folder) if options.resume else {}
    if outcomes:
        terminal.say(f"{len(outcomes)} of {len(configs)} clips were finished already")
    tasks = {
        clip: ClipTask(configs[clip], folder / clip, options.resume and (folder / clip / CONFIG).is_file())
        for clip in _longest_first(configs)
        if clip not in outcomes
    }
    return outcomes, _run_and_report(tasks, options, outcomes, show_error)


def _configure(clips: ClipSet, options: EvaluationOptions) -> dict[str, RunConfig]:
    """Return the configuration of each clip."""
    given = {key: value for key, value in options.overrides.items() if value is not None}
    settings = {**given, **clips.settings, "output.video": False}
    return {
        clip: _set_cameras(
            load(options.config_file, {**clips.own.get(clip, {}), **settings, "clip": source}, clips.defaults),
            clips.through_cameras,
        )
        for clip, source in clips.clips.items()
    }


def _set_cameras(config: RunConfig, through_cameras: bool) -> RunConfig:
    """Return the configuration with the defaults of `through`, if clips are seen through cameras and it has none.

    Raises:
        InputError: The configuration has `through`, and clips are not seen through cameras.
    """
    if through_cameras and config.through is None:
        return config.model_copy(update={"through": ThroughCamera()})
    if config.through is not None and not through_cameras:
        raise InputError("the configuration has a section 'through': give --input keypoints, or leave it out")
    return config


def _finished(configs: Mapping[str, RunConfig], folder: Path) -> dict[str, Outcome[Metrics]]:
    """Return the outcomes of the clips whose runs are finished.

    Raises:
        InputError: A run in the folder was made with other settings.
    """
    outcomes = {}
    for clip, config in configs.items():
        made = RunFolder(folder / clip)
        if not (made / CONFIG).is_file():
            continue
        run_folder.require_same_settings(made, config)
        if made.is_finished:
            outcomes[clip] = Outcome(run_folder.read_metrics(made))
    return outcomes


def _run_and_report(
    tasks: Mapping[str, ClipTask],
    options: EvaluationOptions,
    outcomes: dict[str, Outcome[Metrics]],
    show_error: bool,
) -> bool:
    """Add the outcome of every task to `outcomes` as it ends. Return whether the evaluation was interrupted."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=terminal.err, transient=True) as bar,
        closing(_run_tasks(tasks, options)) as ended,
    ):
        done = bar.add_task("clips", total=len(tasks))
        try:
            for clip, outcome in ended:
                outcomes[clip] = outcome
                bar.print(f"{clip}: {_describe(outcome, show_error)}")
                bar.advance(done)
        except KeyboardInterrupt:
            return True
    return False


def _describe(outcome: Outcome[Metrics], show_error: bool) -> str:
    """Return how a task ended, and how far its result can be trusted."""
    if outcome.result is None:
        return "failed"
    error = outcome.result["result"]["mpjpe_g_mm"] if show_error else None
    return f"{'done' if error is None else f'{error:.1f} mm'}, {outcome.result['verdict']['level']}"


def _run_tasks(tasks: Mapping[str, ClipTask], options: EvaluationOptions) -> Generator[tuple[str, Outcome[Metrics]]]:
    """Yield the name and the outcome of every task, as it ends."""
    if not tasks:
        return
    if options.ray is not None:
        yield from run_on_cluster(tasks, options.ray)
    else:
        yield from run_in_processes(reconstruct_clip, tasks, options.jobs or jax_setup.cores())


def _longest_first(configs: Mapping[str, RunConfig]) -> list[str]:
    """Return the clips, large files first: then no core works alone for long at the end. Built-in clips are short."""

    def size(clip: str) -> int:
        config = configs[clip]
        files = sequence_files(config.clip, config.dataset) or (Path(config.clip or ""),)
        return sum(path.stat().st_size for path in files[:1] if path.is_file())

    return sorted(configs, key=lambda clip: -size(clip))


def _show(clips: ClipSet, done: EvaluatedSet) -> None:
    """Write the tables and print them."""
    rows = {clip: tables.build_row(each) for clip, each in done.metrics.items()}
    groups = {clip: clips.groups[clip] for clip in rows if clip in clips.groups} if clips.groups else None
    tables.save(Folder(done.folder), rows, done.failures, groups, clips.paper, done.verdicts)
    shown = tables.terminal_table(rows) if groups is None else tables.paper_terminal_table(rows, groups, clips.paper)
    terminal.out.print(shown)
    for doubt in list_doubts(done.verdicts):
        terminal.say(doubt)
    for clip, reason in done.failures.items():
        if clip not in clips.absent:
            terminal.say(f"{clip} failed: {reason}")
    if clips.absent:
        terminal.say(f"{len(clips.absent)} clips are absent and count as failed; {next(iter(clips.absent.values()))}")
    terminal.say(f"results.json, results.csv, results.md and a run folder for each clip are in {done.folder}")
