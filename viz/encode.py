"""Frames to an H.264 file that browsers play.

imageio-ffmpeg is used because its wheel carries the ffmpeg program with x264, so that nothing has to be installed beside
it, and because ffmpeg runs in a process of its own: frames are encoded while the next ones are rendered.
"""

import os
from collections.abc import Iterable
from contextlib import closing

import imageio_ffmpeg
import numpy as np
from jaxtyping import UInt8

from viz.atomic import atomic_path
from viz.errors import RenderError

QUALITY = "19"  # x264's constant rate factor: about where the eye stops seeing a loss


def write_video(
    path: str | os.PathLike,
    frames: Iterable[UInt8[np.ndarray, "height width 3"]],
    fps: float,
    size: tuple[int, int],
) -> None:
    """Encode RGB frames of `size` (width, height; both even) as H.264, yuv420p, index first; `path` appears when complete.

    Raises:
        RenderError: an odd size, a path that cannot be written, or an encoder that fails.
    """
    if size[0] % 2 or size[1] % 2 or min(size) < 2:
        raise RenderError(f"cannot encode a video of {size[0]} x {size[1]} pixels: H.264 needs an even width and height")
    with atomic_path(path) as temporary:
        try:
            writer = imageio_ffmpeg.write_frames(
                str(temporary),
                size,
                fps=fps,
                codec="libx264",
                pix_fmt_out="yuv420p",
                macro_block_size=2,
                output_params=["-crf", QUALITY, "-preset", "medium", "-movflags", "+faststart", "-f", "mp4"],
                ffmpeg_log_level="error",
            )
            with closing(writer):
                writer.send(None)
                for frame in frames:
                    writer.send(np.ascontiguousarray(frame))
        except (OSError, RuntimeError) as error:
            raise RenderError(f"ffmpeg could not encode {path}: {_last_line(error)}") from error


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
