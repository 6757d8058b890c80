"""The tables of steps on force plates, on the terminal and as JSON, CSV and Markdown: the run beside the recording.

Both are compared in the same frames. The run tells the others too, so it has figures of all frames beside those.
"""

import json
from collections.abc import Mapping

from rich import box
from rich.table import Table

from diffphy.metrics import MetricDefinition
from pipelines.evaluation.step_comparison import BASELINE, SAME
from pipelines.evaluation.tables import csv_text, markdown_lines, mean_row
from pipelines.folder import Folder
from pipelines.reconstruction.verdict import Verdict, list_doubts

DEFINITIONS = {
    "vertical_nrmse_pct": MetricDefinition(
        "Vertical", "% of range", "Root mean square error of the vertical force, over the range of the plates' force."
    ),
    "vertical_r": MetricDefinition("r", "", "Correlation of the vertical force with that of the plates."),
    "vertical_rms_bw": MetricDefinition(
        "Vertical rms", "body weights", "Root mean square error of the vertical force."
    ),
    "vertical_rms_N_per_kg": MetricDefinition("Vertical rms", "N/kg", "The same over the mass."),
    "single_support_rms_bw": MetricDefinition(
        "Single support", "body weights", "The same in the control frames in which only this foot carries."
    ),
    "double_support_rms_bw": MetricDefinition(
        "Double support", "body weights", "The same in the control frames in which both feet carry at some time."
    ),
    "ap_nrmse_pct": MetricDefinition(
        "Forward", "% of range", "As Vertical, of the force ahead, over the range of that force."
    ),
    "ml_nrmse_pct": MetricDefinition(
        "Sideways", "% of range", "As Vertical, of the force to the left, over the range of that force."
    ),
    "told_pct": MetricDefinition(
        "Told", "%", "Part of the compared control frames in which the recording alone tells the force."
    ),
    "impulse_error_pct": MetricDefinition("Impulse", "%", "Relative error of the vertical impulse."),
    "peak_bw": MetricDefinition("Peak", "body weights", "Largest vertical force, mean over a control frame."),
    "plates_peak_bw": MetricDefinition("Peak of the plates", "body weights", "The same of the plates."),
    "peak_error_pct": MetricDefinition("Peak error", "%", "Relative error of the peak."),
    "loading_rate_bw_per_s": MetricDefinition(
        "Loading rate", "body weights/s", "Fastest rise of the vertical force between two control frames."
    ),
    "plates_loading_rate_bw_per_s": MetricDefinition(
        "Loading rate of the plates", "body weights/s", "The same of the plates."
    ),
    "heel_strike_ms": MetricDefinition(
        "Touch-down", "ms", "How much later than on the plates the vertical force rises above 5 % of the body weight."
    ),
    "toe_off_ms": MetricDefinition("Lift-off", "ms", "How much later it falls below that."),
    "cop_mm": MetricDefinition(
        "Centre of pressure", "mm", "Mean horizontal distance of the centres of pressure, above 10 % of body weight."
    ),
}
SIGNED = ("heel_strike_ms", "toe_off_ms", "impulse_error_pct", "peak_error_pct")
"""Figures with a sign. Their means are of their sizes."""

Row = Mapping[str, float | None]
Rows = Mapping[str, Row]

_COLUMNS = {
    "vertical %": ("vertical_nrmse_pct", 1),
    "r": ("vertical_r", 3),
    "rms BW": ("vertical_rms_bw", 3),
    "double BW": ("double_support_rms_bw", 3),
    "ahead %": ("ap_nrmse_pct", 1),
    "down ms": ("heel_strike_ms", 0),
    "off ms": ("toe_off_ms", 0),
    "peak %": ("peak_error_pct", 1),
    "CoP mm": ("cop_mm", 0),
}
_LINES = {"where both tell": SAME, "recording alone": BASELINE}
_CAPTION = (
    "Errors of the ground force by step; in the last line those of the recording alone, and above it those of the run "
    "in the same frames, if it does not tell all of them. vertical, ahead: % of the plates' range. rms: vertical, body "
    "weights. double: the same while both feet carry. down, off: later than on the plates. Means of signed figures are "
    "of their sizes."
)


def mean_of(rows: Rows) -> dict[str, float | None]:
    """Return the mean of each figure over the steps that have it; of its size, if it has a sign.

    What is no figure of `DEFINITIONS`, as when a step begins, has none.
    """
    return mean_row({step: {key: _size(key, value) for key, value in row.items()} for step, row in rows.items()})


def _size(key: str, value: float | None) -> float | None:
    figure = key.removeprefix(BASELINE).removeprefix(SAME)
    if value is None or figure not in DEFINITIONS:
        return None
    return abs(value) if figure in SIGNED else value


def save(
    folder: Folder,
    rows: Rows,
    trials: Mapping[str, Row],
    failures: Mapping[str, str],
    notes: Mapping[str, tuple[str, ...]],
    verdicts: Mapping[str, Verdict],
) -> None:
    """Write results.json, results.csv and results.md.

    Args:
        folder: Where to write.
        rows: The steps.
        trials: Figures of the recordings that did not fail.
        failures: The other recordings, and why they failed.
        notes: What a reader of the figures should know, by recording.
        verdicts: How far each run can be trusted by what it says itself, without the plates.

    Raises:
        InputError: A file cannot be written.
    """
    content = {
        "steps": dict(rows),
        "mean": mean_of(rows),
        "clips": dict(trials),
        "failed": dict(failures),
        "notes": {trial: list(each) for trial, each in notes.items()},
        "verdicts": dict(verdicts),
        "definitions": {key: each._asdict() for key, each in DEFINITIONS.items()},
    }
    folder.write_text("results.json", json.dumps(content, indent=2, allow_nan=False) + "\n")
    folder.write_text("results.csv", csv_text({**rows, "mean": mean_of(rows)}) if rows else "")
    folder.write_text("results.md", _markdown(rows, failures, notes, verdicts))


def terminal_table(rows: Rows) -> Table:
    """Return the main figures of every step and their mean."""
    table = Table(title="Ground forces by step", caption=_CAPTION, box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("", overflow="fold", max_width=24)
    for title in _COLUMNS:
        table.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    for name, row in _named(rows).items():
        table.add_section()
        table.add_row(name, *_cells(row, ""), style="bold" if name == "mean" else None)
        for title, prefix in _lines(row).items():
            table.add_row(f" {title}", *_cells(row, prefix), style="dim")
    return table


def _named(rows: Rows) -> Rows:
    return {**rows, "mean": mean_of(rows)} if len(rows) > 1 else rows


def _lines(row: Row) -> Mapping[str, str]:
    """Return the lines below a step: the run in the same frames only where these are not all."""
    told = row.get("told_pct")
    return {title: prefix for title, prefix in _LINES.items() if prefix != SAME or (told is not None and told < 100.0)}


def _cells(row: Row, prefix: str) -> list[str]:
    return [_text(row.get(f"{prefix}{key}"), digits) for key, digits in _COLUMNS.values()]


def _text(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _markdown(
    rows: Rows,
    failures: Mapping[str, str],
    notes: Mapping[str, tuple[str, ...]],
    verdicts: Mapping[str, Verdict],
) -> str:
    lines = [["step", *_COLUMNS], ["---", *["---:"] * len(_COLUMNS)]]
    for name, row in _named(rows).items():
        lines += [[name, *_cells(row, "")], *([title, *_cells(row, prefix)] for title, prefix in _lines(row).items())]
    listed = [f"- {trial}: {note}\n" for trial, each in notes.items() for note in each]
    listed += [f"- {trial} failed: {reason}\n" for trial, reason in failures.items()]
    listed += [f"- {doubt}\n" for doubt in list_doubts(verdicts)]
    return f"{_CAPTION}\n\n{markdown_lines(lines)}" + ("\n" + "".join(listed) if listed else "")
