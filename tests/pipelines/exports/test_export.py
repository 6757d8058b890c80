"""`diffphy export`: what it accepts, where it writes, and that it writes all of an export or nothing."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

import pytest

from data.clip import InputError
from pipelines.command_line.diffphy import main
from pipelines.config import RunConfig
from pipelines.exports import export, table
from pipelines.exports.registry import EXPORTS
from pipelines.reconstruction import run_folder
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder

OUTPUTS_PAGE = pathlib.Path(__file__).parents[3] / "docs" / "outputs.md"


@pytest.fixture
def finished(quick_run: RunFolder, tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of a finished run."""
    return pathlib.Path(shutil.copytree(quick_run.path, tmp_path / "walk"))


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_is_written_beside_the_run_and_named(
    name: str, finished: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", str(finished), "--to", name])
    assert ended.value.code == 0
    written = sorted(path for path in (finished / "export").iterdir())
    assert capsys.readouterr().out.split() == [str(path) for path in written]
    assert written
    assert all(path.name.startswith("walk") and path.stat().st_size > 0 for path in written)


def test_the_help_and_the_page_list_the_entries(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for name, entry in EXPORTS.items():
        assert f"{name}: {entry.summary}" in told
        assert callable(import_module(entry.module).write)
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", OUTPUTS_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(name, entry.summary) for name, entry in EXPORTS.items()] == [row for row in rows if row[0] in EXPORTS]


def test_another_folder_keeps_its_other_files(finished: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "mine.csv").write_text("mine")
    export.run(finished, to="csv", out=tmp_path / "tables")
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {"mine.csv", "walk.csv"}
    assert (tmp_path / "tables" / "mine.csv").read_text() == "mine"
    assert not (finished / "export").exists()


def test_an_export_that_fails_leaves_the_earlier_one(finished: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export.run(finished, to="csv", out=None)
    before = (finished / "export" / "walk.csv").read_bytes()

    def fail(motion: ReconstructedMotion, folder: pathlib.Path, name: str) -> None:
        (folder / f"{name}.csv").write_text("half of it")
        raise InputError("this cannot be written")

    monkeypatch.setattr(table, "write", fail)
    with pytest.raises(InputError, match="this cannot be written"):
        export.run(finished, to="csv", out=None)
    assert (finished / "export" / "walk.csv").read_bytes() == before
    assert [path.name for path in (finished / "export").iterdir()] == ["walk.csv"]


def test_a_new_run_in_the_folder_removes_what_was_made_from_the_old_one(
    finished: pathlib.Path, quick_config: RunConfig
) -> None:
    export.run(finished, to="csv", out=None)
    run_folder.create(finished, quick_config)
    assert not (finished / "export").exists()


def break_motion(run: pathlib.Path) -> None:
    (run / "motion.npz").write_text("half of it")


def remove_motion(run: pathlib.Path) -> None:
    (run / "motion.npz").unlink()


def break_metrics(run: pathlib.Path) -> None:
    (run / "metrics.json").write_text("{")


def remove(run: pathlib.Path) -> None:
    shutil.rmtree(run)


def block_export(run: pathlib.Path) -> None:
    (run / "export").write_text("a file")


BROKEN: list[tuple[Callable[[pathlib.Path], None], str, str]] = [
    (break_motion, "csv", "motion.npz cannot be read, or another version wrote it: make the run again"),
    (remove_motion, "csv", "holds no finished run: there is no motion.npz in it"),
    (break_metrics, "csv", "metrics.json is damaged"),
    (remove, "csv", "there is no folder"),
    (block_export, "csv", "is a file, not a folder: choose another with --out"),
    (remove, "fbx", f"there is no export 'fbx': give --to one of {', '.join(sorted(EXPORTS))}"),
]


@pytest.mark.parametrize(("spoil", "to", "message"), BROKEN)
def test_what_cannot_be_exported_gets_one_sentence(
    spoil: Callable[[pathlib.Path], None],
    to: str,
    message: str,
    finished: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(finished)
    with pytest.raises(SystemExit) as ended:
        main(["export", str(finished), "--to", to])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.startswith("Error: ")
    assert message in told
    assert told.count("\n") == 1


def test_a_doubtful_run_is_exported_with_a_warning(finished: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = json.loads((finished / "metrics.json").read_text())
    metrics["verdict"] = {"level": "doubtful", "reasons": ["the feet slide"], "assumed": []}
    (finished / "metrics.json").write_text(json.dumps(metrics))
    export.run(finished, to="csv", out=None)
    assert capsys.readouterr().err == "Warning: walk is doubtful: the feet slide\n"
    assert (finished / "export" / "walk.csv").is_file()
    (finished / "metrics.json").unlink()  # nothing says that it is doubtful
    export.run(finished, to="csv", out=None)
    assert capsys.readouterr().err == ""


def test_the_list_of_exports_needs_no_jax() -> None:
    code = "import sys, pipelines.exports.registry; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
