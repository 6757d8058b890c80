"""Windows of reconstructions as tasks: collected, kept in a file, drawn by the task family, and trained on."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from data.clip import InputError
from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import loss_and_gradient
from optimus import storage
from optimus.objective import OptimusError
from optimus.quasi_newton_optimus import QuasiNewtonOptimus
from pipelines import terminal
from pipelines.command_line.diffphy import main
from pipelines.config import RunConfig, load
from pipelines.experiments import domains, figure6, window_curves
from pipelines.experiments.window_curves import CurveTask
from pipelines.optimizers import window_set
from pipelines.optimizers import windows as command
from pipelines.optimizers.build_trainer import build_trainer, load_first_weights
from pipelines.optimizers.configs import read_train_config
from pipelines.optimizers.task_families import TASK_FAMILIES
from pipelines.optimizers.window_family import WindowFamily
from pipelines.optimizers.window_set import WindowSet
from pipelines.reconstruction.method import MOTION_TASKS
from tests.pipelines.conftest import run_here

LENGTH = 3
SHORT = {
    "windows.length_s": 0.1,
    "windows.stride_s": 0.1,
    "optimizer.name": "lbfgs",
    "optimizer.max_evals": 2,
    "input.end_s": 0.4,
}


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return load(None, SHORT | {"clip": "builtin:walk"})


@pytest.fixture(scope="module")
def windows(config: RunConfig) -> WindowSet:
    return window_set.join(list(window_set.collect(config)), seed=0)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, windows: WindowSet, config: RunConfig) -> Path:
    path = tmp_path_factory.mktemp("windows") / "windows.safetensors"
    window_set.save(path, windows, config)
    return path


def loss(windows: WindowSet, index: int, offset: np.ndarray) -> float:
    problem = windows.window(index)
    push = np.zeros((problem.humanoid.bodies + 1, 3), np.float32)
    return float(loss_and_gradient(problem, Parameters(offset, push))[0][0])


def test_whole_windows_are_collected_one_after_the_other(windows: WindowSet) -> None:
    assert windows.names == ("walk 0", "walk 3", "walk 6", "walk 9")
    assert windows.guess.shape == (4, LENGTH, 19, 3)
    for index in range(4):
        problem = windows.window(index)
        np.testing.assert_array_equal(problem.observed.frame_weight, 1.0)
        assert problem.state.position[2] > 0.5


def test_a_file_gives_the_same_windows(windows: WindowSet, file: Path) -> None:
    loaded = window_set.load(file)
    assert loaded.names == windows.names
    for expected, found in zip(windows.leaves, loaded.leaves, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert loss(loaded, 1, loaded.guess[1]) == loss(windows, 1, windows.guess[1])


def test_other_files_are_refused(tmp_path: Path, file: Path) -> None:
    with pytest.raises(InputError, match="holds no windows: make one with optimus windows"):
        window_set.load(Path("optimus/weights/optimus.safetensors").resolve())
    with pytest.raises(OptimusError, match="cannot read"):
        window_set.load(tmp_path / "none.safetensors")


def test_a_damaged_description_is_named(tmp_path: Path) -> None:
    for text in ("{", "{}", "3", '{"windows": 1, "length": "x", "control_fps": 30, "substeps": 4, "terms": []}'):
        path = tmp_path / "windows.safetensors"
        storage.save(path, {"guess": np.zeros(3)}, {"windows": text})
        with pytest.raises(InputError, match="(?s)damaged description of its windows .*make it again"):
            window_set.load(path)


def test_a_clip_that_cannot_be_used_does_not_lose_the_others(
    tmp_path: Path, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = list(window_set.collect(config))

    def collect(config: RunConfig) -> list:
        if config.clip != "good":
            raise InputError(f"there is no {config.clip}: name another")
        return windows

    monkeypatch.setattr(window_set, "collect", collect)
    heard: list[str] = []
    with terminal.redirected(heard.append):
        command.run(["bad", "good"], out=tmp_path / "a.safetensors", config_file=None, overrides=SHORT, seed=0)
        assert heard == ["left out: there is no bad: name another"]
        assert len(window_set.load(tmp_path / "a.safetensors")) == len(windows)
        with pytest.raises(InputError, match="none of the clips has a whole window"):
            command.run(["bad"], out=tmp_path / "b.safetensors", config_file=None, overrides=SHORT, seed=0)
        with pytest.raises(InputError, match="there is no folder .*none: make it"):
            command.run(["good"], out=tmp_path / "none" / "c", config_file=None, overrides=SHORT, seed=0)


def test_the_curvature_is_that_of_the_loss_in_time(windows: WindowSet) -> None:
    """Moving all joints by random signs in one frame bends the loss, on average, by the trace over joints and axes."""
    curvature = windows.time_curvature
    np.testing.assert_array_equal(curvature, curvature.T)
    assert curvature[0, 0] > curvature[-1, -1] > 0  # an early target moves the body in more frames
    rng, step, bends = np.random.default_rng(5), 0.02, np.zeros((len(windows), 8))
    for index in range(len(windows)):
        for probe in range(8):
            change = np.zeros_like(windows.guess[index])
            change[0] = step * rng.choice([-1.0, 1.0], size=change.shape[1:]) * windows.unit
            values = [loss(windows, index, windows.guess[index] + each * change) for each in (-1, 0, 1)]
            bends[index, probe] = (values[0] - 2 * values[1] + values[2]) / step**2 / change[0].size
    assert curvature[0, 0] == pytest.approx(np.median(bends.mean(axis=1)), rel=0.5)


def test_tasks_are_windows_from_starts_as_in_use(windows: WindowSet) -> None:
    family = WindowFamily(windows)
    task = family.sample(jax.random.key(1))
    start = family.start(jax.random.key(2), task)
    index = int(np.argmin([np.abs(np.asarray(start) - guess / windows.unit).max() for guess in windows.guess]))
    np.testing.assert_allclose(start, windows.guess[index] / windows.unit, rtol=1e-6)
    value = jax.jit(family.value)(task, start)
    assert float(value) == pytest.approx(loss(windows, index, windows.guess[index]), rel=1e-5)
    assert float(family.lower_bound(task)) == 0.0


def test_starts_and_bodies_vary(windows: WindowSet) -> None:
    family = WindowFamily(windows, cold=1.0, noise=0.5, vary_body=True)
    tasks = [family.sample(jax.random.key(seed)) for seed in range(8)]
    starts = [np.asarray(family.start(jax.random.key(seed), task)) for seed, task in enumerate(tasks)]
    noise = [np.std(start - np.asarray(task.lead)) for start, task in zip(starts, tasks, strict=True)]
    assert {round(float(each), 1) for each in noise} == {0.0, 0.5}
    knee = [float(jnp.max(family.window(task).humanoid.kp)) for task in tasks]
    assert len(set(knee)) > 2
    assert max(knee) < 1.5**2 * min(knee) * 1.01


def test_training_starts_from_the_profile_of_the_windows(tmp_path: Path, file: Path, windows: WindowSet) -> None:
    settings = {
        "model": {"kind": "quasi_newton_optimus", "options": {"frames": LENGTH, "width": 8, "feed_forward": 8}},
        "tasks": {"family": "diffphy_windows", "file": str(file)},
        "validation": {"file": str(file)},
    }
    path = tmp_path / "training.yaml"
    path.write_text(yaml.safe_dump(settings))
    config = read_train_config(path, {})
    trainer = build_trainer(config)
    assert isinstance(trainer.model, QuasiNewtonOptimus)
    first = load_first_weights(config, trainer)
    assert first is not None
    basis = np.asarray(first["profile"]["basis"])
    curvature = np.exp(np.asarray(first["profile"]["log_curvature"]))
    positive = np.linalg.eigvalsh(windows.time_curvature) > 0
    np.testing.assert_allclose(
        np.linalg.eigvalsh((basis * curvature) @ basis.T)[positive],
        5.0 * np.linalg.eigvalsh(windows.time_curvature)[positive],
        rtol=1e-3,
    )


def test_a_configuration_without_windows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "training.yaml"
    path.write_text(yaml.safe_dump({"tasks": {"family": "diffphy_windows"}}))
    with pytest.raises(InputError, match="'file' is missing in .*: add it"):
        read_train_config(path, {})


def test_optimizers_are_measured_on_windows(file: Path, windows: WindowSet, tmp_path: Path) -> None:
    out = tmp_path / "curves.npz"
    window_curves.measure(CurveTask(file, 2, "lbfgs", 6, out))
    curves = window_curves.read(out)
    assert curves.loss.shape == (2, 6)
    starts = [loss(windows, index, windows.guess[index]) for index in (1, 3)]
    np.testing.assert_allclose(curves.loss[:, 0], starts, rtol=1e-5)
    assert (np.diff(curves.loss, axis=1) <= 0).all()
    assert (curves.loss[:, -1] < 0.7 * curves.loss[:, 0]).all()
    assert curves.cpu_ms > 0


def test_too_few_windows_are_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="of 4 windows none is left: give a smaller number with --every"):
        window_curves.measure(CurveTask(file, 9, "lbfgs", 6, tmp_path / "curves.npz"))


def test_a_reconstruction_knows_the_weights_that_were_trained_on_windows() -> None:
    assert MOTION_TASKS in TASK_FAMILIES


def test_figure_6_is_made_from_one_command_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text("windows: {length_s: 0.1, stride_s: 0.1}\noptimizer: {max_evals: 2}\n")
    monkeypatch.setattr(domains, "_BUILT_IN", dict.fromkeys(domains.DOMAINS, ("walk",)))
    monkeypatch.setattr(figure6, "run_in_processes", run_here)
    command = f"experiment figure6 --evaluations 10 --limit 0.4 --jobs 1 --config {config} --out {out}".split()
    found = []
    for more in (["--methods", "lbfgs"], ["--methods", "adam", "--resume"]):
        with pytest.raises(SystemExit) as stopped:
            main([*command, *more])
        assert not stopped.value.code
        found.append(json.loads((out / "results.json").read_text()))
    first, second = found
    assert second["in_domain"].keys() == second["out_of_domain"].keys() == {"lbfgs", "adam"}
    assert second["in_domain"]["lbfgs"] == first["in_domain"]["lbfgs"]  # kept: its time is the same
    assert second["in_domain"]["adam"]["windows"] == 4
    assert second["in_domain"]["lbfgs"]["loss_over_start"]["10"][0] < 0.9
    assert (out / "figure_6.png").is_file()
