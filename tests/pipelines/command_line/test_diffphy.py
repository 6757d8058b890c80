import errno
import json
import pathlib
import re
import subprocess
import sys

import pytest

from data import builtin_clips
from data.formats import motion_suffixes
from pipelines.command_line.diffphy import MOTION_FILES, main

BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Spine
  {
    OFFSET 0 50 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 50 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.033333
0 90 0 0 0 0 0 0 0
0 90 0 0 0 0 0 0 0
"""
DEEPMIMIC = builtin_clips.clip_path("walk").read_text()
TOO_SHORT = json.dumps(
    {"Loop": "none", "Frames": [[1 / 120, *frame[1:]] for frame in json.loads(DEEPMIMIC)["Frames"][:3]]}
)

BAD_FILES = {
    "another format": ("clip.bvh", "%PDF-1.7 not a motion", "clip.bvh"),
    "unknown suffix": ("clip.fbx", "Kaydara FBX Binary", "closed format"),
    "empty": ("clip.bvh", "", "clip.bvh"),
    "truncated hierarchy": ("clip.bvh", BVH[:150], "clip.bvh"),
    "truncated motion": ("clip.bvh", BVH[:-20], "clip.bvh"),
    "no frames": ("clip.bvh", BVH.split("Frames")[0] + "Frames: 0\nFrame Time: 0.03\n", "no frames"),
    "one frame": ("clip.bvh", BVH.replace("Frames: 2", "Frames: 1")[: -len("0 90 0 0 0 0 0 0 0\n")], "one frame"),
    "not a number": ("clip.bvh", BVH.replace("0 90 0 0", "0 nan 0 0"), "in frame 1"),
    "channel count": ("clip.bvh", BVH.replace("CHANNELS 3", "CHANNELS 2"), "clip.bvh"),
    "unknown joints": ("clip.bvh", BVH, "--joint-map"),
    "frame time of zero": ("clip.bvh", BVH.replace("0.033333", "0"), "frame time"),
    "lone AMC": ("clip.amc", ":FULLY-SPECIFIED\n:DEGREES\n1\nroot 0 0 0 0 0 0\n2\nroot 0 0 0 0 0 0\n", "--asf"),
    "broken JSON": ("clip.json", DEEPMIMIC[:500], "clip.json"),
    "short DeepMimic frames": ("clip.txt", '{"Loop": "none", "Frames": [[0.1, 0, 0], [0.1, 0, 0]]}', "clip.txt"),
    "shorter than a control period": ("clip.txt", TOO_SHORT, "lasts 0.017 s, less than two control frames at 30 fps"),
}


def test_the_help_names_every_suffix_that_is_read() -> None:
    assert set(re.findall(r"\.\w+", MOTION_FILES)) == set(motion_suffixes())


def sentence_of_failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What `diffphy` says on stderr before it exits with 2."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("Error: ")
    assert message.count("\n") == 1
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_gets_one_sentence_and_leaves_nothing(
    case: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content, expected = BAD_FILES[case]
    (tmp_path / name).write_text(content)
    message = sentence_of_failure(["reconstruct", str(tmp_path / name), "--out", str(tmp_path / "run")], capsys)
    assert expected in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["reconstruct", "absent.bvh"], "there is no file absent.bvh"),
        (["reconstruct", "builtin:wlak"], "there is no built-in clip 'wlak': use one of backflip,"),
        (["reconstruct"], "no motion was given: name a file"),
        (["reconstruct", "builtin:walk", "--joint-map", "absent.yaml"], "cannot read the joint map absent.yaml"),
        (["reconstruct", "builtin:walk", "--config", "absent.yaml"], "cannot read the configuration absent.yaml"),
        (["reconstruct", "builtin:walk", "--height", "3"], "--height (body.height_m) is 3.0: input should be"),
        (["reconstruct", "builtin:walk", "--fps", "0"], "--fps (input.fps) is 0.0: input should be greater than or"),
        (
            ["reconstruct", "builtin:walk", "--max-evals", "0"],
            "--max-evals (optimizer.max_evals) is 0: input should be",
        ),
        (
            ["reconstruct", "builtin:walk", "--camera-up", "w"],
            "--camera-up (camera.up) is 'w': input should be 'x', 'y'",
        ),
        (
            ["reconstruct", "builtin:walk", "--units", "foot"],
            "--units (input.unit) is 'foot': unknown unit 'foot': use one of m, cm, mm",
        ),
        (
            ["reconstruct", "builtin:walk", "--crop", "1,2"],
            "--crop (input.crop) is '1,2': give left,top,right,bottom in",
        ),
        (
            ["reconstruct", "builtin:walk", "--film", "a.mp4"],
            "builtin:walk is a motion in space: --film (input.film) has",
        ),
        (["info", "builtin:walk", "--fps", "10001"], "--fps (input.fps) is 10001.0: input should be less than or"),
        (
            ["reconstruct", "builtin:walk", "--start", "1", "--end", "9"],
            "give --start and --end within it",
        ),
        (["reconstruct", "."], ". is a folder: name one of the motion files in it"),
        (
            ["reconstruct", "builtin:walk", "--optimizer", "sgd"],
            "unknown optimizer 'sgd': choose one of adafactor_mlp, adam, bfgs",
        ),
        (["reconstruct", "--resume", "--out", "absent"], "absent holds no run"),
        (["render", "absent"], "absent holds no run"),
        (["info", "absent.amc"], "there is no file absent.amc"),
        (["evaluate", "cmu", "--root", "absent"], "there is no folder absent"),
    ],
)
def test_a_bad_argument_gets_one_sentence_and_leaves_nothing(
    arguments: list[str],
    expected: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert expected in sentence_of_failure(arguments, capsys)
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_is_told_before_anything_is_computed(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    message = sentence_of_failure(["reconstruct", "builtin:walk", "--out", str(tmp_path / "file" / "run")], capsys)
    assert "cannot write into" in message


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--out", "file"], "file is a file, not a folder"), (["--optimizer", "sgd"], "unknown optimizer 'sgd'")],
)
def test_nothing_is_announced_before_an_error_that_can_be_known(
    arguments: list[str],
    expected: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("the user's own")
    with pytest.raises(SystemExit) as stopped:
        main(["reconstruct", "builtin:walk", *arguments])
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert expected in said.err
    assert said.out == ""
    assert (tmp_path / "file").read_text() == "the user's own"


@pytest.mark.parametrize(("floor", "warned"), [("1", True), ("0.4", False)])
def test_a_floor_far_from_the_body_is_warned_of(floor: str, warned: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["info", "builtin:walk", "--floor", floor])
    assert stopped.value.code == 0
    message = capsys.readouterr().err
    assert ("Warning: the given floor, 1 m, is 0.99 m above" in message) == warned
    assert bool(message) == warned


def test_the_traceback_is_shown_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIFFPHY_DEBUG", "1")
    with pytest.raises(Exception, match="there is no file absent.bvh"):
        main(["info", "absent.bvh"])


def test_info_says_what_was_detected(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["info", "builtin:walk"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    for part in ("39 frames at 30 fps", "up axis: y", "floor: ", "left_elbow", "person: 1.69 m"):
        assert part in text


def test_info_says_the_rate_that_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["info", "builtin:walk", "--fps", "60"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    for part in ("39 frames at 60 fps, 0.63 s", "frame rate: 60 per second, as given"):
        assert part in text


def run_without_jax(*command: str, code: int = 0) -> str:
    """What a command prints, by a process that must not have loaded the physics."""
    script = "import sys; from pipelines.command_line.diffphy import main\n"
    script += f"try: main({list(command)!r})\n"
    script += "finally: assert not {'jax', 'pybullet', 'scipy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_help_of_an_evaluation_does_not_start_jax() -> None:
    assert "--root" in run_without_jax("evaluate", "cmu", "--help")


def test_help_teaches_without_starting_jax() -> None:
    text = run_without_jax("reconstruct", "--help")
    assert "diffphy reconstruct studio.bvh --out runs/studio" in text
    assert "Nothing else is random" in " ".join(text.replace("│", " ").split())


def test_a_full_disk_gets_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.info.run", full)
    message = sentence_of_failure(["info", "builtin:walk"], capsys)
    assert "cannot write: No space left on device; make room, or write elsewhere" in message


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("reconstruct walk.bvh --fps 1e9", "--fps (input.fps) is 1000000000.0: input should be less than or equal to"),
        ("info walk.bvh --fps 1e9", "--fps (input.fps) is 1000000000.0: input should be less than or equal to"),
        ("evaluate builtin --max-evals 0", "--max-evals (optimizer.max_evals) is 0: input should be greater than"),
    ],
)
def test_a_wrong_value_is_told_without_starting_jax(command: str, said: str) -> None:
    assert said in run_without_jax(*command.split(), code=2)
