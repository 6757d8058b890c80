"""Recordings of laboratories and of AMASS on their way into a run; how they are read is tested in tests/data."""

import pathlib

import cv2
import numpy as np
import pytest

from data import formats
from pipelines.command_line.diffphy import main
from pipelines.config import RunConfig
from pipelines.inputs.prepare import prepare
from pipelines.reconstruction import run_folder
from tests.data import body_models
from tests.data.formats.test_c3d import leg_centres, write


@pytest.fixture
def gait(tmp_path: pathlib.Path) -> pathlib.Path:
    """A walk of which only the legs were recorded."""
    return write(tmp_path / "gait.c3d", leg_centres(formats.read("builtin:walk")))


@pytest.fixture
def amass(tmp_path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A motion and the body model that goes with it."""
    poses, walk = body_models.upright_poses(24)
    np.savez(tmp_path / "take.npz", poses=poses, trans=walk, mocap_framerate=60.0)
    return tmp_path / "take.npz", body_models.write_npz(tmp_path / "model.npz", body_models.arrays(52, 16))


def test_joints_that_were_not_recorded_are_followed_in_their_rotations_alone(gait: pathlib.Path) -> None:
    subject = prepare(RunConfig(clip=str(gait)))
    tracked = {subject.retargeted.rig.keys[body] for body in subject.tracked}
    legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")}
    assert tracked == {"pelvis", *legs}
    arm = subject.retargeted.rig.keys.index("left_shoulder")
    upper_arm = subject.retargeted.joint_positions()[:, [arm, arm + 1]]
    assert (upper_arm[:, 0, 2] - upper_arm[:, 1, 2] > 0.2).all()


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


def test_the_body_model_is_part_of_the_run(
    amass: tuple[pathlib.Path, pathlib.Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found from any folder, and a run does not go on with another."""
    motion, model = amass
    monkeypatch.chdir(model.parent)
    config = RunConfig.model_validate({"clip": motion.name, "input": {"body_model": model.name}})
    absolute = config.with_absolute_paths()
    assert absolute.input.body_model == model.resolve()
    assert str(model.resolve()) in run_folder.fingerprints(absolute)


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
