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
        ("pose", "prepare_keypoints"),
        ("videos", "prepare_video"),
    ],
)
def test_the_name_or_the_content_tells_the_path(
    source: str, path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("keypoints", "pose/cam2_json", "pose/cam10_json", "videos"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "frame_000_keypoints.json").write_text("{}")
    (tmp_path / "videos" / "frame_000_keypoints.json").unlink()
    for name in ("videos/a.mp4", "videos/b.mp4", "pose/cam2_pose.mp4", "pose/cam10_pose.mp4"):
        (tmp_path / name).touch()
    config = load(None, {"clip": source})

    class Chosen(Exception):
        """Ends the preparation where the path is chosen."""

    def choose(name: str, *arguments: object) -> None:
        raise Chosen(name, *arguments)

    for each in ("prepare_mocap", "prepare_video", "prepare_sequence", "prepare_keypoints"):
        monkeypatch.setattr(prepare, each, partial(choose, each))
    with pytest.raises(Chosen) as chosen:
        prepare.prepare(config)
    recordings = {
        "walk.MP4": ["walk.MP4"],
        "keypoints": ["keypoints"],
        "pose": ["pose/cam2_json", "pose/cam10_json"],
        "videos": ["videos/a.mp4", "videos/b.mp4"],
    }
    name, given, _ = chosen.value.args
    assert name == path
    assert given == ([pathlib.Path(each) for each in recordings[source]] if source in recordings else source)


def test_a_run_without_an_input_is_refused() -> None:
    with pytest.raises(InputError, match="no motion was given: name a file, or a built-in one") as refused:
        prepare.prepare(RunConfig())
    check_remedy(str(refused.value))
