import subprocess

import imageio_ffmpeg
import numpy as np
import pytest

from tests.viz.stick_figure import NAMES, shapes, walk
from viz import RenderError, Shot, render_frame, render_video
from viz.encode import write_video

SIZE = (160, 120)


def probe(path) -> tuple[str, np.ndarray]:
    """Return ffmpeg's description of the video stream, and its frames (T, height, width, 3)."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    result = subprocess.run(command, capture_output=True, check=True)
    stream = next(line for line in result.stderr.decode().splitlines() if "Video:" in line)
    return stream, np.frombuffer(result.stdout, np.uint8).reshape(-1, *SIZE[::-1], 3)


def test_video_is_h264_with_the_rendered_frames(tmp_path, shot):
    calls = []
    path = tmp_path / "motion.mp4"
    render_video(path, shot, size=SIZE, progress=lambda done, total: calls.append((done, total)))
    stream, frames = probe(path)
    for fact in ("h264", "yuv420p", "160x120", "30 fps"):
        assert fact in stream
    assert len(frames) == 10
    assert calls == [(n, 10) for n in range(1, 11)]
    difference = frames[7].astype(int) - render_frame(shot, 7, size=SIZE)
    assert np.abs(difference).mean() < 4  # the loss by compression and chroma subsampling
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # browsers can start to play before the file is complete
    assert [file.name for file in tmp_path.iterdir()] == ["motion.mp4"]


def test_fast_motion_is_shown_in_real_time(tmp_path):
    position, rotation = walk(41, 120.0)
    shot = Shot(shapes(), NAMES, 120.0, position, rotation)
    render_video(tmp_path / "a.mp4", shot, size=SIZE)
    stream, frames = probe(tmp_path / "a.mp4")
    assert "30 fps" in stream
    assert len(frames) == 11
    last = frames[-1].astype(int) - render_frame(shot, 40, size=SIZE)
    assert np.abs(last).mean() < 4


def test_failure_keeps_the_old_video_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "motion.mp4"
    path.write_bytes(b"old")

    def frames():
        yield np.zeros((120, 160, 3), np.uint8)
        raise RenderError("no second frame")

    with pytest.raises(RenderError, match="no second frame"):
        write_video(path, frames(), 30.0, SIZE)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_failing_encoder_is_a_render_error(tmp_path, monkeypatch):
    path = tmp_path / "motion.mp4"
    black = [np.zeros((120, 160, 3), np.uint8)]
    with pytest.raises(RenderError, match=r"^ffmpeg could not encode .*motion\.mp4: .+"):
        write_video(path, black, -1.0, SIZE)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(tmp_path / "none"))
    with pytest.raises(RenderError, match=r"^cannot start ffmpeg to encode .*motion\.mp4: .+"):
        write_video(path, black, 30.0, SIZE)
    assert list(tmp_path.iterdir()) == []


def test_paths_and_sizes_that_cannot_be_written(tmp_path, shot):
    with pytest.raises(RenderError, match="cannot write .*No such file or directory; choose a writable folder"):
        render_video(tmp_path / "missing" / "a.mp4", shot, size=SIZE)
    with pytest.raises(RenderError, match="161 x 120 pixels: H.264 needs an even width and height"):
        render_video(tmp_path / "a.mp4", shot, size=(161, 120))
