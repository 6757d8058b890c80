"""`diffphy render`: draw the video of a run, from its motion.npz alone."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from data.clip import InputError
from pipelines import terminal
from pipelines.config import VideoSize
from pipelines.reconstruction.body_of_motion import body_shapes, scenery_shapes
from pipelines.reconstruction.motion_file import load
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import VIDEO, RunFolder
from viz.shot import Shot
from viz.video import render_video

_SIZE = TypeAdapter(VideoSize)


def run(run_path: Path, *, out: Path | None, size: str | None) -> None:
    """Render the finished run in a folder.

    Args:
        run_path: The folder of the run.
        out: The video file. None: motion.mp4 in that folder.
        size: Width and height, such as "1280x720". None: those of the run.

    Raises:
        InputError: There is no finished run, or `out` or `size` cannot be used.
        RenderError: The video cannot be drawn or written.
    """
    folder = RunFolder(run_path)
    video_size = folder.config.output.video_size if size is None else parse_size(size)
    path = folder / VIDEO if out is None else out
    if path.suffix.lower() != ".mp4" or (path.exists() and not path.is_file()):
        raise InputError(f"--out {path} is no name of a video: give a file that ends in .mp4")
    render(load(folder), path, video_size)
    terminal.say(f"{path}")


def render(motion: ReconstructedMotion, path: Path, size: tuple[int, int]) -> None:
    """Write the video of a motion, with a progress bar on the terminal.

    Args:
        motion: What is drawn.
        path: The video file.
        size: Width and height, pixels.

    Raises:
        RenderError: The video cannot be drawn or written.
    """
    with terminal.drawing("rendering") as progress:
        render_video(path, build_shot(motion), size=size, progress=progress)


def build_shot(motion: ReconstructedMotion) -> Shot:
    """Return what the video shows: the simulated body, the retargeted recording as its ghost, forces and boxes."""
    return Shot(
        geoms=body_shapes(motion),
        body_names=motion.body_names.tolist(),
        fps=float(motion.fps_hz),
        position=motion.body_position_world_m,
        rotation=motion.body_quat_world_wxyz,
        reference_position=motion.reference_body_position_world_m,
        reference_rotation=motion.reference_body_quat_world_wxyz,
        contact_position=motion.contact_position_world_m,
        contact_force=motion.contact_force_world_N,
        contact_group=motion.contact_bodies.tolist(),
        body_weight=motion.body_weight,
        scenery=scenery_shapes(motion),
        error_mm=motion.joint_errors_mm.mean(axis=1),
    )


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height from a text such as "1280x720".

    Raises:
        InputError: They are not two even numbers in the range of a video's size.
    """
    try:
        return _SIZE.validate_python(text)
    except ValidationError as error:
        message = f"--size {text} is no size: give two even numbers from 64 to 4096, such as 1280x720"
        raise InputError(message) from error
