import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from data.clip import InputError
from diffphy.reconstruction import losses
from pipelines.config import RunConfig, load


def write(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_defaults_need_no_file() -> None:
    assert load(None, {}) == RunConfig()


def test_command_line_overrides_the_file(tmp_path: pathlib.Path) -> None:
    path = write(tmp_path, "seed: 3\noptimizer: {name: adam, max_evals: 7}")
    config = load(path, {"optimizer.max_evals": 9, "optimizer.name": None, "body.height_m": 1.7})
    assert (config.seed, config.optimizer.name, config.optimizer.max_evals, config.body.height_m) == (3, "adam", 9, 1.7)


def test_an_override_fills_a_section_that_the_file_leaves_empty(tmp_path: pathlib.Path) -> None:
    assert load(write(tmp_path, "optimizer:\n"), {"optimizer.max_evals": 9}).optimizer.max_evals == 9


def test_saved_configuration_is_the_same_again(tmp_path: pathlib.Path) -> None:
    text = "seed: 2\noptimizer: {stopping: null, options: {memory: 5}}\ninput: {joint_map: m.yaml}\nloss: {root: 0.5}"
    config = load(write(tmp_path, text), {"output.video_size": [640, 480]})
    assert load(write(tmp_path, config.to_yaml()), {}) == config
    assert yaml.safe_load(config.to_yaml())["input"]["joint_map"] == "m.yaml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("windoes: {}", "unknown key 'windoes' in {path}: valid keys are clip, seed, input, through,"),
        (
            "optimizer: {max_eval: 3}",
            "unknown key 'optimizer.max_eval' in {path}: valid keys in optimizer are name, max_evals, options,",
        ),
        (
            "optimizer: {stopping: {windows: 3}}",
            "unknown key 'optimizer.stopping.windows' in {path}: valid keys in optimizer.stopping are window, beta,",
        ),
        ("body: {sex: x}", "'body.sex' in {path} is 'x': input should be"),
        (
            "simulation: {substeps: 0}",
            "'simulation.substeps' in {path} is 0: input should be greater than or equal to 1",
        ),
        (
            "simulation: {control_fps: .nan}",
            "'simulation.control_fps' in {path} is nan: input should be a finite number",
        ),
        ("loss: {effort: -1}", "'loss.effort' in {path} is -1: input should be greater than or equal to 0"),
        ("windows: {length_s: 0.1}", "'windows' in {path} is {{'length_s': 0.1}}: stride_s must not exceed length_s"),
        ("output: {video_size: [1280]}", "'output.video_size' in {path} is [1280]: it needs 2 values"),
        ("output: {video_size: [801, 600]}", "'output.video_size.0' in {path} is 801: input should be a multiple of 2"),
        ("loss: {speed: 1}", "'loss' in {path} is {{'speed': 1}}: unknown term speed: the terms are joint_positions,"),
        ("through: {errors: {noise: 3}}", "unknown key 'through.errors.noise' in {path}: valid keys in through.errors"),
        ("optimizer: 3", "'optimizer' in {path} is 3: input should be a valid dictionary"),
        ("a: [", "the configuration {path} is not valid YAML in line 1"),
        ("- a", "the configuration {path} holds no keys"),
    ],
)
def test_a_broken_configuration_gets_one_sentence(tmp_path: pathlib.Path, text: str, expected: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(path, {})
    assert str(caught.value).startswith(expected.format(path=path))
    assert "\n" not in str(caught.value)


def test_every_term_of_the_loss_has_a_weight(tmp_path: pathlib.Path) -> None:
    assert load(None, {}).loss.keys() == losses.TERMS.keys()
    changed = load(write(tmp_path, "loss: {effort: 0.5}"), {}).loss
    assert changed == load(None, {}).loss | {"effort": 0.5}


def test_a_loss_of_nothing_is_refused(tmp_path: pathlib.Path) -> None:
    nothing = yaml.safe_dump({"loss": dict.fromkeys(losses.TERMS, 0)})
    with pytest.raises(InputError, match="'loss' in .*: give at least one term a weight above 0"):
        load(write(tmp_path, nothing), {})


def test_files_are_utf_8_whatever_the_locale(tmp_path: pathlib.Path) -> None:
    (tmp_path / "run.yaml").write_text("clip: marché.bvh", encoding="utf-8")
    code = "from pathlib import Path\nfrom pipelines.config import load\n"
    code += "from pipelines.reconstruction.run_folder import RunFolder\n"
    code += f"folder = RunFolder(Path({str(tmp_path)!r}))\n"
    code += "folder.write_text('clip', load(folder / 'run.yaml', {}).clip)"
    ascii_locale = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], env=ascii_locale, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clip").read_text(encoding="utf-8") == "marché.bvh"


def test_a_bad_option_is_said_to_come_from_the_command_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"--height \(body.height_m\) is 9.0: input should be less than"):
        load(write(tmp_path, "seed: 1"), {"body.height_m": 9.0})


def test_a_section_that_is_no_section_meets_an_override(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="optimizer in .* must be a section of keys, not 3"):
        load(write(tmp_path, "optimizer: 3"), {"optimizer.name": "adam"})


def test_a_missing_configuration_file(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="cannot read the configuration .*: No such file"):
        load(tmp_path / "absent.yaml", {})
