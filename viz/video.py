"""Pictures and videos of simulated motions."""

import os
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import UInt8

from viz.encode import write_video
from viz.errors import RenderError
from viz.frame import FramePainter
from viz.shot import Shot

SIZE = (720, 540)  # pixels
MAX_FPS = 30.0


def render_frame(shot: Shot, frame: int = 0, *, size: tuple[int, int] = SIZE) -> UInt8[np.ndarray, "height width 3"]:
    """Return the picture of one frame of `shot`, RGB.

    Args:
        shot: What to show.
        frame: Index of the frame.
        size: Width and height, pixels.

    Raises:
        RenderError: The shot has no such frame, a shape cannot be drawn, or the renderer fails.
    """
    if not 0 <= frame < len(shot.position):
        raise RenderError(f"cannot render frame {frame}: the shot has frames 0 to {len(shot.position) - 1}")
    with FramePainter(shot, size) as painter:
        return painter.paint(frame)


def render_video(
    path: str | os.PathLike,
    shot: Shot,
    *,
    size: tuple[int, int] = SIZE,
    fps: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write `shot` as an H.264 mp4 that plays in real time. The file appears when it is complete.

    Args:
        path: Path of the video.
        shot: What to show.
        size: Width and height, pixels, both even.
        fps: Frames a second of the video. Each shows the nearest frame of the shot. The default is the shot's rate,
            at most 30.
        progress: Called after each frame with the number of finished frames and their total.

    Raises:
        RenderError: A shape cannot be drawn, the path cannot be written, or the renderer or the encoder fails.
    """
    rate = min(shot.fps, MAX_FPS) if fps is None else fps
    count = 1 + int((len(shot.position) - 1) * rate / shot.fps + 1e-6)
    picked = np.round(np.arange(count) * shot.fps / rate).astype(int).clip(max=len(shot.position) - 1)

    def frames(painter: FramePainter) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        for done, frame in enumerate(picked.tolist(), start=1):
            yield painter.paint(frame)
            if progress is not None:
                progress(done, count)

    with FramePainter(shot, size) as painter:
        write_video(path, frames(painter), rate, size)
