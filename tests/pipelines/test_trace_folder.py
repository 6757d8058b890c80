"""Traces survive between processes. What is broken or cannot be written is as if it were not there."""

import pytest

from pipelines import jax_setup
from pipelines.reconstruction import reconstruct
from pipelines.trace_folder import TraceFolder


def test_keeps_what_another_process_wrote(tmp_path):
    TraceFolder(tmp_path / "new" / "folder")["a"] = b"content"
    other = TraceFolder(tmp_path / "new" / "folder")
    assert dict(other) == {"a": b"content"}
    assert len(other) == 1
    del other["a"]
    assert "a" not in other


@pytest.mark.parametrize("content", [b"", b"x" * 10, b"x" * 100], ids=["empty", "short", "changed"])
def test_broken_file_counts_as_missing(tmp_path, content):
    folder = TraceFolder(tmp_path)
    folder["a"] = b"content"
    (file,) = tmp_path.glob("*.trace")
    file.write_bytes(content)
    assert folder.get("a") is None
    folder["a"] = b"again"
    assert folder["a"] == b"again"


def test_missing_key_cannot_be_deleted(tmp_path):
    with pytest.raises(KeyError):
        del TraceFolder(tmp_path)["a"]


def test_a_place_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder")
    folder = TraceFolder(tmp_path / "file")
    folder["a"] = b"content"
    assert folder.get("a") is None
    assert list(folder) == []


def test_a_run_keeps_its_traces_beside_the_compiled_programs(monkeypatch):
    kept = []
    monkeypatch.setattr(reconstruct, "keep_traces", kept.append)
    monkeypatch.setattr(reconstruct, "build_method", None)  # the run ends here
    with pytest.raises(TypeError):
        reconstruct.reconstruct("builtin:walk")
    assert [folder.path for folder in kept] == [jax_setup.cache_folder() / "traces"]
