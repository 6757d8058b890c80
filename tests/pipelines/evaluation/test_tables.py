import csv
import json
import pathlib
from typing import Any

import pytest
from rich.console import Console

from diffphy.metrics import METRIC_DEFINITIONS
from pipelines.evaluation import tables
from pipelines.reconstruction.run_folder import RunFolder
from pipelines.reconstruction.verdict import Verdict


def metrics(value: float, skate: float | None = 1.0) -> Any:
    """A metrics.json in which every figure of the result is `value`, and of the reference twice that."""
    result = dict.fromkeys(METRIC_DEFINITIONS, value) | {"foot_skate_pct": skate}
    reference = dict.fromkeys(("tv", "foot_skate_pct", "penetration_mm", "floating_mm"), 2 * value)
    about = {"fps": 30.0, "frames": 30, "duration_s": 1.0, "evaluations": 40, "window_evaluations": 8, "seconds": 5.0}
    return {"result": result, "reference": reference, "retargeting": {"mpjpe_g_mm": 0.5}, **about}


@pytest.fixture
def rows() -> dict[str, dict]:
    clips = {"walk": metrics(4.0), "crawl": metrics(8.0, skate=None)}
    return {clip: tables.build_row(content) for clip, content in clips.items()}


def test_mean_leaves_out_what_a_clip_does_not_have(rows: dict[str, dict]) -> None:
    mean = tables.mean_row(rows)
    assert mean["mpjpe_g_mm"] == 6.0
    assert mean["foot_skate_pct"] == 1.0
    assert mean["reference_tv"] == 12.0


def test_files_hold_every_clip_and_the_mean(rows: dict[str, dict], tmp_path: pathlib.Path) -> None:
    verdict: Verdict = {"level": "bad", "reasons": ["it fell over; give --max-evals"]}
    tables.save(RunFolder(tmp_path), rows, {"broken": "it is cut short"}, verdicts={"crawl": verdict})
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["verdicts"] == {"crawl": verdict}
    assert content["clips"]["walk"]["mpjpe_g_mm"] == 4.0
    assert content["mean"]["mpjpe_g_mm"] == 6.0
    assert content["failed"] == {"broken": "it is cut short"}
    with (tmp_path / "results.csv").open() as file:
        lines = {line["clip"]: line for line in csv.DictReader(file)}
    assert lines.keys() == {"walk", "crawl", "mean"}
    assert lines["crawl"]["foot_skate_pct"] == ""
    assert float(lines["mean"]["tv"]) == 6.0
    markdown = (tmp_path / "results.md").read_text()
    assert "| walk | 4.0 | 4.0 | 4.0 | 4.0 (8.0) | 1.0 (8.0) |" in markdown
    assert "- broken failed: it is cut short" in markdown
    assert "- crawl is bad: it fell over; give --max-evals" in markdown


def test_a_set_of_failures_still_makes_tables(tmp_path: pathlib.Path) -> None:
    tables.save(RunFolder(tmp_path), {}, {"broken": "it is cut short"})
    assert json.loads((tmp_path / "results.json").read_text())["clips"] == {}


def test_terminal_table_fits_eighty_characters(rows: dict[str, dict]) -> None:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(tables.terminal_table({f"02/a_long_name_{clip}": row for clip, row in rows.items()}))
    text = captured.get()
    assert "…" not in text
    assert "02/a_long_name_walk" in text
    assert "4.0 (8.0)" in text


def test_what_was_made_from_a_rough_motion_is_shown_beside_it(tmp_path: pathlib.Path) -> None:
    before = {"rough": dict.fromkeys(METRIC_DEFINITIONS, 9.0), "retargeting": dict.fromkeys(METRIC_DEFINITIONS, 6.0)}
    rows = {"walk": tables.build_row(metrics(4.0) | before | {"detections_2d_px": 6.5})}
    tables.save(RunFolder(tmp_path), rows, {})
    markdown = (tmp_path / "results.md").read_text()
    assert "in brackets the most likely motion before any physics, and the rough one" in markdown
    cells = ["4.0 (6.0, 9.0)"] * 5 + ["1.0 (6.0, 9.0)", "4.0 (6.0)"]
    assert f"| walk | {' | '.join(cells)} |" in markdown
    console = Console(width=80)
    with console.capture() as captured:
        console.print(tables.terminal_table({"a_long_name": rows["walk"]}))
    assert "…" not in captured.get()
