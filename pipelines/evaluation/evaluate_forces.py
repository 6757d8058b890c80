"""`diffphy evaluate forces`: reconstruct recordings with force plates, and tabulate how far each step is from them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.body_weight import DOUBTFUL
from data.clip import InputError
from pipelines import terminal
from pipelines.evaluation import force_tables
from pipelines.evaluation.evaluate import EvaluationOptions, reconstruct_set
from pipelines.evaluation.force_trials import find_trials
from pipelines.evaluation.plate_truth import PlateTruth
from pipelines.evaluation.step_comparison import StepComparison, compare_step, start_error_bw
from pipelines.folder import Folder
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.run_folder import RunFolder
from pipelines.reconstruction.verdict import list_doubts
from viz.errors import RenderError
from viz.plots import save_figure
from viz.step_plots import StepCurves, step_figure

PICTURE = "steps.png"


def run(root: Path, options: EvaluationOptions) -> None:
    """Reconstruct every recording with force plates in a folder, and compare its steps with the plates.

    Beside each step stands what the recording alone says of it. A recording that fails stands in the table with the
    reason. The files of the evaluation are those of `evaluate.run`, and a picture in each run folder. Exit with 1 if a
    recording failed or has no usable step, and with 130 if the evaluation was interrupted.

    Raises:
        InputError: There is no recording with steps on plates, or a setting, the folder or the cluster cannot be used.
            No recording has started then.
        OptimusError: The optimizer or one of its options is unknown.
    """
    trials = find_trials(root, options.config_file, options.overrides)
    done = reconstruct_set(trials.clips, options)
    steps: dict[str, StepComparison] = {}
    figures: dict[str, force_tables.Row] = {}
    failures = dict(done.failures)
    for trial, metrics in done.metrics.items():
        try:
            own, figures[trial] = _compare(done.folder / trial, trials.truths[trial], metrics)
        except InputError as error:
            failures[trial] = str(error)
            continue
        steps |= {f"{trial} {name}": each for name, each in own.items()}
        _draw(done.folder / trial / PICTURE, trial, tuple(own.values()))
    rows = {name: each.figures for name, each in steps.items()}
    verdicts = {trial: verdict for trial in figures if (verdict := done.verdicts.get(trial))}
    notes = {trial: trials.truths[trial].notes for trial in figures}
    force_tables.save(Folder(done.folder), rows, figures, failures, notes, verdicts)
    terminal.out.print(force_tables.terminal_table(rows))
    for trial, each in notes.items():
        for note in each:
            tell = terminal.warn if DOUBTFUL in note else terminal.say
            tell(f"{trial}: {note}")
    for doubt in list_doubts(verdicts):
        terminal.say(doubt)
    if trials.skipped:
        terminal.say(f"without force plates, and left out: {', '.join(trials.skipped)}")
    for trial, reason in failures.items():
        terminal.say(f"{trial} failed: {reason}")
    terminal.say(
        f"results.json, results.csv, results.md and a run folder with {PICTURE} for each recording are in {done.folder}"
    )
    replace(done, failures=failures).exit_if_incomplete()


def _compare(
    folder: Path, truth: PlateTruth, metrics: Metrics
) -> tuple[dict[str, StepComparison], dict[str, float | None]]:
    """Return the steps of a run by their names, and the figures of the whole run.

    Raises:
        InputError: The run cannot be read.
    """
    motion = motion_file.load(RunFolder(folder))
    count = {"left": 0, "right": 0}
    steps = {}
    for step in truth.steps:
        count[step.side] += 1
        steps[f"{step.side} {count[step.side]}"] = compare_step(motion, step, truth)
    start_error = start_error_bw(motion, truth)
    result = metrics["result"]
    about = {key: result[key] for key in ("mpjpe_g_mm", "foot_skate_pct", "tv")}
    return steps, {
        **about,
        "weight_N": truth.weight_N,
        "start_rms_bw": start_error if math.isfinite(start_error) else None,
        "duration_s": metrics["duration_s"],
        "seconds": metrics["seconds"],
    }


def _draw(path: Path, trial: str, steps: Sequence[StepComparison]) -> None:
    """Draw the forces of the steps of a recording. If that fails, warn: the tables do not need it."""
    curves = [
        StepCurves(
            each.side, each.time_s, {"ours": each.run, "plates": each.measured, "recording alone": each.baseline}
        )
        for each in steps
    ]
    try:
        save_figure(path, step_figure(trial, curves))
    except RenderError as error:
        terminal.warn(f"{trial} has no picture of its steps: {error}")
