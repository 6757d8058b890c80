import hashlib
import pathlib
import shutil
import subprocess

import pytest

from data.clip import InputError
from pipelines.folder import Folder, check_replaceable, check_writable, fingerprint, provenance


def test_a_path_that_cannot_be_a_folder(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write into .*: Not a directory; choose another folder"):
        check_writable(tmp_path / "file" / "run")


def test_a_file_in_the_place_of_the_folder(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("the user's own")
    for check in (check_writable, check_replaceable):
        with pytest.raises(InputError, match="file is a file, not a folder: choose another with --out"):
            check(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "the user's own"


def test_a_folder_is_replaced_only_if_a_command_filled_it(tmp_path: pathlib.Path) -> None:
    check_replaceable(tmp_path / "new")
    check_replaceable(tmp_path / "new")  # It is there now, and empty.
    folder = Folder(tmp_path / "new")
    folder.write_text("config.yaml", "seed: 1")
    with pytest.raises(InputError, match="new is not empty and holds no run: choose another folder with --out"):
        check_replaceable(folder.path)
    folder.write_text("run.yaml", "commit: unknown")
    check_replaceable(folder.path)
    assert folder.config_file.read_text() == "seed: 1"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: pathlib.Path) -> None:
    folder = Folder(tmp_path)
    folder.write_text("metrics.json", "old")
    with pytest.raises(RuntimeError), folder.writing("metrics.json") as path:
        path.write_text("half of the n")
        raise RuntimeError
    assert (folder / "metrics.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="cannot write .*metrics.json: No such file or directory"):
        Folder(tmp_path / "none").write_text("metrics.json", "{}")


def test_a_folder_without_a_run_has_no_configuration(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="holds no run: there is no config.yaml in it"):
        _ = Folder(tmp_path).config_file


@pytest.mark.parametrize("content", [None, "", "- a", "a: [", "commit: 12ab"])
def test_what_made_a_folder_may_be_unknown(tmp_path: pathlib.Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.yaml").write_text(content)
    assert Folder(tmp_path).made_by == ({"commit": "12ab"} if content == "commit: 12ab" else {})


def test_a_fingerprint_is_that_of_the_whole_file(tmp_path: pathlib.Path) -> None:
    content = bytes(range(256)) * 4096  # Longer than what is read at once.
    (tmp_path / "video.mp4").write_bytes(content)
    assert fingerprint(tmp_path / "video.mp4") == hashlib.sha256(content).hexdigest()


def test_the_commit_is_that_of_the_source(pytestconfig: pytest.Config) -> None:
    if not (pytestconfig.rootpath / ".git").exists() or shutil.which("git") is None:
        pytest.skip("the source is in no repository, or git is not installed")
    command = ["git", "-C", str(pytestconfig.rootpath), "rev-parse", "HEAD"]
    head = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    assert provenance()["commit"].removesuffix("-dirty") == (head or "unknown")
