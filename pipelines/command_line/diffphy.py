"""The command line: what a user can ask for, and how it fails."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_line import datasets, entry
from pipelines.command_line.options import (
    CAMERA,
    PERSON,
    RECORDING,
    Config,
    EvaluationFolder,
    Jobs,
    MaxEvals,
    OptimizerName,
    Ray,
    Resume,
    Seed,
)

# Physics, optimizers and pictures are imported inside the commands: --help must not wait for JAX.

app = typer.Typer(
    name="diffphy",
    help="Turns recordings of people into motion that obeys physics.\n\n"
    "Start with [bold]diffphy reconstruct builtin:walk[/bold]. Every command explains itself with --help.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
evaluate_app = typer.Typer(
    help="Reconstruct a whole set of clips and tabulate the metrics of each, and their mean.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(datasets.app, name="data")
datasets.add_evaluations(evaluate_app)


class UpAxis(StrEnum):
    """The axis of a file's world that points up."""

    X, Y, Z = "x", "y", "z"


class Followed(StrEnum):
    """What of a recording a reconstruction is given."""

    MOCAP, KEYPOINTS = "mocap", "keypoints"


class CameraSet(StrEnum):
    """Cameras whose place and lens are known."""

    HUMAN36M = "human36m"


class Unit(StrEnum):
    """Units of length in motion files."""

    M, CM, MM, INCH, CMU = "m", "cm", "mm", "inch", "cmu"


_INPUT = typer.Argument(
    metavar="INPUT",
    help="A .bvh, .amc, .c3d, AMASS .npz or DeepMimic .json or .txt file, or a built-in clip such as "
    "[bold]builtin:walk[/bold].",
    show_default=False,
)
_RECORDED = typer.Argument(
    metavar="INPUT",
    help="A .bvh, .amc, .c3d, AMASS .npz or DeepMimic .json or .txt file, a video such as walk.mp4, keypoints as a "
    "folder of OpenPose, .json or .npz, or a built-in clip such as [bold]builtin:walk[/bold].",
    show_default=False,
)
Clip = Annotated[str, _INPUT]
OptionalClip = Annotated[str | None, _RECORDED]
JointMap = Annotated[
    Path | None,
    typer.Option(help="For an unknown rig: YAML lines such as 'left_knee: LeftLeg'.", rich_help_panel=RECORDING),
]
Asf = Annotated[
    Path | None, typer.Option(help="Skeleton of an .amc file, if it is not beside it.", rich_help_panel=RECORDING)
]
BodyModelFile = Annotated[
    Path | None,
    typer.Option(
        "--body-model",
        help="SMPL, SMPL-H or SMPL-X model (.npz, .pkl) that goes with an .npz file of AMASS.",
        rich_help_panel=RECORDING,
    ),
]
UpAxisOption = Annotated[
    UpAxis | None, typer.Option(help="Up axis of the file, if detected wrongly.", rich_help_panel=RECORDING)
]
Units = Annotated[
    Unit | None, typer.Option(help="Unit of length in the file, if detected wrongly.", rich_help_panel=RECORDING)
]
Fps = Annotated[
    float | None,
    typer.Option(
        metavar="HZ",
        help="Frames a second, in place of the file's own; of .amc files, which have none, 120 is assumed.",
        rich_help_panel=RECORDING,
    ),
]
Floor = Annotated[
    float | None,
    typer.Option(
        help="Height of the floor in the world of the file, or of a camera with a pose, m, if detected wrongly.",
        rich_help_panel=RECORDING,
    ),
]
Start = Annotated[float | None, typer.Option(help="Take the motion from this time on, s.", rich_help_panel=RECORDING)]
End = Annotated[float | None, typer.Option(help="Take the motion up to this time, s.", rich_help_panel=RECORDING)]
Crop = Annotated[
    str | None,
    typer.Option(
        metavar="LEFT,TOP,RIGHT,BOTTOM",
        help="Pixels inside which the person is, where others are to be seen.",
        rich_help_panel=CAMERA,
    ),
]
Fov = Annotated[
    float | None,
    typer.Option(
        metavar="DEGREES",
        help="Angle that the longer side of the pictures spans; 60 if not given.",
        rich_help_panel=CAMERA,
    ),
]
CameraFile = Annotated[
    Path | None,
    typer.Option("--camera", help="The camera's file, as OpenCV, Pose2Sim or AIST++ write it.", rich_help_panel=CAMERA),
]
CameraName = Annotated[
    str | None, typer.Option(help="Which camera of that file, where it has several.", rich_help_panel=CAMERA)
]
CameraUp = Annotated[
    str | None,
    typer.Option(
        metavar="AXIS",
        help="x, y, z, -x, -y or -z: the axis of that file's world that points up; its pose is taken then.",
        rich_help_panel=CAMERA,
    ),
]
CameraUnit = Annotated[
    float | None,
    typer.Option(metavar="METRES", help="Unit of length of that file; 1 if not given.", rich_help_panel=CAMERA),
]
Person = Annotated[
    int | None,
    typer.Option(help="Which person of several in keypoints; 1 is the most prominent.", rich_help_panel=CAMERA),
]
ImageSize = Annotated[
    str | None,
    typer.Option(metavar="WxH", help="Of the pictures that keypoints were found in, pixels.", rich_help_panel=CAMERA),
]
FilmFile = Annotated[
    Path | None,
    typer.Option("--film", help="The video that keypoints were found in, to be drawn over.", rich_help_panel=CAMERA),
]


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "diffphy reconstruct builtin:walk\n\n"
    "diffphy reconstruct studio.bvh --out runs/studio --height 1.82 --mass 75\n\n"
    "diffphy reconstruct 02_01.amc --asf 02.asf --max-evals 100\n\n"
    "diffphy reconstruct studio.bvh --resume\n\n"
    "diffphy reconstruct walk.mp4 --height 1.72"
)
def reconstruct(
    clip: OptionalClip = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; runs/NAME if not given.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the interrupted run in that folder.")] = False,
    video: Annotated[bool | None, typer.Option("--video/--no-video", help="Render motion.mp4.")] = None,
    side_by_side: Annotated[
        bool | None,
        typer.Option(
            "--side-by-side",
            help="overlay.mp4 with the keypoints, the body over them, and the body from the side.",
            rich_help_panel=CAMERA,
        ),
    ] = None,
    joint_map: JointMap = None,
    asf: Asf = None,
    body_model: BodyModelFile = None,
    up_axis: UpAxisOption = None,
    units: Units = None,
    fps: Fps = None,
    floor: Floor = None,
    start: Start = None,
    end: End = None,
    crop: Crop = None,
    fov: Fov = None,
    camera: CameraFile = None,
    camera_name: CameraName = None,
    camera_up: CameraUp = None,
    camera_unit: CameraUnit = None,
    person: Person = None,
    image_size: ImageSize = None,
    film: FilmFile = None,
    height: Annotated[
        float | None, typer.Option(help="Height, m; estimated from the legs if not given.", rich_help_panel=PERSON)
    ] = None,
    mass: Annotated[
        float | None, typer.Option(help="Mass, kg; that of an average build if not given.", rich_help_panel=PERSON)
    ] = None,
    body: Annotated[
        Path | None,
        typer.Option(
            metavar="MESH",
            help="Watertight mesh of the person, with a name on every part, to take the masses from.",
            rich_help_panel=PERSON,
        ),
    ] = None,
    optimizer: OptimizerName = None,
    max_evals: MaxEvals = None,
    seed: Seed = None,
    config: Config = None,
) -> None:
    """Simulate the person in a motion file, a video or keypoints: one motion that follows, nothing holding the root.

    The run folder holds the motion with its torques and contact forces (motion.npz, motion.bvh), the video, plots,
    metrics.json with the figures before and after, and the config.yaml that reproduces the run.
    """
    from pipelines.reconstruction import reconstruct_command as command

    overrides = {
        "clip": clip,
        "seed": seed,
        "input.joint_map": joint_map,
        "input.asf": asf,
        "input.body_model": body_model,
        "input.up_axis": up_axis,
        "input.unit": units,
        "input.fps": fps,
        "input.floor_m": floor,
        "input.start_s": start,
        "input.end_s": end,
        "input.crop": None if crop is None else command.parse_crop(crop),
        "camera.file": camera,
        "camera.name": camera_name,
        "camera.fov_deg": fov,
        "camera.up": camera_up,
        "camera.unit_m": camera_unit,
        "input.person": person,
        "input.image_size": None if image_size is None else command.parse_image_size(image_size),
        "input.film": film,
        "body.height_m": height,
        "body.mass_kg": mass,
        "body.mesh": body,
        "optimizer.name": optimizer,
        "optimizer.max_evals": max_evals,
        "output.video": video,
        "output.side_by_side": side_by_side,
    }
    command.run(out=out, config_file=config, overrides=overrides, resume=resume)


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
    epilog="[bold]Examples[/bold]\n\ndiffphy info studio.bvh\n\ndiffphy info builtin:backflip\n\n"
    "diffphy info person.npz"
)
def info(
    clip: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A .bvh, .amc, .c3d, AMASS .npz or DeepMimic .json or .txt file, a built-in clip such as "
            "[bold]builtin:walk[/bold], a video, keypoints, or the mesh of a body.",
            show_default=False,
        ),
    ],
    joint_map: JointMap = None,
    asf: Asf = None,
    body_model: BodyModelFile = None,
    up_axis: UpAxisOption = None,
    units: Units = None,
    fps: Fps = None,
    floor: Floor = None,
) -> None:
    """Say what is in a motion file and what was detected: rate, joints, unit, up axis, floor, which joint is which.

    Of a mesh for --body: the mass of each part, beside that of the table which it replaces.
    """
    from pipelines import info as command

    overrides = {
        "clip": clip,
        "input.joint_map": joint_map,
        "input.asf": asf,
        "input.body_model": body_model,
        "input.up_axis": up_axis,
        "input.unit": units,
        "input.fps": fps,
        "input.floor_m": floor,
    }
    command.run(overrides)


@evaluate_app.command("builtin", epilog="[bold]Example[/bold]\n\ndiffphy evaluate builtin --max-evals 20")
def evaluate_builtin(
    out: EvaluationFolder = None,
    walker: Annotated[bool, typer.Option("--walker", help="The five walker clips too.")] = False,
    optimizer: OptimizerName = None,
    max_evals: MaxEvals = None,
    seed: Seed = None,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """The fifteen humanoid clips that are built in."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    overrides = {"optimizer.name": optimizer, "optimizer.max_evals": max_evals, "seed": seed}
    options = command.EvaluationOptions(out, config, overrides, jobs, ray, resume)
    command.run(clip_set.builtin_clips(walker), options)


@evaluate_app.command(
    "cmu",
    epilog="[bold]Examples[/bold]\n\ndiffphy evaluate cmu --root recordings/cmu\n\n"
    "diffphy evaluate cmu --root recordings/cmu --input keypoints --cameras human36m",
)
def evaluate_cmu(
    root: Annotated[Path, typer.Option(help="Folder of .bvh and .amc files, searched with its subfolders.")],
    followed: Annotated[
        Followed,
        typer.Option(
            "--input",
            help="keypoints: what a made-up detector sees of the recording through a camera, with noise, losses and "
            "swapped sides, and a rough motion in space; the recording is what the result is compared with.",
        ),
    ] = Followed.MOCAP,
    cameras: Annotated[CameraSet, typer.Option(help="Through whose cameras keypoints are seen.")] = CameraSet.HUMAN36M,
    out: EvaluationFolder = None,
    optimizer: OptimizerName = None,
    max_evals: MaxEvals = None,
    seed: Seed = None,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Recordings of the CMU Graphics Lab Motion Capture Database, or any other BVH and AMC files in a folder."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    overrides = {"optimizer.name": optimizer, "optimizer.max_evals": max_evals, "seed": seed}
    clips = clip_set.cmu_clips(root, cameras if followed is Followed.KEYPOINTS else None)
    command.run(clips, command.EvaluationOptions(out, config, overrides, jobs, ray, resume))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `diffphy`."""
    entry.run(app, arguments)
