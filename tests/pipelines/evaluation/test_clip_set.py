"""The sets of clips of the datasets, and what they make of a configuration."""

import pathlib

import pytest

from data.clip import InputError
from data.datasets import human36m
from pipelines.config import load
from pipelines.evaluation.clip_set import aist_clips, human36m_clips
from pipelines.evaluation.paper_rows import HUMAN36M_MOCAP, HUMAN36M_VIDEO
from pipelines.reconstruction.run_folder import fingerprints
from tests.data.datasets.test_human36m import motion, place
from tests.data.formats.test_aistpp import SEQUENCE, write_annotations
from tests.messages import check_remedy


def test_sequences_that_are_missing_are_told(tmp_path: pathlib.Path) -> None:
    place(tmp_path, motion("S9", "Walking 1"), motion("S9", "Sitting 1"), motion("S1", "Walking 1"))
    clips = human36m_clips(tmp_path, "mocap")
    assert clips.name == "human36m_mocap"
    assert clips.clips == {"S9/Walking 1": "human36m:S9/Walking 1"}
    assert len(clips.absent) == 19
    check_remedy(clips.absent["S11/Walking 1"])
    assert clips.groups["S9/Walking 1"] == ("Walking", human36m.IN_DOMAIN)
    assert clips.paper is HUMAN36M_MOCAP


def test_videos_are_those_of_one_camera(tmp_path: pathlib.Path) -> None:
    place(tmp_path, motion("S9", "Walking"), "S9/Videos/Walking.54138969.mp4")
    clips = human36m_clips(tmp_path, "video", "54138969")
    assert list(clips.clips) == ["S9/Walking"]
    assert clips.paper is HUMAN36M_VIDEO
    with pytest.raises(InputError, match="holds nothing that --input video needs") as refused:
        human36m_clips(tmp_path, "video")
    check_remedy(str(refused.value))


def test_the_rates_of_the_protocol_are_below_those_of_the_user(tmp_path: pathlib.Path) -> None:
    place(tmp_path, motion("S9", "Walking 1"))
    clips = human36m_clips(tmp_path, "mocap")
    config = load(None, clips.settings, clips.defaults)
    assert config.simulation.control_fps == 25.0
    assert config.dataset is not None
    assert (config.dataset.root, config.dataset.input) == (tmp_path, "mocap")
    file = tmp_path / "config.yaml"
    file.write_text("simulation: {control_fps: 50}")
    assert load(file, clips.settings, clips.defaults).simulation.control_fps == 50.0


def test_a_split_of_aist_and_the_paper_s_rows(tmp_path: pathlib.Path) -> None:
    write_annotations(tmp_path)
    place(tmp_path, "splits/crossmodal_test.txt")
    (tmp_path / "splits" / "crossmodal_test.txt").write_text(SEQUENCE)
    clips = aist_clips(tmp_path, "keypoints", None, "crossmodal_test")
    assert clips.clips == {SEQUENCE: f"aist:{SEQUENCE}"}
    assert clips.groups == {SEQUENCE: ("Break",)}
    assert clips.paper == ()  # it reports on other dances
    with pytest.raises(InputError, match="holds nothing that --input keypoints needs"):
        aist_clips(tmp_path, "keypoints")


def test_a_run_knows_the_files_of_its_sequence(tmp_path: pathlib.Path) -> None:
    place(tmp_path, motion("S9", "Walking 1"))
    config = load(None, {"clip": "human36m:S9/Walking 1", "dataset.root": tmp_path})
    assert list(fingerprints(config)) == [str(tmp_path / motion("S9", "Walking 1"))]
    assert config.with_absolute_paths().clip == config.clip
    with pytest.raises(InputError, match="the dataset.s folder is not given: give it as dataset.root") as refused:
        fingerprints(load(None, {"clip": "human36m:S9/Walking 1"}))
    check_remedy(str(refused.value))
