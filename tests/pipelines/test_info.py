"""`diffphy info` says what a file holds, before anything is reconstructed."""

import pathlib
import subprocess
from dataclasses import replace

import imageio_ffmpeg
import numpy as np
import pytest

from data.video import open_video
from pipelines import info
from pipelines.command_line.diffphy import main
from pipelines.inputs.subject import RIG
from tests.data.datasets.test_human36m import motion
from tests.data.formats.test_human36m import poses_of, write_cdf
from tests.data.formats.walk_files import mirror, set_frame_time, write_walk
from viz.encode import write_video


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
    assert "needs the size of the pictures: --film, --image-size or --camera" in said


def write_film(path: pathlib.Path, late: bool = False, turned: bool = False) -> None:
    """Write twelve pictures. Late: the sixth comes 0.4 s late. Turned: to be turned by a quarter."""
    write_video(path, [np.full((48, 64, 3), 128, np.uint8)] * 12, 25.0, (64, 48))
    if late:
        convert(path, "-vf", "setpts=PTS+gte(N\\,5)*0.4/TB", "-fps_mode", "vfr")
    if turned:
        convert(path, "-c", "copy", before=("-display_rotation", "-90"))


def convert(path: pathlib.Path, *how: str, before: tuple[str, ...] = ()) -> None:
    made = path.with_name("made.mp4")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *before, "-i", str(path), *how, str(made)]
    subprocess.run(command, check=True)
    made.replace(path)


def info_of(source: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        main(["info", str(source)])
    assert not ended.value.code
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("in_folder", [False, True])
def test_info_says_what_a_video_is_and_what_it_needs(
    in_folder: bool, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "grey.mp4"
    write_film(path)
    *folder, first, times, needs, worth = info_of(tmp_path if in_folder else path, capsys)
    assert folder == ([f"{tmp_path}: a folder with one film: name that"] if in_folder else [])
    assert first == f"{path}: a video of 64 x 48 pixels at 25 fps, 12 frames, 0.48 s"
    assert times == "  frame times: constant, 25.00 a second"
    assert "one person, seen whole (with several: --crop LEFT,TOP,RIGHT,BOTTOM)" in needs
    assert "--height (otherwise 1.70 m), --mass, and --fov or --camera (otherwise 69 degrees)" in worth


def test_info_of_several_cameras_asks_for_their_calibration(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("cam1.mp4", "cam2.mp4"):
        write_film(tmp_path / name)
    first, *_, needs, worth = info_of(tmp_path, capsys)
    assert first == f"{tmp_path}: recordings of 2 cameras"
    assert needs == "  a reconstruction needs the calibration of all cameras: --camera"
    assert worth == "  worth giving: --mass"


def test_info_says_how_a_video_is_turned_and_what_its_file_is_wrong_about(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "late.mp4"
    write_film(path, late=True, turned=True)
    true = open_video(path)
    monkeypatch.setattr(info, "open_video", lambda *_: replace(true, frames=20))
    first, number, times, turned, *_ = info_of(path, capsys)
    assert "a video of 48 x 64 pixels" in first
    assert number == "  frames: the file says 20, and 12 can be read: these count"
    assert times == "  frame times: not constant, 13.10 a second on average: export it at a constant rate"
    assert turned == "  rotation: turned by 90 degrees to be upright, as the file says"


def test_the_videos_of_a_run_are_no_recordings(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("motion.mp4", "overlay.mp4"):
        write_film(tmp_path / name)
    for name in ("config.yaml", "run.yaml"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(SystemExit) as ended:
        main(["info", str(tmp_path)])
    assert ended.value.code == 2
    assert "is a folder: name one of the motion files in it" in " ".join(capsys.readouterr().err.split())


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


def test_info_says_how_each_judgement_came_out(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "walk.bvh"
    write_walk(path, RIG)
    path.write_text(set_frame_time(path.read_text(), 1.0))
    with pytest.raises(SystemExit) as stopped:
        main(["info", str(path)])
    assert stopped.value.code == 0
    said = capsys.readouterr()
    assert "Warning: the frame rate of 1 a second is doubtful" in said.err
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if "│" in line]
    verdicts = {row[0]: row[-1] for row in rows if len(row) == 4 and row[0]}
    assert verdicts["rate"] == "doubtful"
    assert verdicts["lean"] == verdicts["sides"] == "good"


def test_info_refuses_what_cannot_be_a_person_unless_it_is_taken_as_it_is(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "walk.bvh"
    write_walk(path, RIG)
    path.write_text(mirror(path.read_text()))
    for options, code in (([], 2), (["--as-is"], 0)):
        with pytest.raises(SystemExit) as stopped:
            main(["info", str(path), *options])
        assert stopped.value.code == code
        assert "left and right are wrong" in " ".join(capsys.readouterr().err.split())


def test_info_writes_a_joint_map_before_it_refuses_an_unknown_rig(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, joint_map = tmp_path / "walk.bvh", tmp_path / "joints.yaml"
    write_walk(path, RIG)
    path.write_text(path.read_text().replace("knee", "piece").replace("hip", "part").replace("ankle", "end"))
    with pytest.raises(SystemExit) as stopped:
        main(["info", str(path), "--write-joint-map", str(joint_map)])
    assert stopped.value.code == 2
    assert "is on an unknown rig" in " ".join(capsys.readouterr().err.split())
    text = joint_map.read_text()
    assert "neck: neck" in text
    assert "# left_knee: one of " in text
