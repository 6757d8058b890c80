"""The tables of an evaluation, on the terminal and as JSON, CSV and Markdown: the metrics of each clip and their mean.

The clips of a dataset get a second table in the columns of the paper, by sequence, by group and overall, with the rows
that the paper reports.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from diffphy.metrics import METRIC_DEFINITIONS
from pipelines.evaluation.paper_rows import PaperRow
from pipelines.folder import Folder
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.verdict import Verdict, list_doubts

Row = Mapping[str, Any]
"""The figures of one clip: what `build_row` makes of its metrics.json."""
Rows = Mapping[str, Row]
"""Clip -> its figures."""
Groups = Mapping[str, Sequence[str]]
"""Clip -> the groups that it belongs to."""

# Column title -> key. A second key is the input's own value, shown beside the result's.
_COLUMNS = {
    "MPJPE-G mm": ("mpjpe_g_mm",),
    "MPJPE mm": ("mpjpe_mm",),
    "PA mm": ("mpjpe_pa_mm",),
    "TV m/s²": ("tv", "reference_tv"),
    "skate %": ("foot_skate_pct", "reference_foot_skate_pct"),
    "sunk mm": ("penetration_mm", "reference_penetration_mm"),
    "afloat mm": ("floating_mm", "reference_floating_mm"),
    "residual force %": ("residual_force_pct",),
    "time s": ("seconds",),
}
# The same for clips that were made from a rough motion: the result's value, the value before physics, the rough one's.
_COLUMNS_WITH_ROUGH = {
    "MPJPE-G mm": ("mpjpe_g_mm", "kinematic_mpjpe_g_mm", "rough_mpjpe_g_mm"),
    "MPJPE mm": ("mpjpe_mm", "kinematic_mpjpe_mm", "rough_mpjpe_mm"),
    "PA mm": ("mpjpe_pa_mm", "kinematic_mpjpe_pa_mm", "rough_mpjpe_pa_mm"),
    "2d px": ("mpjpe_2d_px", "kinematic_mpjpe_2d_px", "rough_mpjpe_2d_px"),
    "TV m/s²": ("tv", "kinematic_tv", "rough_tv"),
    "skate %": ("foot_skate_pct", "kinematic_foot_skate_pct", "rough_foot_skate_pct"),
    "sunk mm": ("penetration_mm", "kinematic_penetration_mm"),
    "afloat mm": ("floating_mm", "kinematic_floating_mm"),
    "residual force %": ("residual_force_pct",),
    "evaluations": ("evaluations",),
    "time s": ("seconds",),
}
_NOT_ON_TERMINAL = ("afloat mm", "residual force %", "evaluations", "time s")  # Eighty characters hold no more.
# Column title of the paper -> key, and digits after the point.
_PAPER_COLUMNS = {
    "MPJPE-G mm": ("mpjpe_g_mm", 1),
    "MPJPE mm": ("mpjpe_mm", 1),
    "MPJPE-PA mm": ("mpjpe_pa_mm", 1),
    "MPJPE-2d px": ("mpjpe_2d_px", 1),
    "TV m/frame²": ("tv_per_frame", 2),
    "foot skate %": ("foot_skate_pct", 1),
    "evaluations": ("window_evaluations", 1),
}
_PAPER_NOTE = (
    "Means are over sequences. Evaluations are those of a window. The paper's TV has no unit; ours is in the one that "
    "is likely to be meant. What the paper does not report is blank."
)


def build_row(metrics: Metrics) -> dict[str, Any]:
    """Return the figures of one clip in one level: the result's by their keys, the others' with a prefix.

    The prefix of the input's own figures is `reference_`. For a clip that was made from a rough motion, `rough_` is
    the rough motion's and `kinematic_` that of the motion before physics.
    """
    reference = {f"reference_{key}": value for key, value in metrics["reference"].items()}
    rough = {f"rough_{key}": value for key, value in metrics.get("rough", {}).items()}
    retargeting = {"retargeting_mpjpe_g_mm": metrics["retargeting"]["mpjpe_g_mm"]}
    if rough:
        retargeting = {f"kinematic_{key}": value for key, value in metrics["retargeting"].items()}
        retargeting["detections_2d_px"] = metrics.get("detections_2d_px")
    about: dict[str, Any] = {key: metrics[key] for key in ("frames", "duration_s", "evaluations", "seconds")}
    tv, fps = metrics["result"]["tv"], metrics["fps"]
    about |= {
        "window_evaluations": metrics.get("window_evaluations"),  # The first versions did not write it.
        "tv_per_frame": None if tv is None else tv / fps**2,
    }
    return {**metrics["result"], **reference, **rough, **retargeting, **about}


def mean_row(rows: Rows) -> dict[str, float | None]:
    """Return the mean of each figure over the clips that have it. None where no clip has it."""
    keys = next(iter(rows.values()), {})
    known = {key: [figures[key] for figures in rows.values() if figures[key] is not None] for key in keys}
    return {key: float(np.mean(values)) if values else None for key, values in known.items()}


def group_means(rows: Rows, groups: Groups) -> dict[str, dict[str, float | None]]:
    """Return the means over the clips of each group that has any."""
    names = dict.fromkeys(name for each in zip(*(groups[clip] for clip in rows), strict=True) for name in each)
    return {name: mean_row({clip: rows[clip] for clip in rows if name in groups[clip]}) for name in names}


def save(
    folder: Folder,
    rows: Rows,
    failures: Mapping[str, str],
    groups: Groups | None = None,
    paper: Sequence[PaperRow] = (),
    verdicts: Mapping[str, Verdict] = MappingProxyType({}),
) -> None:
    """Write results.json, results.csv and results.md.

    Args:
        folder: Where to write.
        rows: The clips that did not fail.
        failures: The other clips, and why they failed.
        groups: The groups of the clips of a dataset. With them the files have the means of the groups and a second
            table.
        paper: The rows of the second table that the paper reports.
        verdicts: How far each result can be trusted.

    Raises:
        InputError: A file cannot be written.
    """
    means = {} if groups is None else group_means(rows, groups)
    content = {
        "clips": dict(rows),
        "mean": mean_row(rows),
        **({} if groups is None else {"groups": means, "paper": [asdict(each) for each in paper]}),
        "failed": dict(failures),
        "verdicts": dict(verdicts),
        "definitions": {key: definition._asdict() for key, definition in METRIC_DEFINITIONS.items()},
    }
    folder.write_text("results.json", json.dumps(content, indent=2, allow_nan=False) + "\n")
    named = {f"mean of {name}": figures for name, figures in means.items()}
    folder.write_text("results.csv", csv_text({**rows, **named, "mean": mean_row(rows)}))
    second = "" if groups is None else f"\n{paper_markdown(rows, groups, paper)}"
    folder.write_text("results.md", _markdown(rows, failures, verdicts) + second)


def terminal_table(rows: Rows) -> Table:
    """Return the main figures of every clip and their mean. "a (b)" is the result's and, in brackets, the input's."""
    table = Table(title="After (and before)", box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("clip", no_wrap=True)
    columns = {
        title: (keys[0], *(key for key in keys[1:] if not key.startswith("kinematic_")))
        for title, keys in _columns(rows).items()
        if title not in _NOT_ON_TERMINAL
    }
    for title in columns:
        table.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    for clip, figures in rows.items():
        table.add_row(clip, *_cells(figures, columns))
    if rows:
        table.add_section()
        table.add_row("mean", *_cells(mean_row(rows), columns), style="bold")
    return table


def paper_terminal_table(rows: Rows, groups: Groups, paper: Sequence[PaperRow]) -> Table:
    """Return the table beside the paper for the terminal."""
    table = Table(title="Beside the paper", caption=_PAPER_NOTE, box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("", overflow="fold", min_width=12)
    for title in _PAPER_COLUMNS:
        table.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    before = None
    for section, title, cells in _paper_lines(rows, groups, paper):
        if before not in (None, section):
            table.add_section()
        table.add_row(title, *cells, style="bold" if section == "mean" else None)
        before = section
    return table


def paper_markdown(rows: Rows, groups: Groups, paper: Sequence[PaperRow]) -> str:
    """Return the table beside the paper as Markdown, with a heading."""
    lines = [["", *_PAPER_COLUMNS], ["---", *["---:"] * len(_PAPER_COLUMNS)]]
    for section, title, cells in _paper_lines(rows, groups, paper):
        lines.append([f"**{title}**" if section == "mean" else title, *cells])
    return f"## Beside the paper\n\n{_PAPER_NOTE}\n\n{markdown_lines(lines)}"


def _paper_lines(rows: Rows, groups: Groups, paper: Sequence[PaperRow]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the section, the title and the cells of each line of the table beside the paper."""
    for clip, figures in rows.items():
        yield "sequences", clip, _paper_cells(figures)
    for group, figures in group_means(rows, groups).items():
        yield "means", f"{group}: {sum(group in groups[clip] for clip in rows)}", _paper_cells(figures)
    if rows:
        yield "mean", f"all: {len(rows)}", _paper_cells(mean_row(rows))
    if paper:
        yield "paper", "the paper's:", [""] * len(_PAPER_COLUMNS)
    for each in paper:
        yield "paper", f"{each.method} ({each.source})", _paper_cells(each.values)


def _paper_cells(figures: Row) -> list[str]:
    values = ((figures.get(key), digits) for key, digits in _PAPER_COLUMNS.values())
    return ["" if value is None else f"{value:.{digits}f}" for value, digits in values]


def _columns(rows: Rows) -> dict[str, tuple[str, ...]]:
    """Return the columns for which the rows have figures."""
    rough = any("rough_mpjpe_g_mm" in figures for figures in rows.values())
    return _COLUMNS_WITH_ROUGH if rough else _COLUMNS


def _cells(figures: Row, columns: Mapping[str, tuple[str, ...]]) -> list[str]:
    def text(key: str) -> str:
        return "-" if figures[key] is None else f"{figures[key]:.1f}"

    def cell(key: str, *before: str) -> str:
        return f"{text(key)} ({', '.join(map(text, before))})" if before else text(key)

    return [cell(*keys) for keys in columns.values()]


def csv_text(rows: Rows) -> str:
    """Return a line for each clip. All have the same keys."""
    text = io.StringIO()
    keys = list(next(iter(rows.values())))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["clip", *keys])
    writer.writerows([clip, *(figures[key] for key in keys)] for clip, figures in rows.items())
    return text.getvalue()


def _markdown(rows: Rows, failures: Mapping[str, str], verdicts: Mapping[str, Verdict]) -> str:
    columns = _columns(rows)
    lines = [["clip", *columns], ["---", *("---:" for _ in columns)]]
    lines += [[clip, *_cells(figures, columns)] for clip, figures in rows.items()]
    if rows:
        lines.append(["**mean**", *_cells(mean_row(rows), columns)])
    listed = [*list_doubts(verdicts), *(f"{clip} failed: {reason}" for clip, reason in failures.items())]
    before = "before (of the input itself)"
    if columns is _COLUMNS_WITH_ROUGH:
        before = "the most likely motion before any physics, and the rough one"
    text = f"After, and in brackets {before}.\n\n{markdown_lines(lines)}"
    return text + ("\n" + "".join(f"- {line}\n" for line in listed) if listed else "")


def markdown_lines(lines: Sequence[Sequence[str]]) -> str:
    """Return the lines of a table, the heading and its rule included, as Markdown."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
