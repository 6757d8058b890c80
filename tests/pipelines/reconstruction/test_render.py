import pathlib
import subprocess
import sys
from dataclasses import replace

import imageio_ffmpeg
import numpy as np
import pytest

from data.clip import InputError
from pipelines.config import RunConfig, load
from pipelines.python_warnings import ReconstructionWarning
from pipelines.reconstruction import motion_file
from pipelines.reconstruction import render as command
from pipelines.reconstruction.reconstruct import reconstruct
from pipelines.reconstruction.render import build_shot, parse_size, run
from pipelines.reconstruction.run_folder import RESULTS, RunFolder
from pipelines.scene import build_scene
from viz.errors import RenderError


def test_a_run_is_rendered_from_its_folder(quick_run: RunFolder, tmp_path: pathlib.Path) -> None:
    run(quick_run.path, out=tmp_path / "walk.mp4", size="160x120")
    to_raw = ["-i", str(tmp_path / "walk.mp4"), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *to_raw], capture_output=True, check=True, timeout=60)
    frames = np.frombuffer(raw.stdout, np.uint8).reshape(-1, 120, 160, 3)
    assert len(frames) == 39
    assert np.ptp(frames[20]) > 100


def test_shot_shows_the_body_where_it_was_simulated(quick_run: RunFolder) -> None:
    motion = motion_file.load(quick_run)
    picture = build_shot(motion)
    np.testing.assert_allclose(picture.position, motion.body_position_world_m)
    assert picture.body_weight == pytest.approx(9.81 * 63.08, rel=1e-3)
    assert {geom.kind for geom in picture.geoms} >= {"capsule", "box"}
    owners = set(motion.body_names[motion.contact_bodies].tolist())
    assert "left_foot" in owners
    assert "left_toes" not in owners


def test_boxes_of_the_configuration_are_drawn(quick_run: RunFolder) -> None:
    motion = motion_file.load(quick_run)
    assert build_shot(motion).scenery == ()
    chair = load(None, {"scene.boxes": [{"position": [0.1, 0.2, 0.2], "half_extents": [0.25, 0.3, 0.2]}]})
    (box,) = build_shot(replace(motion, **motion_file.scenery_arrays(build_scene(chair.scene)))).scenery
    assert (box.kind, box.body) == ("box", -1)
    np.testing.assert_allclose(box.position, [0.1, 0.2, 0.2], atol=1e-6)
    np.testing.assert_allclose(box.size, [0.25, 0.3, 0.2], atol=1e-6)


def test_sizes_are_two_even_numbers() -> None:
    assert parse_size("1280x720") == (1280, 720)
    for text in ("1280", "1280x721", "axb", "0x0", "-2x4", "²x2", "100000x100000", "32x32"):
        with pytest.raises(InputError, match="give two even numbers from 64 to 4096, such as 1280x720"):
            parse_size(text)


def test_an_unfinished_run_cannot_be_rendered(tmp_path: pathlib.Path) -> None:
    (tmp_path / "config.yaml").write_text("clip: builtin:walk")
    with pytest.raises(InputError, match="holds no finished run: there is no motion.npz in it"):
        run(tmp_path, out=None, size=None)
    (tmp_path / "motion.npz").write_text("half of it")
    with pytest.raises(InputError, match="cannot be read, or another version wrote it: make the run again"):
        run(tmp_path, out=None, size=None)


def test_a_failed_rendering_does_not_lose_the_reconstruction(
    quick_config: RunConfig, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*args: object) -> None:
        raise RenderError("the renderer is out of order")

    monkeypatch.setattr(command, "render", fail)
    output = quick_config.output.model_copy(update={"video": True})
    told = "the results are written, but not the video: the renderer is out of order"
    with pytest.warns(ReconstructionWarning, match=told):
        result = reconstruct(quick_config.model_copy(update={"output": output}), folder=tmp_path / "run")
    assert (result.metrics["result"]["mpjpe_g_mm"] or 0.0) > 0
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"config.yaml", "run.yaml", *RESULTS} - {
        "motion.mp4",
        "feedback.npz",
        "overlay.mp4",
    }
    assert capsys.readouterr().err == ""


def test_loading_the_renderer_prints_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", "import viz"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["motion.npz", "walk.gif", "walk", "folder.mp4"])
def test_nothing_but_a_video_is_written_over(quick_run: RunFolder, tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "motion.npz").write_text("mine")
    with pytest.raises(InputError, match="is no name of a video: give a file that ends in .mp4"):
        run(quick_run.path, out=tmp_path / name, size="160x120")
    assert (tmp_path / "motion.npz").read_text() == "mine"
