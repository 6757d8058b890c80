"""The tables of films with truth, on the terminal and as JSON, CSV and Markdown: each run beside other systems."""

import json
from collections.abc import Iterator, Mapping

from rich import box
from rich.table import Table

from data.force_plates import SIDES
from diffphy.metrics import MetricDefinition
from pipelines.evaluation.film_truth import FITTED, SIMULATION, FilmMeasures
from pipelines.evaluation.tables import csv_text, markdown_lines, mean_row
from pipelines.folder import Folder
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.verdict import Verdict, list_doubts

JOINT_DEFINITIONS = {
    "mpjpe_rigid_mm": MetricDefinition(
        "G", "mm", "Mean distance of the joints after one rotation and translation of the whole film."
    ),
    "mpjpe_pa_mm": MetricDefinition(
        "PA", "mm", "Mean distance of the joints after the best rotation, translation and scale in each frame."
    ),
    "pa_legs_mm": MetricDefinition("Legs", "mm", "PA of hips, knees and ankles alone."),
    "pa_arms_mm": MetricDefinition("Arms", "mm", "PA of shoulders, elbows and wrists alone."),
    "tilt_deg": MetricDefinition(
        "Tilt", "degrees", "Angle between the motion's vertical and the true one after the alignment of G."
    ),
    "offset_s": MetricDefinition(
        "Offset", "s", "What is added to the times of the film, or of another system, to get those of the truth."
    ),
    "likeness": MetricDefinition(
        "Likeness",
        "",
        "Correlation of the distances between the joints with the true ones, from which the offset follows.",
    ),
    "compared_s": MetricDefinition("Compared", "s", "Time from the first compared frame to the last."),
}
FORCE_DEFINITIONS = {
    "force_error_pct": MetricDefinition(
        "Force error", "% of body weight", "Mean absolute error of the vertical ground force."
    ),
    "force_constant_error_pct": MetricDefinition(
        "Error of a constant", "% of body weight", "The error that the mean of the plates' force would have."
    ),
    "force_r": MetricDefinition("r", "", "Correlation of the vertical ground force with that of the plates."),
    "force_mean_bw": MetricDefinition("Mean", "body weights", "Mean vertical ground force of the simulation."),
    "plates_mean_bw": MetricDefinition("Mean of the plates", "body weights", "Mean vertical force of the plates."),
    "force_peak_bw": MetricDefinition("Peak", "body weights", "Largest vertical ground force of the simulation."),
    "plates_peak_bw": MetricDefinition("Peak of the plates", "body weights", "Largest vertical force of the plates."),
    "compared_s": MetricDefinition("Compared", "s", "Duration of the frames in which the plates tell the force."),
}
PARTS = ("total", *SIDES)

Row = dict[str, float | None]
Rows = Mapping[str, Row]

_TITLES = {SIMULATION: "simulation", FITTED: "before physics"}
_JOINT_COLUMNS = {"G mm": "mpjpe_rigid_mm", "PA mm": "mpjpe_pa_mm", "legs mm": "pa_legs_mm", "arms mm": "pa_arms_mm"}
_CAPTION = (
    "G: one rigid alignment of the whole film. PA, legs, arms: one similarity for each frame. tilt: of the vertical. "
    "total, left, right: error of the vertical force, % of body weight. peak: in body weights, that of the plates in "
    "brackets."
)


def build_row(measures: FilmMeasures, metrics: Metrics) -> Row:
    """Return the figures of one film in one level.

    Those of the simulation have the keys of the definitions. Those of other motions have the name of the motion before
    them, those of forces "total_", "left_" or "right_".
    """
    row: Row = {}
    for motion, compared in measures.joints.items():
        prefix = "" if motion == SIMULATION else f"{motion}_"
        row |= {f"{prefix}{key}": value for key, value in compared.figures.items()}
    forces = {} if measures.forces is None else measures.forces.figures
    row |= {f"{part}_{key}": forces.get(f"{part}_{key}") for part in PARTS for key in FORCE_DEFINITIONS}
    return row | {"duration_s": metrics["duration_s"], "seconds": metrics["seconds"]}


def with_equal_keys(rows: Rows) -> Rows:
    """Return the rows with the keys that any of them has. A film without a figure has None."""
    keys = dict.fromkeys(key for row in rows.values() for key in row)
    return {film: {key: row.get(key) for key in keys} for film, row in rows.items()}


def save(
    folder: Folder,
    rows: Rows,
    failures: Mapping[str, str],
    notes: Mapping[str, tuple[str, ...]],
    verdicts: Mapping[str, Verdict],
) -> None:
    """Write results.json, results.csv and results.md.

    Args:
        folder: Where to write.
        rows: The films that did not fail.
        failures: The other films, and why they failed.
        notes: What a reader of the figures should know, by film.
        verdicts: How far each run can be trusted by what it says itself, without the truth.

    Raises:
        InputError: A file cannot be written.
    """
    rows = with_equal_keys(rows)
    content = {
        "clips": dict(rows),
        "mean": mean_row(rows),
        "failed": dict(failures),
        "verdicts": dict(verdicts),
        "notes": {film: list(each) for film, each in notes.items()},
        "definitions": {
            "joints": {key: each._asdict() for key, each in JOINT_DEFINITIONS.items()},
            "forces": {key: each._asdict() for key, each in FORCE_DEFINITIONS.items()},
        },
    }
    folder.write_text("results.json", json.dumps(content, indent=2, allow_nan=False) + "\n")
    lines = {film: {**row, "verdict": _level(verdicts, film)} for film, row in {**rows, "mean": mean_row(rows)}.items()}
    folder.write_text("results.csv", csv_text(lines) if rows else "")
    folder.write_text("results.md", _markdown(rows, failures, notes, verdicts))


def terminal_table(rows: Rows, verdicts: Mapping[str, Verdict]) -> Table:
    """Return the main figures of every film and their means, each run beside the other systems.

    Args:
        rows: The films that did not fail.
        verdicts: How far each run can be trusted.
    """
    rows = with_equal_keys(rows)
    table = Table(title="Films beside their truth", caption=_CAPTION, box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("", overflow="fold", max_width=22)
    titles = (*_JOINT_COLUMNS, "tilt deg", *(_force_titles() if _has_forces(rows) else ()))
    for title in titles:
        table.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    for film, lines in _sections(rows):
        table.add_section()
        level = _level(verdicts, film)
        table.add_row(f"{film}: {level}" if level else film, *[""] * len(titles), style="bold")
        for motion, row in lines.items():
            table.add_row(f" {_TITLES.get(motion, motion)}", *_cells(motion, row)[: len(titles)])
    return table


def _sections(rows: Rows) -> Iterator[tuple[str, dict[str, Row]]]:
    """Yield each film, and at the end the mean, with the figures of each motion."""
    for film, row in rows.items():
        yield film, {motion: row for motion in _motions(row) if row[_key(motion, "mpjpe_rigid_mm")] is not None}
    if len(rows) > 1:
        yield "mean", _means(rows)


def _means(rows: Rows) -> dict[str, Row]:
    """Return the mean of each motion, over the films that have it. Where these are fewer, its name says how many."""
    means = {}
    for motion in _motions(next(iter(rows.values()))):
        own = {film: row for film, row in rows.items() if row[_key(motion, "mpjpe_rigid_mm")] is not None}
        means[motion if len(own) == len(rows) else f"{motion} ({len(own)})"] = mean_row(own)
    return means


def _motions(row: Row) -> list[str]:
    """Return the simulation, and every other motion that the row has figures of."""
    suffix = "_mpjpe_rigid_mm"
    return [SIMULATION, *(key.removesuffix(suffix) for key in row if key.endswith(suffix))]


def _key(motion: str, key: str) -> str:
    return key if motion == SIMULATION else f"{motion}_{key}"


def _has_forces(rows: Rows) -> bool:
    return any(row["total_force_error_pct"] is not None for row in rows.values())


def _force_titles() -> tuple[str, ...]:
    return (*(f"{part} %BW" for part in PARTS), "peak BW")


def _cells(motion: str, row: Row) -> list[str]:
    counted = motion != SIMULATION and _key(motion, "tilt_deg") not in row  # as `_means` names it
    name = motion.rpartition(" (")[0] if counted else motion
    cells = [_text(row[_key(name, key)]) for key in (*_JOINT_COLUMNS.values(), "tilt_deg")]
    if name != SIMULATION:
        return cells + [""] * len(_force_titles())
    peaks = row["total_force_peak_bw"], row["total_plates_peak_bw"]
    peak = "" if None in peaks else f"{_text(peaks[0], 2)} ({_text(peaks[1], 2)})"
    return [*cells, *(_text(row[f"{part}_force_error_pct"]) for part in PARTS), peak]


def _text(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _level(verdicts: Mapping[str, Verdict], film: str) -> str:
    """Return the level of a film's verdict; nothing for the mean, and for runs of versions that wrote none."""
    return verdicts[film]["level"] if film in verdicts else ""


def _markdown(
    rows: Rows,
    failures: Mapping[str, str],
    notes: Mapping[str, tuple[str, ...]],
    verdicts: Mapping[str, Verdict],
) -> str:
    titles = (*_JOINT_COLUMNS, "tilt deg", *_force_titles())
    lines = [["film", "motion", *titles, "verdict"], ["---", "---", *["---:"] * len(titles), "---"]]
    for film, motions in _sections(rows):
        for motion, row in motions.items():
            level = _level(verdicts, film) if motion == SIMULATION else ""
            lines.append([film, _TITLES.get(motion, motion), *_cells(motion, row), level])
    text = f"{_CAPTION}\n\n{markdown_lines(lines)}"
    if _has_forces(rows):
        text += f"\n{markdown_lines(_force_lines(rows))}"
    listed = [f"- {film}: {note}\n" for film, each in notes.items() for note in each]
    listed += [f"- {doubt}\n" for doubt in list_doubts(verdicts)]
    listed += [f"- {film} failed: {reason}\n" for film, reason in failures.items()]
    return text + ("\n" + "".join(listed) if listed else "")


def _force_lines(rows: Rows) -> list[list[str]]:
    """Return the table of forces: a line for each film and part, a column for each figure."""
    titles = [f"{each.label}, {each.unit}".removesuffix(", ") for each in FORCE_DEFINITIONS.values()]
    lines = [["film", "part", *titles], ["---", "---", *["---:"] * len(titles)]]
    for film, row in rows.items():
        for part in PARTS:
            if row[f"{part}_force_error_pct"] is not None:
                lines.append([film, part, *(_text(row[f"{part}_{key}"], 2) for key in FORCE_DEFINITIONS)])
    return lines
