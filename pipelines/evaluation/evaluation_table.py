"""The tables of an evaluation: on the terminal, as JSON, CSV and Markdown."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from rich import box
from rich.table import Table

from diffphy.metrics import METRIC_DEFINITIONS
from pipelines.reconstruction.run_folder import RunFolder

Rows = Mapping[str, Mapping[str, Any]]
"""Clip -> what `row` makes of its metrics.json."""

# Column title -> key; a second key is the input's own value, shown beside the result's.
_COLUMNS = {
    "MPJPE-G mm": ("mpjpe_g_mm",),
    "MPJPE mm": ("mpjpe_mm",),
    "PA mm": ("mpjpe_pa_mm",),
    "TV m/s²": ("tv", "reference_tv"),
    "skate %": ("foot_skate_pct", "reference_foot_skate_pct"),
    "sunk mm": ("penetration_mm", "reference_penetration_mm"),
    "afloat mm": ("floating_mm", "reference_floating_mm"),
    "from nowhere % of weight": ("residual_force_pct",),
    "time s": ("seconds",),
}
# ... of motions that were made from a rough one: the result's, those of the motion before physics, the rough one's.
_COLUMNS_WITH_ROUGH = {
    "MPJPE-G mm": ("mpjpe_g_mm", "kinematic_mpjpe_g_mm", "rough_mpjpe_g_mm"),
    "MPJPE mm": ("mpjpe_mm", "kinematic_mpjpe_mm", "rough_mpjpe_mm"),
    "PA mm": ("mpjpe_pa_mm", "kinematic_mpjpe_pa_mm", "rough_mpjpe_pa_mm"),
    "2d px": ("mpjpe_2d_px", "kinematic_mpjpe_2d_px", "rough_mpjpe_2d_px"),
    "TV m/s²": ("tv", "kinematic_tv", "rough_tv"),
    "skate %": ("foot_skate_pct", "kinematic_foot_skate_pct", "rough_foot_skate_pct"),
    "sunk mm": ("penetration_mm", "kinematic_penetration_mm"),
    "afloat mm": ("floating_mm", "kinematic_floating_mm"),
    "from nowhere % of weight": ("residual_force_pct",),
    "evaluations": ("evaluations",),
    "time s": ("seconds",),
}
_WIDE = ("afloat mm", "from nowhere % of weight", "evaluations", "time s")  # what eighty characters do not hold


def row(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """One clip's figures, flat: the result's by their keys, the input's own with `reference_` before them."""
    reference = {f"reference_{key}": value for key, value in metrics["reference"].items()}
    rough = {f"rough_{key}": value for key, value in metrics.get("rough", {}).items()}
    retargeting = {"retargeting_mpjpe_g_mm": metrics["retargeting"]["mpjpe_g_mm"]}
    if rough:
        retargeting = {f"kinematic_{key}": value for key, value in metrics["retargeting"].items()}
        retargeting["detections_2d_px"] = metrics["detections_2d_px"]
    about = {key: metrics[key] for key in ("frames", "duration_s", "evaluations", "seconds")}
    tv, fps = metrics["result"]["tv"], metrics["fps"]
    about |= {
        "window_evaluations": metrics.get("window_evaluations"),
        "tv_per_frame": None if tv is None else tv / fps**2,
    }
    return {**metrics["result"], **reference, **rough, **retargeting, **about}


def _columns(rows: Rows) -> dict[str, tuple[str, ...]]:
    """Those that the rows have figures for."""
    rough = any("rough_mpjpe_g_mm" in figures for figures in rows.values())
    return _COLUMNS_WITH_ROUGH if rough else _COLUMNS


def mean(rows: Rows) -> dict[str, float | None]:
    """Each figure's mean over the clips that have it; None where none has."""
    keys = next(iter(rows.values()), {})
    found = {key: [r[key] for r in rows.values() if r[key] is not None] for key in keys}
    return {key: float(np.mean(values)) if values else None for key, values in found.items()}


class Comparison(NamedTuple):
    """With others' figures. groups: of clips -> their means. paper: a paper's rows. markdown: both beside ours."""

    groups: Rows
    paper: Sequence[Mapping[str, Any]]
    markdown: str


def save(folder: RunFolder, rows: Rows, failures: Mapping[str, str], comparison: Comparison | None = None) -> None:
    """Writes results.json (clips, mean, failed, definitions), results.csv and results.md.

    With a comparison results.json has `groups` and `paper` too, and results.md a second table.
    """
    groups = {} if comparison is None else dict(comparison.groups)
    content = {
        "clips": dict(rows),
        "mean": mean(rows),
        **({} if comparison is None else {"groups": groups, "paper": list(comparison.paper)}),
        "failed": dict(failures),
        "definitions": {key: definition._asdict() for key, definition in METRIC_DEFINITIONS.items()},
    }
    folder.write_text("results.json", json.dumps(content, indent=2, allow_nan=False) + "\n")
    means = {f"mean of {name}": figures for name, figures in groups.items()}
    folder.write_text("results.csv", _csv({**rows, **means, "mean": mean(rows)}))
    appendix = "" if comparison is None else f"\n{comparison.markdown}"
    folder.write_text("results.md", _markdown(rows, failures) + appendix)


def terminal_table(rows: Rows) -> Table:
    """The main figures of every clip, and their mean; "a (b)" is the result's and, in brackets, the input's own."""
    table = Table(title="After (and before)", box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("clip", no_wrap=True)
    columns = {
        title: (keys[0], *(key for key in keys[1:] if not key.startswith("kinematic_")))
        for title, keys in _columns(rows).items()
        if title not in _WIDE
    }
    for title in columns:
        table.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    for clip, figures in rows.items():
        table.add_row(clip, *_cells(figures, columns))
    if rows:
        table.add_section()
        table.add_row("mean", *_cells(mean(rows), columns), style="bold")
    return table


def _cells(figures: Mapping[str, Any], columns: Mapping[str, tuple[str, ...]]) -> list[str]:
    def text(key: str) -> str:
        return "-" if figures[key] is None else f"{figures[key]:.1f}"

    def cell(key: str, *before: str) -> str:
        return f"{text(key)} ({', '.join(map(text, before))})" if before else text(key)

    return [cell(*keys) for keys in columns.values()]


def _csv(rows: Rows) -> str:
    text = io.StringIO()
    keys = list(next(iter(rows.values())))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["clip", *keys])
    writer.writerows([clip, *(figures[key] for key in keys)] for clip, figures in rows.items())
    return text.getvalue()


def _markdown(rows: Rows, failures: Mapping[str, str]) -> str:
    columns = _columns(rows)
    lines = [["clip", *columns], ["---", *("---:" for _ in columns)]]
    lines += [[clip, *_cells(figures, columns)] for clip, figures in rows.items()]
    if rows:
        lines.append(["**mean**", *_cells(mean(rows), columns)])
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    failed = "".join(f"- {clip} failed: {reason}\n" for clip, reason in failures.items())
    before = "before (of the input itself)"
    if columns is _COLUMNS_WITH_ROUGH:
        before = "the most likely motion before any physics, and the rough one"
    return f"After, and in brackets {before}.\n\n" + table + (f"\n{failed}" if failed else "")
