"""The commands for the datasets of the paper: what of them is there, and the evaluation on them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_line.options import Config, EvaluationFolder, Jobs, MaxEvals, OptimizerName, Ray, Resume

app = typer.Typer(help="Datasets: what a folder holds of them.", no_args_is_help=True, rich_markup_mode="rich")
check_app = typer.Typer(
    help="Say what of a dataset is there, what is missing, and where it is to be had.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(check_app, name="check")


class What(StrEnum):
    """What of a sequence a reconstruction is given."""

    MOCAP, KEYPOINTS, VIDEO = "mocap", "keypoints", "video"


Root = Annotated[Path, typer.Option(help="The folder that holds the dataset.", show_default=False)]
Input = Annotated[
    What,
    typer.Option(
        "--input",
        help="What is followed: the motion capture itself, or keypoints or the video of one camera, whose lens and "
        "place are known, and the motion capture is only what the result is compared with.",
    ),
]
Needed = Annotated[What | None, typer.Option("--input", help="Only what this needs; all if not given.")]
Camera = Annotated[str | None, typer.Option(help="Whose keypoints or video; the protocol's if not given.")]
Split = Annotated[
    str, typer.Option(help="paper for the fifteen dances of DiffPhy, or a list in the annotations' folder splits.")
]


@check_app.command("human36m", epilog="[bold]Example[/bold]\n\ndiffphy data check human36m --root h36m")
def check_human36m(root: Root, followed: Needed = None) -> None:
    """Human3.6M: its own files, or VideoPose3D's archives. Exits with 1 if the protocol lacks something."""
    from pipelines.evaluation import data_check as command

    command.run_human36m(root, None if followed is None else followed.value)


@check_app.command("aist", epilog="[bold]Example[/bold]\n\ndiffphy data check aist --root aist")
def check_aist(root: Root, followed: Needed = None, split: Split = "paper") -> None:
    """AIST++: its annotations, with or without the videos of AIST. Exits with 1 if the protocol lacks something."""
    from pipelines.evaluation import data_check as command

    command.run_aist(root, None if followed is None else followed.value, split)


def evaluate_human36m(
    root: Root,
    followed: Input = What.MOCAP,
    camera: Camera = None,
    keypoints: Annotated[
        str | None,
        typer.Option(metavar="DETECTOR", help="Whose keypoints: gt of data_2d_h36m_gt.npz; the best if not given."),
    ] = None,
    out: EvaluationFolder = None,
    optimizer: OptimizerName = None,
    max_evals: MaxEvals = None,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Human3.6M's test subjects at 25 fps: 20 sequences as motion capture, or 39 by one camera."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    clips = clip_set.human36m_clips(root, followed.value, camera, keypoints)
    overrides = {"optimizer.name": optimizer, "optimizer.max_evals": max_evals}
    command.run(clips, command.EvaluationOptions(out, config, overrides, jobs, ray, resume))


def evaluate_aist(
    root: Root,
    followed: Input = What.MOCAP,
    camera: Camera = None,
    split: Split = "paper",
    out: EvaluationFolder = None,
    optimizer: OptimizerName = None,
    max_evals: MaxEvals = None,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Dances of AIST++ at 30 fps."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    clips = clip_set.aist_clips(root, followed.value, camera, split)
    overrides = {"optimizer.name": optimizer, "optimizer.max_evals": max_evals}
    command.run(clips, command.EvaluationOptions(out, config, overrides, jobs, ray, resume))


def add_evaluations(evaluate_app: typer.Typer) -> None:
    """Adds the datasets to `diffphy evaluate`."""
    evaluate_app.command(
        "human36m",
        epilog="[bold]Examples[/bold]\n\ndiffphy evaluate human36m --root h36m\n\n"
        "diffphy evaluate human36m --root h36m --input keypoints --resume",
    )(evaluate_human36m)
    evaluate_app.command("aist", epilog="[bold]Example[/bold]\n\ndiffphy evaluate aist --root aist")(evaluate_aist)
