"""Pictures, videos and plots of reconstructed motions.

A `Shot` describes what to show. `render_frame` and `render_video` draw it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viz.errors import RenderError
    from viz.shot import Shot
    from viz.video import render_frame, render_video

__all__ = ["RenderError", "Shot", "render_frame", "render_video"]

# Imported when first used: the renderer and matplotlib, which makes a folder of its own, are not needed for the shapes
# of a scene or an atomic file.
_HOMES = {
    "RenderError": "viz.errors",
    "Shot": "viz.shot",
    "render_frame": "viz.video",
    "render_video": "viz.video",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
