"""Tables of two steps, of which the recording alone tells one only in part."""

import json
import pathlib

import pytest

from pipelines.evaluation import force_tables
from pipelines.folder import Folder
from pipelines.reconstruction.verdict import Verdict


def step(error_pct: float, late_ms: float | None, told_pct: float) -> dict[str, float | None]:
    return {
        "vertical_nrmse_pct": error_pct,
        "heel_strike_ms": late_ms,
        "same_heel_strike_ms": late_ms,
        "baseline_vertical_nrmse_pct": 2 * error_pct,
        "baseline_heel_strike_ms": None if late_ms is None else 2 * late_ms,
        "told_pct": told_pct,
        "start_s": 10.0 * error_pct,
        "weight_N": 600.0,
    }


ROWS = {
    "walk left 1": step(3.0, 10.0, 100.0),
    "walk right 1": step(5.0, -20.0, 80.0),
    "hop left 1": step(4.0, None, 100.0),
}


def test_means_are_of_the_sizes_of_signed_figures_and_of_the_steps_that_have_them() -> None:
    mean = force_tables.mean_of(ROWS)
    assert mean["vertical_nrmse_pct"] == pytest.approx(4.0)
    assert mean["baseline_vertical_nrmse_pct"] == pytest.approx(8.0)
    assert mean["heel_strike_ms"] == mean["same_heel_strike_ms"] == pytest.approx(15.0)
    assert mean["baseline_heel_strike_ms"] == pytest.approx(30.0)


def test_times_and_weights_have_no_mean() -> None:
    """The mean of the times at which steps begin says nothing."""
    mean = force_tables.mean_of(ROWS)
    assert (mean["start_s"], mean["weight_N"]) == (None, None)


def test_the_run_in_the_same_frames_has_a_line_only_where_these_are_not_all(tmp_path: pathlib.Path) -> None:
    notes, failures = {"walk": ("body weight 600 N, from somewhere",)}, {"run": "it fell"}
    verdicts: dict[str, Verdict] = {
        "walk": {"level": "good", "reasons": []},
        "hop": {"level": "doubtful", "reasons": ["it stumbled: do not use it"]},
    }
    force_tables.save(Folder(tmp_path), ROWS, {}, failures, notes, verdicts)
    lines = (tmp_path / "results.md").read_text().splitlines()
    first = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert first[2:] == [
        *("walk left 1", "recording alone"),
        *("walk right 1", "where both tell", "recording alone"),
        *("hop left 1", "recording alone"),
        *("mean", "where both tell", "recording alone"),
    ]
    assert lines[-3:] == [
        "- walk: body weight 600 N, from somewhere",
        "- run failed: it fell",
        "- hop is doubtful: it stumbled: do not use it",
    ]
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["steps"]["walk right 1"]["heel_strike_ms"] == -20.0
    assert content["failed"] == failures
    assert content["verdicts"] == verdicts
    assert (tmp_path / "results.csv").read_text().splitlines()[1].startswith("walk left 1,3")
