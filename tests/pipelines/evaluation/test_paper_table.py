"""Our figures in the paper's columns, beside the paper's own."""

import csv
import json
import pathlib

import pytest
from rich.console import Console

from pipelines.evaluation import tables
from pipelines.evaluation.paper_rows import AIST_VIDEO, HUMAN36M_MOCAP, HUMAN36M_VIDEO
from pipelines.reconstruction.run_folder import RunFolder
from tests.pipelines.evaluation.test_tables import metrics

GROUPS = {"S9/Walking 1": ("Walking", "in"), "S9/Waiting": ("Waiting", "out"), "S9/Walking": ("Walking", "in")}


@pytest.fixture
def rows() -> dict[str, dict]:
    return {clip: tables.build_row(metrics(value)) for clip, value in zip(GROUPS, (4.0, 8.0, 6.0), strict=True)}


def test_means_are_of_actions_then_of_larger_groups(rows: dict[str, dict]) -> None:
    means = tables.group_means(rows, GROUPS)
    assert {name: figures["mpjpe_g_mm"] for name, figures in means.items()} == {
        "Walking": 5.0,
        "Waiting": 8.0,
        "in": 5.0,
        "out": 8.0,
    }


def test_figures_of_the_paper_stand_as_it_reports_them() -> None:
    table = tables.paper_markdown({}, {}, HUMAN36M_VIDEO)
    assert "| VIBE (table 2) | 207.7 | 68.6 | 43.6 | 16.4 | 0.32 | 27.4 |  |" in table
    assert "| PhysCap (table 2) |  | 97.4 | 65.1 |  |  |  |  |" in table
    assert "| Xie et al. (table 2) |  | 68.1 |  |  |  |  |  |" in table
    assert "| Optimus (table 2) | 138.6 | 82.8 | 57.0 | 13.2 | 0.20 | 6.5 | 40.0 |" in table
    assert "| Optimus (table 3) | 149.8 | 104.4 | 66.4 | 12.1 | 0.45 | 21.5 |  |" in tables.paper_markdown(
        {}, {}, AIST_VIDEO
    )
    mocap = tables.paper_markdown({}, {}, HUMAN36M_MOCAP)
    assert "| DiffPhy + BFGS (table 1, in domain) | 38.3 |  |  |  |  |  | 71.0 |" in mocap
    assert "| DiffPhy + Optimus (table 1, out of domain) | 25.0 |  |  |  |  |  | 50.0 |" in mocap
    assert "| Optimus + BasinHopping (table 4) | 25.6 |  |  |  |  |  | 82.3 |" in mocap


def test_files_hold_the_groups_and_the_paper(rows: dict[str, dict], tmp_path: pathlib.Path) -> None:
    tables.save(RunFolder(tmp_path), rows, {}, GROUPS, AIST_VIDEO)
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["groups"]["Walking"]["mpjpe_g_mm"] == 5.0
    assert content["paper"][0] == {
        "method": "DiffPhy",
        "source": "table 3",
        "values": {
            **{"mpjpe_g_mm": 150.2, "mpjpe_mm": 105.5, "mpjpe_pa_mm": 66.0, "mpjpe_2d_px": 12.1},
            **{"tv_per_frame": 0.44, "foot_skate_pct": 19.6},
        },
    }
    with (tmp_path / "results.csv").open() as file:
        lines = {line["clip"]: line for line in csv.DictReader(file)}
    assert float(lines["mean of Walking"]["mpjpe_g_mm"]) == 5.0
    markdown = (tmp_path / "results.md").read_text()
    assert "## Beside the paper" in markdown
    assert "| Walking: 2 | 5.0 | 5.0 | 5.0 | 5.0 | 0.01 | 1.0 | 8.0 |" in markdown  # TV 5 m/s² at 30 fps
    assert "| **all: 3** | 6.0 |" in markdown


def test_the_terminal_s_table_loses_nothing_in_eighty_characters(rows: dict[str, dict]) -> None:
    console = Console(width=80)
    named = {f"gBR_sBM_cAll_d06_{clip}": figures for clip, figures in rows.items()}
    groups = {f"gBR_sBM_cAll_d06_{clip}": names for clip, names in GROUPS.items()}
    with console.capture() as captured:
        console.print(tables.paper_terminal_table(named, groups, HUMAN36M_VIDEO))
    assert "…" not in captured.get()
    assert "138.6" in captured.get()
