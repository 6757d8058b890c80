"""The documents' Python examples run as they stand there, each document's one after the other."""

import pathlib
import re
from typing import Any

import jax.numpy as jnp
import pytest

from pipelines.config import RunConfig
from pipelines.reconstruction import reconstruct

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def read_and_run(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the examples of a document in an empty folder; the names they leave."""
    monkeypatch.chdir(tmp_path)

    def run(document: str) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for example in re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL):
            exec(example, names)
        return names

    return run


def test_readme(read_and_run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The learned optimizer comes near the minimum of the loss that the README defines."""
    names = read_and_run("README.md")
    assert names["result"].evaluations == 100
    assert -15.0 - 1e-6 <= names["result"].value < -14.9
    assert names["result"].value == pytest.approx(
        float(names["loss"](names["flat"].unravel(names["result"].x))), abs=1e-3
    )
    assert f"{names['result'].value}" in capsys.readouterr().out


def test_optimizers(read_and_run: Any) -> None:
    """Through `minimise` and as an optax transformation, from the same start to the same minimum."""
    names = read_and_run("docs/optimizers.md")
    assert names["result"].value < -14.9
    assert names["loss"](names["params"]) < -14.9


def test_usage(read_and_run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """All but the reconstruction itself, which has tests of its own."""

    def fake(config: RunConfig, path: pathlib.Path) -> dict[str, dict[str, float]]:
        assert config.clip == "builtin:walk"
        assert config.optimizer.max_evals == 20
        return {"result": {"mpjpe_g_mm": 0.0}}

    monkeypatch.setattr(reconstruct, "reconstruct", fake)
    names = read_and_run("docs/usage.md")
    assert names["gradient"].shape == (15, 19, 4)
    assert float(jnp.abs(names["gradient"]).max()) > 0.0
    assert {path.name for path in tmp_path.iterdir()} >= {"humanoid.xml", "humanoid.urdf"}
