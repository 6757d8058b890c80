"""What `diffphy data check` says, and its exit codes, of folders that are written here."""

import pathlib
from collections.abc import Callable

import numpy as np
import pytest

from data.datasets import human36m
from pipelines.command_line.diffphy import main
from tests.data.datasets.test_human36m import METADATA, motion, place, write_archive
from tests.data.formats.test_aistpp import SEQUENCE, write_annotations

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Exit code, and what was said in one line of single blanks."""

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["data", "check", *map(str, arguments)])
        said = capsys.readouterr()
        return int(stopped.value.code or 0), " ".join((said.out + said.err).split())

    return run


def whole_protocol(root: pathlib.Path) -> None:
    """All that the protocol needs, the corrupt file too."""
    names = [sequence.name.split("/") for sequence in human36m.video_sequences()]
    place(root, *(motion(*name) for name in names), motion("S11", "Directions"))
    views = [np.ones((2, 17, 2), np.float32)] * 4
    keypoints: dict[str, dict] = {}
    for subject, action in names:
        keypoints.setdefault(subject, {})[action] = views
    write_archive(root / "data_2d_h36m_cpn_ft_h36m_dbb.npz", positions_2d=keypoints, metadata=METADATA)
    place(root, *(f"{subject}/Videos/{action}.{human36m.CAMERA}.mp4" for subject, action in names))


def test_a_whole_protocol_can_be_run(tmp_path: pathlib.Path, check: Check) -> None:
    whole_protocol(tmp_path)
    code, said = check("human36m", "--root", tmp_path)
    assert code == 0
    assert "the official files of the motions" in said
    assert "S11/Directions is corrupt in every copy, and left out" in said
    assert "S1: nothing; it is not needed to evaluate" in said
    assert "S9: 20 of 30 motions, 80 of 80 keypoints, 20 of 80 videos" in said
    for what, count in (("mocap", 20), ("keypoints", 39), ("video", 39)):
        assert f"--input {what}: all {count} sequences of the protocol" in said


def test_what_is_missing_is_named_with_where_it_is_to_be_had(tmp_path: pathlib.Path, check: Check) -> None:
    whole_protocol(tmp_path)
    (tmp_path / "S9" / "Videos" / f"Waiting 1.{human36m.CAMERA}.mp4").unlink()
    (tmp_path / motion("S11", "Photo")).unlink()
    code, said = check("human36m", "--root", tmp_path)
    assert code == 1
    assert "S11 lacks the motions Photo, Eating 1, Eating," in said
    assert "--input mocap: all 20 sequences" in said
    assert "--input keypoints: 38 of 39 sequences of the protocol; missing: by camera 60457274: S11 Photo" in said
    assert (
        "--input video: 37 of 39 sequences of the protocol; missing: by camera 60457274: S9 Waiting 1; S11 Photo"
        in said
    )
    assert "register at http://vision.imar.ro/human3.6m/" in said
    assert "academic use only" in said
    assert check("human36m", "--root", tmp_path, "--input", "mocap")[0] == 0


def test_a_folder_of_something_else_holds_nothing(tmp_path: pathlib.Path, check: Check) -> None:
    code, said = check("human36m", "--root", tmp_path)
    assert code == 1
    assert "neither official files, S9/MyPoseFeatures/D3_Positions/*.cdf, nor an archive, data_3d_h36m.npz" in said
    assert "--input mocap: none of the 20 sequences of the protocol; their files would be S9/MyPoseFeatures" in said


def test_a_folder_that_is_not_there_cannot_be_checked(tmp_path: pathlib.Path, check: Check) -> None:
    for kind in ("human36m", "aist"):
        code, said = check(kind, "--root", tmp_path / "absent")
        assert code == 2
        assert f"Error: there is no folder {tmp_path / 'absent'}: give the folder of the dataset with --root" in said


def test_an_archive_is_told_from_the_official_files(tmp_path: pathlib.Path, check: Check) -> None:
    poses = {"S9": {"Walking 1": np.ones((2, 32, 3), np.float32)}}
    write_archive(tmp_path / human36m.POSES, positions_3d=poses)
    code, said = check("human36m", "--root", tmp_path, "--input", "mocap")
    assert code == 1
    assert "VideoPose3D's archive of the motions" in said
    assert "--input mocap: 1 of 20 sequences of the protocol" in said


def test_a_split_of_aist_is_checked(tmp_path: pathlib.Path, check: Check) -> None:
    write_annotations(tmp_path)
    place(tmp_path, "splits/crossmodal_val.txt")
    (tmp_path / "splits" / "crossmodal_val.txt").write_text(f"{SEQUENCE}\n")
    code, said = check("aist", "--root", tmp_path, "--split", "crossmodal_val")
    assert code == 1
    assert "1 sequences, 1 in the list of bad ones Splits: paper, crossmodal_val; crossmodal_val is checked" in said
    assert "--input keypoints: all 1 sequences of the protocol" in said
    assert "--input video: none of the 1 sequences of the protocol; their files would be videos" in said
    assert "CC BY 4.0" in said
    assert "https://aistdancedb.ongaaccel.jp/terms_of_use/" in said
    assert check("aist", "--root", tmp_path, "--split", "crossmodal_val", "--input", "keypoints")[0] == 0
    code, said = check("aist", "--root", tmp_path)
    assert "--input mocap: none of the 15 sequences" in said
