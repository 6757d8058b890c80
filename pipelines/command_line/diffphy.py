"""The command `diffphy`: what a user can ask for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_line import datasets, entry, evaluate, experiment
from pipelines.command_line.settings_as_options import Config, Overrides, with_settings
from pipelines.exports.registry import EXPORTS

# Physics, optimizers and pictures are imported inside the commands: --help, and who gave a wrong value, must not wait
# for JAX.

app = typer.Typer(
    name="diffphy",
    help="Turns recordings of people into motion that obeys physics.\n\n"
    "Start with [bold]diffphy reconstruct builtin:walk[/bold]. Every command explains itself with --help.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(datasets.app, name="data")
app.add_typer(experiment.app, name="experiment")

MOTION_FILES = "A .bvh, .amc, .c3d, .trc, .glb, .gltf, AMASS or joints .npz, or DeepMimic .json or .txt file"
BUILT_IN = "a built-in clip such as [bold]builtin:walk[/bold]"


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "diffphy reconstruct builtin:walk\n\n"
    "diffphy reconstruct studio.bvh --out runs/studio --height 1.82 --mass 75\n\n"
    "diffphy reconstruct 02_01.amc --asf 02.asf --max-evals 100\n\n"
    "diffphy reconstruct studio.bvh --resume\n\n"
    "diffphy reconstruct walk.mp4 --height 1.72\n\n"
    "diffphy reconstruct trial/videos --camera Calib.toml"
)
@with_settings()
def reconstruct(
    clip: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT",
            help=f"{MOTION_FILES}, a video such as walk.mp4, keypoints as a folder of OpenPose, .json or .npz, a "
            f"folder with a video or keypoints of each of several cameras, or {BUILT_IN}.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; runs/NAME if not given.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the interrupted run in that folder.")] = False,
    *,
    overrides: Overrides,
    config: Config = None,
) -> None:
    """Reconstruct a person's motion from a motion file, a video or keypoints, as a simulation that follows it.

    Weight, joint torques and contact with the ground move the simulated body. Nothing else holds it.

    The run folder holds the motion with its torques and contact forces (motion.npz, motion.bvh), the video, plots,
    metrics.json with the figures before and after, and the config.yaml that reproduces the run.
    """
    from pipelines.reconstruction import reconstruct_command as command

    command.run(out=out, config_file=config, overrides={"clip": clip, **overrides}, resume=resume)


@app.command(epilog="[bold]Example[/bold]\n\ndiffphy render runs/walk --size 1280x720")
def render(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.", show_default=False)],
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Width and height, pixels; the run's if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The video file; RUN/motion.mp4 if not given.")] = None,
) -> None:
    """Render the video of a finished run again: the simulated body, the recording as a ghost, forces as arrows."""
    from pipelines.reconstruction import render as command

    command.run(run, out=out, size=size)


@app.command(
    epilog="[bold]NAME is one of[/bold]\n\n"
    + "".join(f"[bold]{name}[/bold]: {export.summary}\n\n" for name, export in EXPORTS.items())
    + "[bold]Example[/bold]\n\ndiffphy export runs/walk --to csv"
)
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.", show_default=False)],
    to: Annotated[str, typer.Option(metavar="NAME", help="Kind of files, see below.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; RUN/export if not given.", show_default=False)
    ] = None,
) -> None:
    """Write a finished run as files for other tools."""
    from pipelines.exports import export as command

    command.run(run, to=to, out=out)


@app.command(
    epilog="[bold]Examples[/bold]\n\ndiffphy info studio.bvh\n\ndiffphy info builtin:backflip\n\n"
    "diffphy info person.npz\n\ndiffphy info strange.bvh --write-joint-map joints.yaml"
)
@with_settings(
    *(
        "input.asf",
        "input.body_model",
        "input.sequence",
        "input.joint_map",
        "input.up_axis",
        "input.unit",
        "input.fps",
        "input.floor_m",
    ),
    "input.as_is",
)
def info(
    clip: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help=f"{MOTION_FILES}, {BUILT_IN}, a video, keypoints, a calibration of cameras, or the mesh of a body.",
            show_default=False,
        ),
    ],
    write_joint_map: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write which joint is which, to complete by hand.", show_default=False),
    ] = None,
    *,
    overrides: Overrides,
    config: Config = None,
) -> None:
    """Say what is in a motion file and what was detected: rate, joints, unit, up axis, floor, which joint is which.

    For a mesh that --body can take: the mass of each part, beside the mass from the table that it replaces.
    """
    from pipelines import info as command

    command.run(config, {"clip": clip, **overrides}, write_joint_map)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command `diffphy`."""
    entry.run(app, arguments)
