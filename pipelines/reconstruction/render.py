"""`diffphy render`: the video of a run, from its motion.npz alone."""

from functools import partial
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from data.clip import InputError
from diffphy.body.humanoid import Geom
from pipelines import terminal
from pipelines.config import VideoSize
from pipelines.reconstruction.measure import joint_errors_mm
from pipelines.reconstruction.motion_file import Motion, body_weight, contact_bodies, load
from pipelines.reconstruction.run_folder import VIDEO, RunFolder
from viz.shot import Shot
from viz.video import render_video

_SIZE = TypeAdapter(VideoSize)
_SIZES = {"capsule": 2, "sphere": 1, "box": 3}  # numbers that a shape's size has


def run(run_path: Path, *, out: Path | None, size: str | None) -> None:
    """Renders the run in a folder, to `out` or its motion.mp4. Raises InputError without a finished run."""
    folder = RunFolder(run_path)
    video_size = folder.config.output.video_size if size is None else parse_size(size)
    path = folder / VIDEO if out is None else out
    if path.suffix.lower() != ".mp4" or (path.exists() and not path.is_file()):
        raise InputError(f"--out {path} is no name of a video: give a file that ends in .mp4")
    render(load(folder), path, video_size)
    terminal.say(f"{path}")


def render(motion: Motion, path: Path, size: tuple[int, int]) -> None:
    """Writes the video of a motion, showing progress. Raises RenderError."""
    columns = (TextColumn("rendering"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal.err, transient=True) as bar:
        show = partial(bar.update, bar.add_task("rendering", total=None))
        render_video(path, shot(motion), size=size, progress=lambda done, total: show(completed=done, total=total))


def shot(motion: Motion) -> Shot:
    """What the video shows: the simulated body, the retargeted recording as its ghost, forces and boxes."""
    return Shot(
        geoms=_geoms(motion),
        body_names=motion["body_names"].tolist(),
        fps=float(motion["fps_hz"]),
        position=motion["body_position_world_m"],
        rotation=motion["body_quat_world_wxyz"],
        reference_position=motion["reference_body_position_world_m"],
        reference_rotation=motion["reference_body_quat_world_wxyz"],
        contact_position=motion["contact_position_world_m"],
        contact_force=motion["contact_force_world_N"],
        contact_group=contact_bodies(motion).tolist(),
        body_weight=body_weight(motion),
        scenery=_scenery(motion),
        error_mm=joint_errors_mm(motion).mean(axis=1),
    )


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from "1280x720". Raises InputError if they are not two even numbers of a video's size."""
    try:
        return _SIZE.validate_python(text)
    except ValidationError as error:
        message = f"--size {text} is no size: give two even numbers from 64 to 4096, such as 1280x720"
        raise InputError(message) from error


def _geoms(motion: Motion) -> list[Geom]:
    keys = ("shape_body", "shape_kind", "shape_size_m", "shape_position_body_frame_m", "shape_quat_body_frame_wxyz")
    return [
        Geom(body=int(body), kind=kind.item(), size=size[: _SIZES[kind]], position=position, quat_wxyz=quat)
        for body, kind, size, position, quat in zip(*(motion[key] for key in keys), strict=True)
    ]


def _scenery(motion: Motion) -> list[Geom]:
    keys = ("scenery_kind", "scenery_size_m", "scenery_position_world_m", "scenery_quat_world_wxyz")
    if not set(keys) <= motion.keys():  # of a version that had none
        return []
    return [
        Geom(body=-1, kind=kind.item(), size=size[: _SIZES[kind]], position=position, quat_wxyz=quat)
        for kind, size, position, quat in zip(*(motion[key] for key in keys), strict=True)
    ]
