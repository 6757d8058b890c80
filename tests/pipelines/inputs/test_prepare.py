"""`prepare` chooses the path by the kind of input."""

import pathlib
from functools import partial

import pytest

from data.clip import InputError
from pipelines.config import RunConfig, load
from pipelines.inputs import prepare
from tests.messages import check_remedy


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("builtin:walk", "prepare_mocap"),
        ("absent.bvh", "prepare_mocap"),
        ("walk.MP4", "prepare_video"),
        ("human36m:S9/Walking 1", "prepare_sequence"),
        ("keypoints", "prepare_keypoints"),
    ],
)
def test_the_name_or_the_content_tells_the_path(
    source: str, path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keypoints").mkdir()
    (tmp_path / "keypoints" / "frame_000_keypoints.json").write_text("{}")
    config = load(None, {"clip": source})

    class Chosen(Exception):
        """Ends the preparation where the path is chosen."""

    def choose(name: str, *arguments: object) -> None:
        raise Chosen(name, *arguments)

    for each in ("prepare_mocap", "prepare_video", "prepare_sequence", "prepare_keypoints"):
        monkeypatch.setattr(prepare, each, partial(choose, each))
    with pytest.raises(Chosen) as chosen:
        prepare.prepare(config)
    assert chosen.value.args == (path, source, config)


def test_a_run_without_an_input_is_refused() -> None:
    with pytest.raises(InputError, match="no motion was given: name a file, or a built-in one") as refused:
        prepare.prepare(RunConfig())
    check_remedy(str(refused.value))
