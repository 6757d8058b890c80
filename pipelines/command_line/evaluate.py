"""The commands `diffphy evaluate ...`: one for each set of clips."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.command_line.settings_as_options import (
    Config,
    EvaluationFolder,
    Jobs,
    Overrides,
    Ray,
    Resume,
    with_settings,
)
from pipelines.settings.recording import Followed

# Physics and optimizers are imported inside the commands: --help must not wait for JAX.

app = typer.Typer(
    help="Reconstruct a whole set of clips and tabulate the metrics of each, and their mean.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Root = Annotated[Path, typer.Option(help="The folder that holds the dataset.", show_default=False)]
Input = Annotated[
    Followed,
    typer.Option(
        "--input",
        help="What is followed: the motion capture itself, or the keypoints or the video of one camera, whose lens and "
        "place are known. The result is always compared with the motion capture.",
    ),
]
Camera = Annotated[
    str | None, typer.Option(help="The camera whose keypoints or video are followed; the protocol's if not given.")
]
Split = Annotated[
    str, typer.Option(help="paper for the fifteen dances of DiffPhy, or a list in the annotations' folder splits.")
]


@app.command("builtin", epilog="[bold]Example[/bold]\n\ndiffphy evaluate builtin --max-evals 20")
@with_settings("seed", "optimizer.name", "optimizer.quality", "optimizer.max_evals")
def evaluate_builtin(
    out: EvaluationFolder = None,
    walker: Annotated[bool, typer.Option("--walker", help="The five walker clips too.")] = False,
    *,
    overrides: Overrides,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """The fifteen humanoid clips that are built in."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    options = command.EvaluationOptions(out, config, overrides, jobs, ray, resume)
    command.run(clip_set.builtin_clips(walker), options)


@app.command(
    "cmu",
    epilog="[bold]Examples[/bold]\n\ndiffphy evaluate cmu --root recordings/cmu\n\n"
    "diffphy evaluate cmu --root recordings/cmu --input keypoints --cameras human36m",
)
@with_settings("seed", "optimizer.name", "optimizer.quality", "optimizer.max_evals")
def evaluate_cmu(
    root: Annotated[Path, typer.Option(help="Folder of .bvh and .amc files, searched with its subfolders.")],
    followed: Annotated[
        Literal["mocap", "keypoints"],
        typer.Option(
            "--input",
            help="keypoints: what a made-up detector sees of the recording through a camera, with noise, losses and "
            "swapped sides, and a rough motion in space. The result is compared with the recording.",
        ),
    ] = "mocap",
    cameras: Annotated[
        Literal["human36m"], typer.Option(help="The cameras through which keypoints are seen.")
    ] = "human36m",
    out: EvaluationFolder = None,
    *,
    overrides: Overrides,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Recordings of the CMU Graphics Lab Motion Capture Database, or any other BVH and AMC files in a folder."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    clips = clip_set.cmu_clips(root, cameras if followed == "keypoints" else None)
    command.run(clips, command.EvaluationOptions(out, config, overrides, jobs, ray, resume))


@app.command(
    "human36m",
    epilog="[bold]Examples[/bold]\n\ndiffphy evaluate human36m --root h36m\n\n"
    "diffphy evaluate human36m --root h36m --input keypoints --resume",
)
@with_settings("optimizer.name", "optimizer.quality", "optimizer.max_evals")
def evaluate_human36m(
    root: Root,
    followed: Input = "mocap",
    camera: Camera = None,
    keypoints: Annotated[
        str | None,
        typer.Option(
            metavar="DETECTOR",
            help="The archive of keypoints: gt for data_2d_h36m_gt.npz; the best detector's if not given.",
        ),
    ] = None,
    out: EvaluationFolder = None,
    *,
    overrides: Overrides,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Human3.6M's test subjects at 25 fps: 20 sequences as motion capture, or 39 by one camera."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    clips = clip_set.human36m_clips(root, followed, camera, keypoints)
    command.run(clips, command.EvaluationOptions(out, config, overrides, jobs, ray, resume))


@app.command("aist", epilog="[bold]Example[/bold]\n\ndiffphy evaluate aist --root aist")
@with_settings("optimizer.name", "optimizer.quality", "optimizer.max_evals")
def evaluate_aist(
    root: Root,
    followed: Input = "mocap",
    camera: Camera = None,
    split: Split = "paper",
    out: EvaluationFolder = None,
    *,
    overrides: Overrides,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Dances of AIST++ at 30 fps."""
    from pipelines.evaluation import clip_set
    from pipelines.evaluation import evaluate as command

    clips = clip_set.aist_clips(root, followed, camera, split)
    command.run(clips, command.EvaluationOptions(out, config, overrides, jobs, ray, resume))


@app.command("video", epilog="[bold]Example[/bold]\n\ndiffphy evaluate video --root films")
@with_settings("optimizer.name", "optimizer.quality", "optimizer.max_evals")
def evaluate_video(
    root: Annotated[
        Path,
        typer.Option(
            help="Folder with a subfolder for each film: film.mp4 and joints.npz and, if there are any, the plates' "
            "grf.mot and the settings film.yaml.",
            show_default=False,
        ),
    ],
    out: EvaluationFolder = None,
    *,
    overrides: Overrides,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Films of which the truth is known: joints from markers, force plates, and what other systems found."""
    from pipelines.evaluation import evaluate, evaluate_films

    evaluate_films.run(root, evaluate.EvaluationOptions(out, config, overrides, jobs, ray, resume))


@app.command("forces", epilog="[bold]Example[/bold]\n\ndiffphy evaluate forces --root gait")
@with_settings("optimizer.name", "optimizer.quality", "optimizer.max_evals", "body.mass_kg")
def evaluate_forces(
    root: Annotated[
        Path,
        typer.Option(
            help="Folder, searched with its subfolders: C3D files with force plates, and TRC files with NAME_grf.mot "
            "beside them. NAME.yaml can hold the settings of a recording.",
            show_default=False,
        ),
    ],
    out: EvaluationFolder = None,
    *,
    overrides: Overrides,
    config: Config = None,
    jobs: Jobs = None,
    ray: Ray = None,
    resume: Resume = False,
) -> None:
    """Recordings with force plates: the ground force of every step, beside the plates and the recording alone."""
    from pipelines.evaluation import evaluate, evaluate_forces

    evaluate_forces.run(root, evaluate.EvaluationOptions(out, config, overrides, jobs, ray, resume))
