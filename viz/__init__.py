"""Pictures, videos and plots of reconstructed motions.

A `Shot` describes what to show. `render_frame` and `render_video` draw it.
"""

from viz.errors import RenderError
from viz.shot import Shot
from viz.video import render_frame, render_video

__all__ = ["RenderError", "Shot", "render_frame", "render_video"]
