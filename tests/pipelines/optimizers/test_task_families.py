"""Task families by name: what the configuration says, and training on a family that is registered here."""

import csv
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
import yaml
from pydantic import Field

from data.clip import InputError
from optimus import models
from optimus.meta.task import FunctionFamily, TaskFamily, parameter_shapes
from pipelines.optimizers.build_trainer import build_trainer
from pipelines.optimizers.configs import TrainConfig, read_train_config
from pipelines.optimizers.task_families import (
    TASK_FAMILIES,
    FunctionTaskSettings,
    TaskFamilyEntry,
    TaskSettings,
    ValidationSettings,
)
from pipelines.optimizers.train import CARD, HISTORY, VALIDATION, WEIGHTS, run


class SpringSettings(TaskSettings):
    frames: list[int] = Field(default=[2, 4])
    stiffness: float = 3.0


@dataclass(frozen=True)
class Springs:
    """Positions of two joints over some frames, tied to a random pose; nobody knows how far the energy falls."""

    frames: int
    stiffness: float

    def sample(self, key):
        return jax.random.normal(key, (2, 3))

    def start(self, key, data):
        return {"pose": jax.random.normal(key, (self.frames, 2, 3)), "shift": jnp.zeros(3)}

    def value(self, data, params):
        return self.stiffness * jnp.sum((params["pose"] + params["shift"][None, None] - data[None]) ** 2) - 7.0

    def lower_bound(self, data):
        return None


@pytest.fixture
def springs(monkeypatch: pytest.MonkeyPatch) -> None:
    def build_training(tasks: SpringSettings) -> list[TaskFamily]:
        return [Springs(frames, tasks.stiffness) for frames in tasks.frames]

    def build_validation(tasks: SpringSettings, validation: ValidationSettings) -> dict[str, TaskFamily]:
        return {"short": Springs(2, tasks.stiffness)}

    entry = TaskFamilyEntry(SpringSettings, ValidationSettings, build_training, build_validation)
    monkeypatch.setitem(TASK_FAMILIES, "springs", entry)


QUICK = {
    "model": {"kind": "adafactor_mlp", "options": {"widths": [4]}},
    "tasks": {"family": "springs", "stiffness": 2.0},
    "estimator": {"length": 2, "horizon": 4},
    "training": {"steps": 4, "particles": 2, "checkpoint_every": 2, "warmup": 1},
    "validation": {"every": 2, "tasks": 2, "steps": 3},
}


def written(tmp_path: Path, settings: object) -> Path:
    path = tmp_path / "training.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("springs")
@pytest.mark.parametrize("estimator", ["truncated_gradient", "pes"])
def test_a_family_of_ones_own_is_trained_on_by_its_name(tmp_path: Path, estimator: str) -> None:
    settings = {**QUICK, "estimator": {**QUICK["estimator"], "name": estimator}}
    out = tmp_path / "run"
    run(out=out, config_file=written(tmp_path, settings), overrides={}, resume=False)
    assert [int(row["dimension"]) for row in rows(out / HISTORY)] == [2 * 6 + 3, 4 * 6 + 3] * 2
    assert all(int(row["non_finite"]) == 0 for row in rows(out / HISTORY))
    assert rows(out / VALIDATION)[0].keys() == {"step", "seconds", "last_short", "mean_short", "loss"}
    first, after = jax.tree.leaves(build_trainer(read(out)).start().params), jax.tree.leaves(models.load(out / WEIGHTS))
    assert any(not jnp.array_equal(a, b) for a, b in zip(first, after[-len(first) :], strict=True))
    card = yaml.safe_load((out / CARD).read_text())
    assert card["config"]["tasks"] == {"family": "springs", "frames": [2, 4], "stiffness": 2.0}
    run(out=out, config_file=None, overrides={"training.steps": 5}, resume=True)
    assert len(rows(out / HISTORY)) == 5


def read(out: Path) -> TrainConfig:
    return read_train_config(out / "config.yaml", {})


def test_a_configuration_without_a_family_means_functions(tmp_path: Path) -> None:
    tasks = {"functions": ["sphere"], "dimensions": [3, 5], "offset": 0.25}
    config = read_train_config(written(tmp_path, {"tasks": tasks, "validation": {"dimensions": [7]}}), {})
    assert isinstance(config.tasks, FunctionTaskSettings)
    assert config == read_train_config(
        written(tmp_path, {"tasks": {"family": "functions", **tasks}, "validation": {"dimensions": [7]}}), {}
    )
    entry = TASK_FAMILIES["functions"]
    assert entry.build_training(config.tasks) == [FunctionFamily(n, ("sphere",), 0.25, 10.0) for n in (3, 5)]
    assert entry.build_validation(config.tasks, config.validation) == {"7": FunctionFamily(7, ("sphere",), 0.25, 10.0)}
    assert read_train_config(None, {}) == read_train_config(written(tmp_path, {}), {})


@pytest.mark.parametrize("name", models.list_shipped())
def test_the_settings_on_cards_of_weights_that_ship_are_understood(tmp_path: Path, name: str) -> None:
    settings = yaml.safe_load(models.read_card(name))["config"]
    config = read_train_config(written(tmp_path, settings), {})
    again = config.model_dump(mode="json")
    assert again["tasks"].items() >= settings["tasks"].items()
    assert again["validation"] == settings["validation"]
    assert list(again) == list(settings)


@pytest.mark.usefixtures("springs")
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"tasks": {"family": "sprigns"}},
            "'tasks.family' in .* is 'sprigns': .*choose one of functions, diffphy_windows, springs",
        ),
        ({"tasks": {"family": "springs", "dimensions": [3]}}, "valid keys in tasks are family, frames, stiffness"),
        (
            {"tasks": {"family": "springs"}, "validation": {"dimensions": [3]}},
            "keys in validation are every, tasks",
        ),
        ({"tasks": {"stiffness": 1.0}}, "valid keys in tasks are family, functions, dimensions, offset, stretch"),
    ],
)
def test_settings_of_another_family_are_refused(tmp_path: Path, settings: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_train_config(written(tmp_path, settings), {})


def test_shapes_of_parameters_are_known_without_computing() -> None:
    shapes = parameter_shapes(Springs(4, 1.0))
    assert {name: leaf.shape for name, leaf in shapes.items()} == {"pose": (4, 2, 3), "shift": (3,)}
