"""`optimus train`: its files, resuming, several devices and processes, and bad input."""

import csv
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import yaml
from PIL import Image
from safetensors.numpy import load_file

from data.clip import InputError
from optimus import OptimusError, models, storage
from pipelines.optimizers import curves
from pipelines.optimizers.cluster import Cluster
from pipelines.optimizers.configs import read_train_config
from pipelines.optimizers.train import CARD, CHECKPOINT, HISTORY, VALIDATION, WEIGHTS, run

QUICK = {
    "model": {"kind": "adafactor_mlp", "options": {"widths": [4]}},
    "tasks": {"functions": ["sphere", "levy"], "dimensions": [2]},
    "estimator": {"length": 2, "horizon": 4},
    "training": {"steps": 6, "particles": 4, "checkpoint_every": 3, "learning_rate": 0.01, "warmup": 2},
    "validation": {"every": 3, "tasks": 2, "steps": 3, "dimensions": [2]},
}


def configured(tmp_path: Path, **changes) -> Path:
    path = tmp_path / "training.yaml"
    path.write_text(yaml.safe_dump({**QUICK, **changes}))
    return path


def train(tmp_path: Path, out: str = "run", resume: bool = False, steps: int | None = None, **changes) -> Path:
    config = None if resume else configured(tmp_path, **changes)
    run(out=tmp_path / out, config_file=config, overrides={"training.steps": steps}, resume=resume)
    return tmp_path / out


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def finished(tmp_path: Path, finished_run: Path) -> Path:
    """A finished run of this test alone."""
    return shutil.copytree(finished_run, tmp_path / "run")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def same_tensors(one: Path, other: Path, rtol: float = 0.0) -> None:
    first, second = load_file(one), load_file(other)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=rtol, atol=rtol, err_msg=name)


def test_a_run_leaves_weights_with_a_card_and_learning_curves(tmp_path) -> None:
    out = train(tmp_path, tasks={**QUICK["tasks"], "dimensions": [2, 3]})
    model, _ = models.load(out / WEIGHTS)
    assert model == models.make("adafactor_mlp", {"widths": [4]})
    history, validation = rows(out / "history.csv"), rows(out / VALIDATION)
    assert [int(row["step"]) for row in history] == [1, 2, 3, 4, 5, 6]
    assert [int(float(row["dimension"])) for row in history] == [2, 3] * 3
    assert [int(row["step"]) for row in validation] == [0, 3, 6]
    card = yaml.safe_load((out / CARD).read_text())
    best = min(validation, key=lambda row: float(row["loss"]))
    assert card["step"] == int(best["step"])
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(card["config"]))
    assert read_train_config(tmp_path / "again.yaml", {}).training.steps == 6
    assert {"commit", "versions", "machine", "seconds", "devices"} <= card.keys()


def test_an_interrupted_run_goes_on_to_the_same_numbers(tmp_path, finished_run) -> None:
    interrupted = interrupt_after(tmp_path, 4)
    same_tensors(finished_run / CHECKPOINT, train(tmp_path, interrupted, resume=True) / CHECKPOINT)
    without_time = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in rows(folder / HISTORY)]
        for folder in (finished_run, tmp_path / interrupted)
    ]
    assert without_time[0] == without_time[1]


def test_a_validation_that_was_interrupted_is_made_up_for(tmp_path, monkeypatch) -> None:
    from pipelines.optimizers import train as module

    validate = module.TrainingRun._validate

    def interrupted(self, step, seconds):
        if step == 3:
            raise KeyboardInterrupt
        validate(self, step, seconds)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(module.TrainingRun, "_validate", interrupted)
        train(tmp_path)
    train(tmp_path, resume=True)
    assert [int(row["step"]) for row in rows(tmp_path / "run" / VALIDATION)] == [0, 3, 6]


def test_what_cannot_be_started_leaves_an_earlier_run_alone(tmp_path, finished) -> None:
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    with pytest.raises(OptimusError, match="there are no weights"):
        train(tmp_path, weights="nowhere")
    assert before == {path.name: path.read_bytes() for path in finished.iterdir()}


def test_weights_of_the_same_folder_can_be_gone_on_with(tmp_path, finished) -> None:
    best = min(float(row["loss"]) for row in rows(finished / VALIDATION))
    train(tmp_path, weights=str(finished / WEIGHTS))
    assert float(rows(finished / VALIDATION)[0]["loss"]) == pytest.approx(best, rel=1e-6)


def test_pes_is_not_clipped(tmp_path) -> None:
    """Most gradients of particles by PES are larger than the clip of the other estimator, which would bias them."""
    out = train(tmp_path, estimator={**QUICK["estimator"], "name": "pes", "sigma": 1e-3})
    assert max(float(row["gradient_norm"]) for row in rows(out / "history.csv")) > 1.0


def interrupt_after(tmp_path: Path, steps: int) -> str:
    """Make a run that Ctrl-C ends after this many steps, and return its name."""
    from pipelines.optimizers import train as module

    class Interrupted(module.TrainingRun):
        def _recent_loss(self) -> float:
            if int(self.state.step) == steps:
                raise KeyboardInterrupt
            return super()._recent_loss()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TrainingRun", Interrupted)
        with pytest.raises(SystemExit) as ended:
            train(tmp_path, "interrupted")
    assert ended.value.code == 130
    return "interrupted"


def command(tmp_path: Path, out: str, *options: str) -> list[str]:
    arguments = ["train", "--config", str(configured(tmp_path)), "--out", str(tmp_path / out), *options]
    code = f"from pipelines.command_line.optimus import main; main({arguments!r})"
    return [sys.executable, "-c", code]


@pytest.mark.slow
def test_several_devices_and_processes_give_the_numbers_of_one(tmp_path, finished_run) -> None:
    """Two processes of two devices each."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    cluster = ["--devices", "2", "--coordinator", f"localhost:{port}", "--processes", "2", "--process"]
    commands = [command(tmp_path, "processes", *cluster, str(number)) for number in (0, 1)]
    started = [subprocess.Popen(each, stderr=subprocess.PIPE, text=True) for each in commands]
    try:
        said = [process.communicate(timeout=200)[1] for process in started]
        assert [process.returncode for process in started] == [0, 0], said
    finally:
        for process in started:
            process.kill()
    same_tensors(finished_run / CHECKPOINT, tmp_path / "processes" / CHECKPOINT, rtol=1e-5)
    for name in ("loss", "gradient_norm"):  # Adam would not tell a gradient from twice that
        alone, together = (
            [float(row[name]) for row in rows(folder / HISTORY)] for folder in (finished_run, tmp_path / "processes")
        )
        np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_learning_curves_of_runs_are_drawn(tmp_path, finished, capsys) -> None:
    curves.run([finished], out=tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert min(image.size) > 400
    with pytest.raises(InputError, match="nothing holds no training run that was validated"):
        curves.run([finished, tmp_path / "nothing"], out=tmp_path / "curves.png")


def test_training_can_start_from_weights(tmp_path, finished) -> None:
    weights = finished / WEIGHTS
    again = train(tmp_path, "again", weights=str(weights), validation={**QUICK["validation"], "every": 6})
    first, last = rows(again / VALIDATION)[0], rows(finished / VALIDATION)
    assert float(first["loss"]) == pytest.approx(min(float(row["loss"]) for row in last), rel=1e-6)


def test_optimus_can_start_from_the_mlp_of_another(tmp_path, finished) -> None:
    """The encoders are new. An MLP of another size is refused."""
    weights = finished / WEIGHTS
    small = {"mlp_widths": [4], "width": 4, "heads": 2, "feed_forward": 6, "encoders": 1}
    once = {"training": {**QUICK["training"], "steps": 1, "learning_rate": 1e-12}, "weights": str(weights)}
    out = train(tmp_path, "optimus", model={"kind": "optimus", "options": small}, **once)
    (_, before), (_, after) = models.load(weights), models.load(out / WEIGHTS)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), before, {key: after[key] for key in before})
    assert after.keys() > before.keys()
    with pytest.raises(OptimusError, match="are weights of"):
        train(tmp_path, "other", model={"kind": "optimus", "options": {**small, "mlp_widths": [5]}}, **once)


def test_a_batch_that_is_not_finite_is_survived_and_said(tmp_path, capsys, monkeypatch) -> None:
    from optimus.meta.task import FunctionFamily

    monkeypatch.setattr(FunctionFamily, "value", lambda self, data, params: (params * np.nan).sum())
    out = train(tmp_path)
    assert {int(row["non_finite"]) for row in rows(out / "history.csv")} == {4}
    assert "step 1: 4 of 4 particles met a loss or a gradient that is not finite" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": {"kind": "adafactor_mlp", "options": {"depth": 2}}}, "has no option depth: its options are widths"),
        ({"model": {"kind": "newton"}}, "model.kind"),
        (
            {"model": {"options": {"variant": "no-state"}}},
            "variant of the model optimus is 'no-state': choose one of full",
        ),
        ({"model": {"options": {"norm": "two"}}}, "norm of the model optimus is 'two': choose one of identity, one"),
        ({"model": {"options": {"heads": 3}}}, "the width a multiple of the heads"),
        ({"model": {"options": {"capacity": 2}}}, "capacity of Optimus is 2: one step alone has 3 terms"),
        ({"tasks": {"functions": ["spere"]}}, "unknown function spere: the functions are ackley"),
        ({"tasks": {"dimensions": [1]}}, "tasks.dimensions"),
        ({"estimator": {"length": 3, "horizon": 4}}, "the horizon of 4 steps must be a multiple of the 3 steps"),
        ({"colour": 1}, "colour"),
        ({"weights": "nowhere.safetensors"}, "there are no weights nowhere.safetensors"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, changes, sentence) -> None:
    with pytest.raises((InputError, OptimusError)) as error:
        train(tmp_path, **changes)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_weights_of_another_model_are_refused(tmp_path, finished) -> None:
    weights = finished / WEIGHTS
    with pytest.raises(OptimusError, match="are weights of"):
        train(tmp_path, "other", weights=str(weights), model={"kind": "adafactor_mlp", "options": {"widths": [5]}})


def test_what_cannot_be_resumed_is_said(tmp_path, finished) -> None:
    with pytest.raises(InputError, match="holds no run"):
        train(tmp_path, "nothing", resume=True)
    with pytest.raises(InputError, match="has other settings"):
        run(out=finished, config_file=None, overrides={"seed": 5}, resume=True)
    with pytest.raises(InputError, match="only training.steps and training.checkpoint_every may change"):
        run(out=finished, config_file=None, overrides={"training.learning_rate": 0.5}, resume=True)
    storage.save(finished / CHECKPOINT, {"x": np.zeros(1)})
    with pytest.raises(OptimusError, match="holds another model or was made with other settings"):
        train(tmp_path, resume=True)
    (finished / CHECKPOINT).unlink()
    with pytest.raises(InputError, match="has no checkpoint yet"):
        train(tmp_path, resume=True)


@pytest.mark.parametrize(
    ("cluster", "sentence"),
    [
        (Cluster(coordinator="localhost:1"), "need --coordinator, --processes and --process, all three"),
        (Cluster(None, "localhost:1", 2, 2), "--process must be below 2"),
    ],
)
def test_half_a_cluster_is_refused(cluster, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        cluster.join()


def test_a_damaged_history_is_named(tmp_path, finished) -> None:
    (finished / HISTORY).write_text("step,seconds\n1,what\n")
    with pytest.raises(InputError, match="history.csv is damaged: .*; delete it"):
        train(tmp_path, resume=True)


def test_a_model_that_cannot_be_leaves_an_earlier_run_alone(tmp_path, finished) -> None:
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    with pytest.raises(OptimusError, match="give a list of whole numbers"):
        train(tmp_path, model={"kind": "adafactor_mlp", "options": {"widths": [0]}})
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before
