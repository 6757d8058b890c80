import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from data.clip import InputError
from data.units import METRES_PER_UNIT
from diffphy.reconstruction import losses
from pipelines.config import RunConfig, load, refuse_inapplicable
from pipelines.settings.option import InputKind, options_of


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
            "unknown key 'optimizer.max_eval' in {path}: valid keys in optimizer are name, quality, max_evals,",
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
        (
            "windows: {length_s: 0.1}",
            "stride_s must not exceed length_s, or frames between the windows would be left out ('windows' in ",
        ),
        ("output: {video_size: [1280]}", "'output.video_size' in {path} is [1280]: it needs 2 values"),
        (
            "scene: {boxes: [{position: [1.0], half_extents: [1, 1, 1]}]}",
            "'scene.boxes.0.position' in {path} is [1.0]: it needs 3 values",
        ),
        ("dataset: {camera: '55011271'}", "'dataset.root' is missing in {path}: add it"),
        ("camera: {up: z}", "--camera-name, --camera-up and --camera-unit need the camera's file: give it with"),
        ("output: {video_size: [801, 600]}", "'output.video_size.0' in {path} is 801: input should be a multiple of 2"),
        ("loss: {speed: 1}", "unknown term speed: the terms are joint_positions,"),
        ("through: {errors: {noise: 3}}", "unknown key 'through.errors.noise' in {path}: valid keys in through.errors"),
        (
            "scene: {boxes: [{half_extents: [1, 1, 1], pos: 1}]}",
            "'scene.boxes.0.position' is missing in {path}: add it",
        ),
        (
            "scene: {boxes: [{position: [0, 0, 0], half_extents: [1, 1, 1], pos: 1}]}",
            "unknown key 'scene.boxes.0.pos' in {path}: valid keys in scene.boxes.0 are position, half_extents,",
        ),
        ("input: {unit: foot}", "'input.unit' in {path} is 'foot': unknown unit 'foot': use one of m, cm, mm"),
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
    with pytest.raises(InputError, match="give at least one term a weight above 0 \\('loss' in "):
        load(write(tmp_path, nothing), {})


def test_files_are_utf_8_whatever_the_locale(tmp_path: pathlib.Path) -> None:
    (tmp_path / "run.yaml").write_text("clip: marché.bvh", encoding="utf-8")
    code = "from pathlib import Path\nfrom pipelines.config import load\n"
    code += "from pipelines.folder import Folder\n"
    code += f"folder = Folder(Path({str(tmp_path)!r}))\n"
    code += "folder.write_text('clip', load(folder / 'run.yaml', {}).clip)"
    ascii_locale = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], env=ascii_locale, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clip").read_text(encoding="utf-8") == "marché.bvh"


def test_a_bad_option_is_said_to_come_from_the_command_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"--height \(body.height_m\) is 9.0: input should be less than 2.6 m$"):
        load(write(tmp_path, "seed: 1"), {"body.height_m": 9.0})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "body.height_m",
            172,
            "--height (body.height_m) is 172: input should be less than 2.6 m; give 1.72 for 172 cm",
        ),
        ("body.height_m", 1720.0, "is 1720.0: input should be less than 2.6 m; give 1.72 for 1720 mm"),
        ("camera.height_m", 140, "is 140: input should be less than or equal to 50 m; give 1.4 for 140 cm"),
        ("body.mass_kg", 1000, "is 1000: input should be less than 400 kg"),
        ("camera.fov_deg", 0, "is 0: input should be greater than or equal to 1 degrees"),
        ("input.start_s", -1, "is -1: input should be greater than or equal to 0 s"),
        ("simulation.control_fps", 1, "is 1: input should be greater than or equal to 10 frames a second"),
        ("optimizer.max_evals", 0, "is 0: input should be greater than or equal to 1"),
    ],
)
def test_a_limit_has_its_unit_and_centimetres_are_understood(key: str, value: float, said: str) -> None:
    with pytest.raises(InputError) as refused:
        load(None, {key: value})
    assert str(refused.value).endswith(said)


def test_options_that_contradict_each_other_are_named_alone() -> None:
    with pytest.raises(InputError) as refused:
        load(None, {"camera.fov_deg": 60.0, "camera.file": "lens.json"})
    assert str(refused.value).endswith("and a field of view (--fov): give one of them")


def test_a_bad_part_of_an_option_is_said_to_come_from_the_command_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"--image-size \(input.image_size.0\) is 5: input should be greater than"):
        load(write(tmp_path, "seed: 1"), {"input.image_size": "5x1080"})


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "", "1 2 3 4", "cam1:1,2,3", "cam1:0,0,1,1 5,6,7"])
def test_a_crop_that_is_none_is_said(text: str) -> None:
    message = f"--crop (input.crop) is '{text}': give left,top,right,bottom in pixels, such as 0,0,640,480"
    with pytest.raises(InputError, match=re.escape(message)):
        load(None, {"input.crop": text})


def test_edges_and_shifts_are_those_of_recordings_with_names() -> None:
    edges = {"cam1": (0.0, 1.0, 2.0, 3.0), "cam2": (4.0, 5.0, 6.0, 7.0)}
    for crop in ("cam1:0,1,2,3 cam2:4,5,6,7", {"cam1": [0, 1, 2, 3], "cam2": "4,5,6,7"}):
        assert load(None, {"input.crop": crop}).input.crop == edges
    for shift in ("cam1:3 cam2:-1", {"cam1": 3, "cam2": -1}):
        assert load(None, {"input.shift": shift}).input.shift == {"cam1": 3, "cam2": -1}


@pytest.mark.parametrize("text", ["3", "cam1", "cam1:", "cam1:2.5", ":3", "cam1:3 4", ""])
def test_a_shift_that_is_none_is_said(text: str) -> None:
    message = (
        f"--shift (input.shift) is '{text}': give the frames by which recordings are read later, such as cam1:3 cam2:-1"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        load(None, {"input.shift": text})


@pytest.mark.parametrize("text", ["1920", "1920x", "axb", "1920 1080", "-1x5", "1x2x3"])
def test_an_image_size_that_is_none_is_said(text: str) -> None:
    message = f"--image-size (input.image_size) is '{text}': give width and height in pixels, such as 1920x1080"
    with pytest.raises(InputError, match=re.escape(message)):
        load(None, {"input.image_size": text})


@pytest.mark.parametrize("as_text", [True, False])
def test_sizes_and_edges_are_read_from_a_text_or_a_list(tmp_path: pathlib.Path, as_text: bool) -> None:
    """As the command line and as a configuration file give them."""
    crop, size = ("0,440,1518,994", "1920X1080") if as_text else ("[0, 440, 1518, 994]", "[1920, 1080]")
    text = f"input: {{crop: {crop}, image_size: {size}}}" if not as_text else "seed: 0"
    given = load(write(tmp_path, text), {"input.crop": crop, "input.image_size": size} if as_text else {}).input
    assert (given.crop, given.image_size) == ((0, 440, 1518, 994), (1920, 1080))


def test_units_are_those_that_files_can_have() -> None:
    metavar = next(setting.option.metavar for setting in options_of(RunConfig) if setting.key == "input.unit")
    assert metavar == f"<{'|'.join(METRES_PER_UNIT)}|METRES>"
    for unit in (*METRES_PER_UNIT, "0.04", 0.04):
        assert load(None, {"input.unit": unit}).input.unit == str(unit)
    for unit in ("foot", "0", "-1", "nan", [1]):
        with pytest.raises(InputError, match=r"--units \(input.unit\) is .*unknown unit"):
            load(None, {"input.unit": unit})


@pytest.mark.parametrize(
    ("kind", "key", "value", "expected"),
    [
        (
            InputKind.VIDEO,
            "input.unit",
            "cm",
            "walk.mp4 is a video: --units (input.unit) has no effect on it, remove it",
        ),
        (InputKind.VIDEO, "input.film", "a.mp4", "walk.mp4 is a video: --film (input.film) has no effect on it"),
        (
            InputKind.VIDEO,
            "input.person",
            2,
            "walk.mp4 is a video: --person (input.person) has no effect on it, remove it, and give --crop LEFT",
        ),
        (InputKind.KEYPOINTS, "input.asf", "a.asf", "walk.mp4 holds keypoints: --asf (input.asf) has no effect on it"),
        (InputKind.MOTION, "camera.fov_deg", 40, "walk.mp4 is a motion in space: --fov (camera.fov_deg) has no effect"),
        (InputKind.VIDEO, "camera.fov_deg", 40, None),
        (InputKind.KEYPOINTS, "input.person", 2, None),
        (InputKind.MOTION, "output.side_by_side", True, "walk.mp4 is a motion in space: --side-by-side (output.side"),
        (InputKind.VIDEO, "output.side_by_side", True, None),
        (InputKind.SEQUENCE, "input.fps", 50, "walk.mp4 is a sequence of a dataset: --fps (input.fps) has no effect"),
        (InputKind.SEQUENCE, "input.joint_map", "map.yaml", None),
        (InputKind.MOTION, "input.unit", "cm", None),
        (InputKind.MOTION, "body.height_m", 1.7, None),
    ],
)
def test_settings_without_effect_are_refused(kind: InputKind, key: str, value: object, expected: str | None) -> None:
    config = load(None, {"clip": "walk.mp4", key: value})
    if expected is None:
        refuse_inapplicable(config, kind)
        return
    with pytest.raises(InputError) as caught:
        refuse_inapplicable(config, kind)
    assert str(caught.value).startswith(expected)


def test_defaults_apply_to_every_kind_of_input() -> None:
    for kind in InputKind:
        refuse_inapplicable(RunConfig(clip="walk"), kind)


def test_a_section_that_is_no_section_meets_an_override(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="optimizer in .* must be a section of keys, not 3"):
        load(write(tmp_path, "optimizer: 3"), {"optimizer.name": "adam"})


def test_a_missing_configuration_file(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="cannot read the configuration .*: No such file"):
        load(tmp_path / "absent.yaml", {})
