"""The public API in Python: it gives what the command gives, and writes nothing unless it is asked to."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest

import pipelines
from pipelines import InputError, Reconstruction, RunConfig, reconstruct, terminal
from pipelines.reconstruction.motion_file import to_arrays
from pipelines.reconstruction.run_folder import RunFolder
from tests.messages import check_remedy
from tests.pipelines.conftest import QUICK

SETTINGS = {key: value for key, value in QUICK.items() if key not in ("clip", "optimizer.max_evals")}


class StopHere(Exception):
    """Ends a reconstruction before its first window."""


def stop(done: int, total: int, error_mm: float) -> None:
    raise StopHere


@pytest.fixture(scope="module")
def result() -> Reconstruction:
    """The same reconstruction as `quick_run`, by the function."""
    return reconstruct("builtin:walk", max_evals=3, settings=SETTINGS)


def test_the_function_gives_what_the_command_writes(result: Reconstruction, quick_run: RunFolder) -> None:
    arrays = to_arrays(result.motion)
    with np.load(quick_run / "motion.npz") as file:
        assert arrays.keys() == set(file.files)
        for key, array in arrays.items():
            assert array.dtype == file[key].dtype
            np.testing.assert_array_equal(array, file[key])
    written = json.loads((quick_run / "metrics.json").read_text())
    taken = {"seconds": 0, "cpu_seconds": {}}
    assert {**result.metrics, **taken} == {**written, **taken}
    assert result.metrics["cpu_seconds"].keys() == {"other", "physics"}
    assert written["cpu_seconds"].keys() == {"other", "physics", "drawing"}
    assert min(written["cpu_seconds"].values()) > 0.0
    assert result.config == quick_run.config
    assert result.folder is None


def test_a_result_can_be_saved_afterwards(result: Reconstruction, quick_run: RunFolder, tmp_path: pathlib.Path) -> None:
    saved, folder = result.save(tmp_path / "run"), tmp_path / "run"
    assert saved.folder == folder
    assert {path.name for path in folder.iterdir()} == {path.name for path in quick_run.path.iterdir()}
    for name in ("config.yaml", "history.csv", "motion.bvh", "motion.npz"):
        assert (folder / name).read_bytes() == (quick_run / name).read_bytes(), name
    again = reconstruct(result.config, folder=folder, resume=True)
    assert again.metrics == result.metrics
    np.testing.assert_array_equal(again.motion.torque_child_frame_Nm, result.motion.torque_child_frame_Nm)
    with pytest.raises(InputError, match="was read from .*: use the files there") as refused:
        again.save(tmp_path / "another")
    check_remedy(str(refused.value))
    assert not (tmp_path / "another").exists()


def test_nothing_is_written_or_printed(tmp_path: pathlib.Path) -> None:
    """Neither into the current folder, nor into the user's, nor for a moment into that of temporary files."""
    folders = {name: tmp_path / name for name in ("cwd", "home", "tmp")}
    for folder in folders.values():
        folder.mkdir()
    code = "from pipelines import reconstruct\n"
    code += f"result = reconstruct('builtin:walk', max_evals=1, settings={SETTINGS})\n"
    code += "assert result.metrics['frames'] == len(result.motion.time_s) == 39\n"
    root = pathlib.Path(__file__).parents[2]
    environment = {**os.environ, "HOME": str(folders["home"]), "TMPDIR": str(folders["tmp"]), "PYTHONPATH": str(root)}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "MPLCONFIGDIR"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folders["cwd"], env=environment, capture_output=True, text=True, timeout=200
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for folder in folders.values():
        assert not list(folder.iterdir())


def test_progress_is_told(quick_config: RunConfig) -> None:
    told = []

    def listen(done: int, total: int, error_mm: float) -> None:
        told.append((done, total, error_mm))
        if done > 1:
            raise StopHere

    with pytest.raises(StopHere):
        reconstruct(quick_config, progress=listen)
    assert [done for done, _, _ in told] == [0, 1, 13]
    assert {total for _, total, _ in told} == {39}
    assert np.isnan(told[0][2])
    assert told[2][2] > 0


def test_warnings_are_those_of_python_or_go_to_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"input.floor_m": 1.0}
    with pytest.warns(pipelines.ReconstructionWarning, match="the given floor, 1 m, is 0.99 m above") as warned:  # noqa: SIM117
        with pytest.raises(StopHere):
            reconstruct("builtin:walk", settings=settings, progress=stop)
    assert [each.filename for each in warned] == [__file__]  # the caller's line, not ours
    told: list[str] = []
    with pytest.raises(StopHere):
        reconstruct("builtin:walk", settings=settings, progress=stop, warn=told.append)
    assert len(told) == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("source", "options", "expected"),
    [
        ("absent.bvh", {}, "there is no file absent.bvh"),
        (pathlib.Path("absent.mp4"), {}, "absent.mp4"),
        ("builtin:wlak", {}, "there is no built-in clip 'wlak'"),
        ("builtin:walk", {"max_evals": 0}, "optimizer.max_evals"),
        ("builtin:walk", {"settings": {"body.hight_m": 1.7}}, "unknown key 'body.hight_m' in settings: valid keys"),
        ("builtin:walk", {"settings": {"body.height_m": 17}}, "'body.height_m' in settings is 17: input should be"),
        ("builtin:walk", {"settings": {"optimizer.max_evals": 9}, "max_evals": 8}, "optimizer.max_evals is given in"),
        ("builtin:walk", {"settings": {"input.asf": "a.asf"}}, "builtin:walk is a built-in clip: --asf (input.asf)"),
        ("builtin:walk", {"resume": True}, "resume needs the folder"),
        (RunConfig(clip="builtin:walk"), {"max_evals": 20}, "optimizer.max_evals is given beside a whole config"),
        (RunConfig(), {}, "no motion was given"),
    ],
)
def test_bad_input_is_refused(
    source: str | pathlib.Path | RunConfig,
    options: dict,
    expected: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as refused:
        reconstruct(source, **options)
    assert expected in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine.txt").write_text("years of work")
    with pytest.raises(InputError, match="is not empty and holds no run"):
        reconstruct("builtin:walk", folder=tmp_path)
    with pytest.raises(InputError, match="holds no run"):
        reconstruct("builtin:walk", folder=tempfile.mkdtemp(dir=tmp_path), resume=True)


def test_the_folder_is_looked_at_before_the_recording_is_read(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A video takes minutes to read."""
    monkeypatch.setattr("pipelines.reconstruction.reconstruct.prepare", lambda config: pytest.fail("it was read"))
    (tmp_path / "mine.txt").write_text("years of work")
    with pytest.raises(InputError, match="is not empty and holds no run"):
        reconstruct("builtin:walk", folder=tmp_path)
    with pytest.raises(InputError, match="mine.txt is a file, not a folder"):
        reconstruct("builtin:walk", folder=tmp_path / "mine.txt")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text(RunConfig(clip="builtin:run").with_absolute_paths().to_yaml())
    with pytest.raises(InputError, match="has other settings"):
        reconstruct("builtin:walk", folder=tmp_path / "run", resume=True)


def test_names_are_imported_when_they_are_used() -> None:
    code = "import sys, pipelines\n"
    code += "assert not {'jax', 'numpy', 'matplotlib', 'pydantic'} & set(sys.modules)\n"
    code += "assert all(getattr(pipelines, name) for name in pipelines.__all__)\n"
    code += "assert not {'matplotlib', 'pybullet'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError, match="module 'pipelines' has no attribute 'recontsruct'"):
        _ = pipelines.recontsruct  # pyright: ignore[reportAttributeAccessIssue]


def test_a_receiver_of_warnings_may_warn(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.redirected(lambda message: terminal.warn(f"heard: {message}")):
        terminal.warn("stones")
    assert "heard: stones" in capsys.readouterr().err
