"""Figure 6: the curves of optimizers on windows, and what is counted from them."""

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.clip import InputError
from pipelines.experiments import figure6
from pipelines.experiments.figure6 import Figure6Options
from pipelines.experiments.window_curves import Curves, CurveTask
from pipelines.process_pool import Outcome


def test_evaluations_are_counted_to_what_the_yardstick_reaches() -> None:
    yardstick = np.array([np.geomspace(1.0, 0.01, 12), np.geomspace(4.0, 0.04, 12), np.geomspace(2.0, 0.02, 12)])
    twice_as_soon = Curves(np.concatenate([yardstick[:, ::2], yardstick[:, -1:].repeat(6, axis=1)], axis=1), 3.0)
    worse = Curves(yardstick * np.array([[1.0], [1.5], [1.5]]), 2.0)
    found = {
        name: figure6._figures(each, yardstick)
        for name, each in {"soon": twice_as_soon, "worse": worse, "same": Curves(yardstick, 1.0)}.items()
    }
    assert {name: each["evaluations_to_lbfgs"] for name, each in found.items()} == {
        "soon": {10: 6.0},
        "worse": {10: 11.0},
        "same": {10: 10.0},
    }
    assert found["soon"]["cpu_ms_to_lbfgs"] == {10: 18.0}
    assert [found[name]["ends_above_lbfgs"] for name in found] == [0, 2, 0]
    middle, low, high = found["same"]["loss_over_start"][10]
    assert low == pytest.approx(middle) == pytest.approx(high)  # all windows fall alike
    assert middle == pytest.approx(0.01 ** (9 / 11))


def test_a_method_that_never_gets_there_has_no_figure() -> None:
    yardstick = np.geomspace(1.0, 0.01, 12)[None]
    found = figure6._figures(Curves(np.ones((1, 12)), 1.0), yardstick)
    assert found["evaluations_to_lbfgs"] == {10: None}
    assert found["never"] == {10: 1}


def test_bands_hold_95_percent_of_the_means_of_windows() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        _, low, high = figure6._band(Curves(np.exp(rng.normal([0.0, -1.0], [0.0, 0.5], (40, 2))), 1.0))
        inside += low[1] < np.exp(-1.0) < high[1]
    assert 180 <= inside <= 199


LOSSES = {"lbfgs": np.geomspace(1.0, 0.1, 10), "adam": np.geomspace(1.0, 0.5, 10), "bfgs": np.geomspace(1.0, 0.1, 10)}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Makes up windows and curves. Returns what was made."""
    made: list[str] = []

    def collect(domain: str, _: Any, options: Figure6Options) -> Path:
        return options.out / f"windows_{domain}.safetensors"

    def measure(_: Any, tasks: Mapping[str, CurveTask], *__: Any, **___: Any) -> Generator[tuple[str, Outcome]]:
        for name, task in tasks.items():
            made.append(name)
            np.savez(task.out, loss=np.stack([LOSSES[task.optimizer]] * 2), cpu_ms=2.0)
            yield name, Outcome()

    monkeypatch.setattr(figure6, "_collect", collect)
    monkeypatch.setattr(figure6, "run_in_processes", measure)
    return made


def test_curves_are_drawn_and_kept_for_the_next_time(tmp_path: Path, measured: list[str]) -> None:
    given: dict[str, Any] = {"out": tmp_path, "folders": {"in_domain": None}, "evaluations": 10}
    figure6.run(Figure6Options(**given, methods=["adam"]))
    assert measured == ["in_domain lbfgs", "in_domain adam"]
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["in_domain"]["lbfgs"]["evaluations_to_lbfgs"] == {"10": 10.0}
    assert "| adam | - | - | 0.5000 (0.5000 to 0.5000) | 2 of 2 | 2.0 |" in (tmp_path / "results.md").read_text()
    with Image.open(tmp_path / "figure_6.png") as image:
        assert min(image.size) > 300
    measured.clear()
    figure6.run(Figure6Options(**given, methods=["adam", "bfgs"], resume=True))
    assert measured == ["in_domain bfgs"]
    with pytest.raises(InputError, match="was begun with other settings: leave out --resume"):
        figure6.run(Figure6Options(**{**given, "evaluations": 11}, methods=["adam"], resume=True))


def test_an_unknown_method_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown row newton: choose from lbfgs, bfgs"):
        figure6.run(Figure6Options(tmp_path / "out", {"in_domain": None}, methods=["newton"]))
    assert not (tmp_path / "out").exists()
