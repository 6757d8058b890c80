"""`diffphy info` says what a file holds, before anything is reconstructed."""

import pathlib

import cv2
import numpy as np
import pytest

from pipelines.command_line.diffphy import main
from tests.data.datasets.test_human36m import motion
from tests.data.formats.test_human36m import poses_of, write_cdf


def test_info_tells_recorded_from_assumed_joints(gait: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["info", str(gait)])
    lines = capsys.readouterr().out.splitlines()
    assert any("not recorded: neck, left_shoulder" in line for line in lines)
    rows = {cells[1].strip(): cells[2].strip() for line in lines if len(cells := line.split("│")) > 2}
    assert rows["left_elbow"] == "assumed"
    assert rows["left_knee"] == "left_knee"


def test_the_body_model_comes_from_the_command_line(
    amass: tuple[pathlib.Path, pathlib.Path], capsys: pytest.CaptureFixture[str]
) -> None:
    motion, model = amass
    with pytest.raises(SystemExit):
        main(["info", str(motion), "--body-model", str(model)])
    assert "body model: model.npz" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main(["info", str(motion)])
    assert stopped.value.code == 2
    assert "--body-model" in capsys.readouterr().err


def test_info_says_what_keypoints_are_there(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    keypoints = np.concatenate([np.random.default_rng(0).uniform(0, 500, (8, 17, 2)), np.ones((8, 17, 1))], axis=-1)
    np.savez(tmp_path / "walk.npz", keypoints=keypoints, set="coco_17", fps=25.0)
    with pytest.raises(SystemExit) as ended:
        main(["info", str(tmp_path / "walk.npz")])
    assert not ended.value.code
    said = "".join(capsys.readouterr())
    assert "keypoints in 8 frames at 25 fps, 0.28 s" in said
    assert "left_shoulder" in said


def test_info_says_how_large_a_video_is(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "grey.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (64, 48))
    for _ in range(3):
        writer.write(np.full((48, 64, 3), 128, np.uint8))
    writer.release()
    with pytest.raises(SystemExit) as ended:
        main(["info", str(tmp_path / "grey.mp4")])
    assert not ended.value.code
    assert "a video of 64 x 48 pixels at 25 fps, 3 frames, 0.12 s" in "".join(capsys.readouterr())


def test_the_folder_of_a_run_is_none_of_keypoints(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(SystemExit) as ended:
        main(["info", str(tmp_path)])
    assert ended.value.code == 2
    assert "is a folder: name one of the motion files in it" in " ".join(capsys.readouterr().err.split())


def test_info_of_a_sequence_needs_the_folder_of_the_dataset(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_cdf(tmp_path / motion("S9", "Walking 1"), poses_of("walk"))
    (tmp_path / "h36m.yaml").write_text(f"dataset: {{root: '{tmp_path}'}}")
    with pytest.raises(SystemExit) as ended:
        main(["info", "human36m:S9/Walking 1", "--config", str(tmp_path / "h36m.yaml")])
    said = capsys.readouterr()
    assert not ended.value.code, said.err
    assert "S9/Walking 1: 64 frames at 50 fps" in said.out
    with pytest.raises(SystemExit) as ended:
        main(["info", "human36m:S9/Walking 1"])
    assert ended.value.code == 2
    assert "give it as dataset.root" in capsys.readouterr().err
