"""Write frames as an H.264 file that browsers play.

The wheel of imageio-ffmpeg contains the ffmpeg program with x264, so the user installs nothing else. ffmpeg encodes in
its own process while the next frames are rendered. We start it ourselves because imageio-ffmpeg's writer does not
report when ffmpeg fails.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from jaxtyping import UInt8

from viz.atomic import atomic_path
from viz.errors import RenderError

QUALITY = "19"  # x264's constant rate factor: a loss is hardly visible


def write_video(
    path: str | os.PathLike,
    frames: Iterable[UInt8[np.ndarray, "height width 3"]],
    fps: float,
    size: tuple[int, int],
) -> None:
    """Encode RGB frames as H.264, yuv420p. The file appears when it is complete.

    Args:
        path: Path of the video.
        frames: RGB frames.
        fps: Frames a second.
        size: Width and height, pixels, both even.

    Raises:
        RenderError: The size is odd, the path cannot be written, or the encoder fails.
    """
    if size[0] % 2 or size[1] % 2 or min(size) < 2:
        raise RenderError(f"cannot encode {size[0]} x {size[1]} pixels: H.264 needs an even width and height")
    with atomic_path(path) as temporary, tempfile.TemporaryFile() as log:
        try:
            command = _command(temporary, fps, size)
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)
        except (OSError, RuntimeError) as error:
            raise RenderError(f"cannot start ffmpeg to encode {path}: {error}") from error
        try:
            _feed(process, frames)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode != 0:
            log.seek(0)
            complaint = log.read().decode(errors="replace").strip().splitlines() or [f"exit code {process.returncode}"]
            raise RenderError(f"ffmpeg could not encode {path}: {complaint[-1]}")


def _command(path: Path, fps: float, size: tuple[int, int]) -> list[str]:
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", f"{fps:.6g}", "-i", "-"]
    codec = ["-c:v", "libx264", "-crf", QUALITY, "-pix_fmt", "yuv420p"]
    index_first = ["-movflags", "+faststart"]  # browsers can start to play before the file is complete
    return [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *source, *codec, *index_first, "-f", "mp4", str(path)]


def _feed(process: subprocess.Popen[bytes], frames: Iterable[UInt8[np.ndarray, "height width 3"]]) -> None:
    """Send all frames and wait for the end. If ffmpeg stops reading, its exit code tells the caller."""
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            for frame in frames:
                pipe.write(frame.tobytes())
    except BrokenPipeError:
        pass
    process.wait()
