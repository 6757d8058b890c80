"""`optimus benchmark` and `optimus describe`: tables and figures, resuming, and bad input."""

import csv
import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from data.clip import InputError
from optimus import OptimusError, models
from optimus.adafactor_mlp import AdafactorMLP
from optimus.optimus import Optimus
from pipelines.optimizers import benchmark
from pipelines.optimizers.benchmark import RUNS, run
from pipelines.optimizers.configs import BenchmarkConfig
from pipelines.optimizers.describe import describe
from tests.pipelines.conftest import run_here

METHODS = ["optimus", "adafactor_mlp", "bfgs", "adam"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> dict:
    """Settings of a benchmark of tiny models, untrained."""
    folder = tmp_path_factory.mktemp("weights")
    made = {
        "optimus": Optimus(mlp_widths=(4,), width=4, heads=2, feed_forward=6),
        "adafactor_mlp": AdafactorMLP((4,)),
    }
    for name, model in made.items():
        models.save(folder / name, model, model.init(jax.random.key(0)))
    return {
        "functions": ["sphere", "ackley"],
        "dimensions": [3],
        "methods": METHODS,
        "weights": {name: str(folder / name) for name in made},
        "iterations": 6,
        "starts": 2,
        "tuning": {"rates": 3, "starts": 2, "lowest": 1e-3},
        "rosenbrock": {"dimensions": [3], "paths": 2},
    }


@pytest.fixture(scope="module")
def finished(settings, tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / "benchmark"
    run(out=path, config_file=None, overrides=settings, resume=False, jobs=1)
    return path


def test_the_tables_agree_with_one_another(finished):
    results = json.loads((finished / "results.json").read_text())
    assert set(results["problems"]) == {"sphere_3", "ackley_3"}
    with (finished / "results.csv").open() as file:
        rows = {(row["function"], row["dimension"], row["method"]): row for row in csv.DictReader(file)}
    assert len(rows) == 8
    for (function, dimension, method), row in rows.items():
        entry = results["problems"][f"{function}_{dimension}"]
        assert float(row["value"]) == entry[method]["value"] >= entry["minimum"]
    assert rows["sphere", "3", "adam"]["learning_rate"]
    assert results["problems"]["sphere_3"]["bfgs"]["value"] < 1e-12
    for method in METHODS:
        shares = list(results["profile"][method].values())
        assert shares == sorted(shares)
    assert sum(results["profile"][method]["1"] for method in METHODS) >= 1.0
    for share, ratio in (("share_10x_fewer_than_adam", 10), ("share_5x_fewer_than_adafactor_mlp", 5)):
        ratios = results["relative_iterations"][share.split("than_")[1]].values()
        assert results[share] == np.mean([each >= ratio for each in ratios])
    assert "| sphere_3 |" in (finished / "results.md").read_text()


@pytest.mark.parametrize("number", [1, 3, 4, 5])
def test_there_are_figures(finished, number):
    with Image.open(finished / f"figure_{number}.png") as image:
        assert min(image.size) > 400
        assert len(set(np.asarray(image.convert("L")).ravel().tolist())) > 20


def test_what_is_there_is_not_computed_again(finished, settings, capsys, monkeypatch):
    monkeypatch.setattr(benchmark, "run_in_processes", run_here)
    before = json.loads((finished / "results.json").read_text())
    kept = finished / RUNS / "adam-sphere_3.npz"
    (finished / RUNS / "bfgs-sphere_3.npz").unlink()
    time = kept.stat().st_mtime_ns
    run(out=finished, config_file=None, overrides={}, resume=True, jobs=1)
    assert "10x fewer iterations than adam: on " in capsys.readouterr().out
    assert kept.stat().st_mtime_ns == time
    assert json.loads((finished / "results.json").read_text()) == before
    with pytest.raises(InputError, match="has other settings"):
        run(out=finished, config_file=None, overrides={"seed": 3}, resume=True, jobs=1)


def test_weights_that_have_changed_are_not_mixed(finished, settings):
    path = Path(settings["weights"]["optimus"])
    kept = path.read_bytes()
    model, _ = models.load(path)
    try:
        models.save(path, model, model.init(jax.random.key(9)))
        with pytest.raises(InputError, match="the weights of optimus have changed since"):
            run(out=finished, config_file=None, overrides={}, resume=True, jobs=1)
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"methods": ["adam", "newton"]}, "unknown method newton: choose from optimus"),
        ({"functions": ["spere"]}, "unknown function spere"),
        ({"dimensions": [1]}, "dimensions"),
        ({"weights": {"optimus": "nowhere"}}, "there are no weights nowhere"),
        ({"colour": 1}, "colour"),
        ({"weights": {"adam": "file"}}, "weights are given for adam: only learned methods"),
        ({"dimensions": [3, 3]}, "dimensions names one twice"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(settings, tmp_path, change, sentence):
    with pytest.raises((InputError, OptimusError)) as error:
        run(out=tmp_path / "out", config_file=None, overrides={**settings, **change}, resume=False, jobs=1)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(settings, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no run"):
        run(out=tmp_path, config_file=None, overrides=settings, resume=False, jobs=1)


def test_the_default_is_the_paper_s():
    config = BenchmarkConfig()
    assert len(config.functions) * len(config.dimensions) == 45
    assert (config.tuning.rates, config.tuning.starts, config.iterations) == (100, 64, 100)
    assert (config.tuning.lowest, config.tuning.highest) == (1e-6, 1.0)


def test_models_are_described_with_their_sizes_and_cards():
    described = describe()
    sizes = {name: described[name]["parameters"] for name in models.ARCHITECTURES}
    assert sizes == {
        "optimus": 837_134,
        "optimus_no_state": 837_134,
        "optimus_no_structure": 836_747,
        "adafactor_mlp": 811_531,
        "adafactor_mlp_small": 22_411,
    }
    for name in models.list_shipped():
        assert {"config", "command", "seconds", "step", "machine", "validation", "commit"} <= described[name][
            "card"
        ].keys()


def test_a_damaged_result_is_named(finished, settings, tmp_path):
    copied = tmp_path / "benchmark"
    shutil.copytree(finished, copied)
    damaged = next((copied / RUNS).glob("*.npz"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(InputError, match=f"{damaged.name} is damaged: .*; delete it and go on with --resume"):
        run(out=copied, config_file=None, overrides={}, resume=True, jobs=2)
