"""Our figures in the paper's columns, by sequence, by action and overall, beside the paper's own rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table

from pipelines.evaluation.evaluation_table import Comparison, Rows, mean
from pipelines.evaluation.paper_rows import PaperRow

# Column title -> key of `evaluation_table.row`, and digits after the point.
COLUMNS = {
    "MPJPE-G mm": ("mpjpe_g_mm", 1),
    "MPJPE mm": ("mpjpe_mm", 1),
    "MPJPE-PA mm": ("mpjpe_pa_mm", 1),
    "MPJPE-2d px": ("mpjpe_2d_px", 1),
    "TV m/frame²": ("tv_per_frame", 2),
    "foot skate %": ("foot_skate_pct", 1),
    "evaluations": ("window_evaluations", 1),
}
NOTE = (
    "Means are over sequences. Evaluations are those of a window. The paper's TV has no unit; ours is in the one that "
    "is likely to be meant. What the paper does not report is blank."
)
Groups = Mapping[str, Sequence[str]]
"""Clip -> the groups that it belongs to."""


def group_means(rows: Rows, groups: Groups) -> dict[str, dict[str, float | None]]:
    """The means over the clips of each group that has any."""
    names = dict.fromkeys(name for each in zip(*(groups[clip] for clip in rows), strict=True) for name in each)
    return {name: mean({clip: rows[clip] for clip in rows if name in groups[clip]}) for name in names}


def comparison(rows: Rows, groups: Groups, paper: Sequence[PaperRow]) -> Comparison:
    """What the results' files say of it."""
    return Comparison(group_means(rows, groups), [asdict(each) for each in paper], markdown(rows, groups, paper))


def lines(rows: Rows, groups: Groups, paper: Sequence[PaperRow]) -> Iterator[tuple[str, str, list[str]]]:
    """Of each line of the table its section, its title and its cells."""
    for clip, figures in rows.items():
        yield "sequences", clip, _cells(figures)
    for group, figures in group_means(rows, groups).items():
        count = sum(group in groups[clip] for clip in rows)
        yield "means", f"{group}: {count}", _cells(figures)
    if rows:
        yield "mean", f"all: {len(rows)}", _cells(mean(rows))
    if paper:
        yield "paper", "the paper's:", [""] * len(COLUMNS)
    for each in paper:
        yield "paper", f"{each.method} ({each.source})", _cells(each.values)


def markdown(rows: Rows, groups: Groups, paper: Sequence[PaperRow]) -> str:
    """The table as Markdown, with a heading."""
    table = [["", *COLUMNS], ["---", *["---:"] * len(COLUMNS)]]
    for section, title, cells in lines(rows, groups, paper):
        table.append([f"**{title}**" if section == "mean" else title, *cells])
    return f"## Beside the paper\n\n{NOTE}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in table)


def terminal_table(rows: Rows, groups: Groups, paper: Sequence[PaperRow]) -> Table:
    """The table for the terminal."""
    table = Table(title="Beside the paper", caption=NOTE, box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("", overflow="fold", min_width=12)
    for title in COLUMNS:
        table.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    before = None
    for section, title, cells in lines(rows, groups, paper):
        if before not in (None, section):
            table.add_section()
        table.add_row(title, *cells, style="bold" if section == "mean" else None)
        before = section
    return table


def _cells(figures: Mapping[str, Any]) -> list[str]:
    found = ((figures.get(key), digits) for key, digits in COLUMNS.values())
    return ["" if value is None else f"{value:.{digits}f}" for value, digits in found]
