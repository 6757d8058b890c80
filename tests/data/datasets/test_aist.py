"""Folders of AIST++, written here: which dances they hold, and which are evaluated. Nothing of it is in them."""

import pathlib

import pytest

from data.clip import InputError
from data.datasets import aist
from data.datasets.aist import Aist
from tests.data.formats.test_aistpp import SEQUENCE, write_annotations
from tests.messages import check_remedy


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> Aist:
    """Two dances, one of which is to be ignored, and videos of the other by two cameras."""
    annotations = tmp_path / aist.ANNOTATIONS
    annotations.mkdir()
    write_annotations(annotations)
    (annotations / "keypoints3d" / "gBR_sBM_cAll_d05_mBR1_ch02.pkl").touch()
    (annotations / "ignore_list.txt").write_text("gBR_sBM_cAll_d05_mBR1_ch02\n")
    (annotations / "splits").mkdir()
    lines = [SEQUENCE, "gBR_sBM_cAll_d05_mBR1_ch02", "gWA_sFM_cAll_d27_mWA2_ch21", SEQUENCE]
    (annotations / "splits" / "crossmodal_test.txt").write_text("\n".join(lines))
    (tmp_path / "videos").mkdir()
    for camera in ("c01", "c09"):
        (tmp_path / "videos" / f"{SEQUENCE.replace('cAll', camera)}.mp4").touch()
    return Aist(tmp_path)


def test_names_say_genre_and_dancer() -> None:
    sequence = aist.describe_sequence("gLH_sFM_cAll_d18_mLH0_ch15")
    assert (sequence.action, sequence.subject, sequence.group) == ("LA-style Hip-hop", "d18", "advanced")
    assert aist.describe_sequence("other").action == "other"


def test_dances_to_be_ignored_are_not_there(tree: Aist) -> None:
    assert list(tree.sequences) == [SEQUENCE]
    assert [each.name for each in tree.split("crossmodal_test")] == [SEQUENCE, "gWA_sFM_cAll_d27_mWA2_ch21"]


def test_the_paper_s_dances_have_a_camera_each(tree: Aist) -> None:
    dances = tree.split(aist.PAPER)
    assert len(dances) == 15
    assert {each.action for each in dances} == {
        *("Break", "Ballet Jazz", "Krump", "LA-style Hip-hop", "Lock", "Middle Hip-hop")
    }
    assert aist.default_camera("gBR_sBM_cAll_d06_mBR4_ch06") == "c06"
    assert aist.default_camera("gKR_sBM_cAll_d30_mKR5_ch05") == "c09"


def test_a_dance_of_the_paper_that_is_to_be_ignored_is_left_out(tree: Aist) -> None:
    (tree.annotations / "ignore_list.txt").write_text("gKR_sBM_cAll_d30_mKR5_ch05")
    assert len(Aist(tree.path).split(aist.PAPER)) == 14


def test_videos_are_those_of_a_camera(tree: Aist) -> None:
    assert tree.video(SEQUENCE, "c09") == tree.path / "videos" / "gBR_sBM_c09_d04_mBR0_ch01.mp4"
    assert [camera for camera in aist.CAMERAS if tree.has(SEQUENCE, "video", camera)] == ["c01", "c09"]
    assert tree.has(SEQUENCE, "keypoints", "c05")
    assert not tree.has(SEQUENCE, "keypoints", "c10")
    with pytest.raises(InputError, match="there is no video .*c02_d04_mBR0_ch01.mp4: get it") as refused:
        tree.video(SEQUENCE, "c02")
    check_remedy(str(refused.value))


def test_without_the_cameras_only_the_motion_can_be_followed(tree: Aist) -> None:
    (tree.annotations / "cameras" / "mapping.txt").unlink()
    has = {what: tree.has(SEQUENCE, what, "c01") for what in ("mocap", "keypoints", "video")}
    assert has == {"mocap": True, "keypoints": False, "video": False}


def test_what_is_not_there_is_said(tree: Aist) -> None:
    for read in (
        lambda: Aist(tree.path / "absent"),
        lambda: tree.split("crossmodal"),
        lambda: tree.truth("gBR_sBM_cAll_d05_mBR1_ch02"),
    ):
        with pytest.raises(InputError) as refused:
            read()
        check_remedy(str(refused.value))
