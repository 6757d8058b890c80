"""The table that the command prints: where nobody knows the true motion, it never speaks of errors."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from diffphy.metrics import METRIC_DEFINITIONS
from pipelines.reconstruction import reconstruct_command
from pipelines.reconstruction.reconstruct_command import NEED_TRUTH, WITHOUT_TRUTH, _before_and_after


def metrics(**parts: Any) -> Any:
    values = dict.fromkeys(METRIC_DEFINITIONS, 1.0)
    definitions = {key: definition._asdict() for key, definition in METRIC_DEFINITIONS.items()}
    return {"reference": values, "result": values, "definitions": definitions, **parts}


def rows(table: Any) -> list[str]:
    return list(table.columns[0].cells)


@pytest.mark.parametrize("parts", [{}, {"rough": {"tv": 2.0}, "detections_2d_px": 5.0}])
def test_a_known_motion_has_all_metrics(parts: dict[str, Any]) -> None:
    """The recording itself, or a recording that a made-up camera sees."""
    table = _before_and_after(metrics(**parts))
    assert rows(table) == [definition.label for definition in METRIC_DEFINITIONS.values()]
    assert [column.header for column in table.columns] == ["metric", "unit", "recording", "simulation"]


def test_a_metric_without_any_value_has_no_row() -> None:
    """A motion file has no picture, and a reader no use for a blank row. One value is enough for a row."""
    values: dict[str, float | None] = dict.fromkeys(METRIC_DEFINITIONS, 1.0)
    nothing, one = {**values, "mpjpe_2d_px": None, "floating_mm": None}, {**values, "mpjpe_2d_px": None}
    shown = rows(_before_and_after(metrics(reference=nothing, result=one)))
    assert len(shown) == len(METRIC_DEFINITIONS) - 1
    assert METRIC_DEFINITIONS["mpjpe_2d_px"].label not in shown


def test_a_film_is_compared_with_what_was_fitted_and_seen() -> None:
    table = _before_and_after(metrics(rough={"tv": 2.0, "mpjpe_2d_px": 3.0}))
    shown = rows(table)
    assert not any("MPJPE" in label or "error" in label for label in shown)
    assert {"Distance to the fitted motion", "Distance to the keypoints"} <= set(shown)
    assert len(shown) == len(METRIC_DEFINITIONS) - len(NEED_TRUTH)
    assert table.columns[2].header == "as fitted"
    before = dict(zip(shown, table.columns[2].cells, strict=True))
    assert before["Distance to the keypoints"] == "3.0"
    assert before["Distance to the fitted motion"] == ""
    assert set(WITHOUT_TRUTH) <= set(METRIC_DEFINITIONS)


@pytest.mark.parametrize(("level", "drawn"), [("doubtful", True), ("doubtful", False), ("good", True)])
def test_a_doubtful_film_points_at_its_overlay_where_there_is_one(
    level: str, drawn: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = {"level": level, "reasons": [], "assumed": []}
    done = SimpleNamespace(metrics=metrics(verdict=verdict))
    monkeypatch.setattr(reconstruct_command, "reconstruct", lambda *_, **__: done)
    if drawn:
        (tmp_path / "overlay.mp4").touch()
    reconstruct_command.run(out=tmp_path, config_file=None, overrides={"clip": "walk.mp4"}, resume=False)
    shown = "overlay.mp4 shows where the body leaves the film" in capsys.readouterr().out
    assert shown == (drawn and level == "doubtful")
