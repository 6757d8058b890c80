"""Options that several commands have: the solver's, and those of an evaluation."""

from pathlib import Path
from typing import Annotated

import typer

RECORDING, CAMERA, PERSON, SOLVER = "The recording", "Videos and keypoints", "The person", "The solver"

Config = Annotated[
    Path | None,
    typer.Option(help="YAML file with any setting, such as the config.yaml of a run.", rich_help_panel=SOLVER),
]
OptimizerName = Annotated[
    str | None,
    typer.Option(help="lbfgs, bfgs, adam, momentum, optimus or adafactor_mlp.", rich_help_panel=SOLVER),
]
MaxEvals = Annotated[
    int | None,
    typer.Option(min=1, help="Evaluations of loss and gradient in each window.", rich_help_panel=SOLVER),
]
Seed = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Of the errors of keypoints (evaluate cmu --input keypoints); the optimizers draw nothing at random.",
        rich_help_panel=SOLVER,
    ),
]
EvaluationFolder = Annotated[
    Path | None, typer.Option(help="Folder of the results; results/SET if not given.", show_default=False)
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Clips at the same time; one for each core if not given.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Keep the clips in that folder that are finished, and go on with the others.")
]
Ray = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Spread the clips over a Ray cluster, a core each: host:port of its head, or local for this machine. In "
        "place of --jobs; needs the package ray.",
        show_default=False,
    ),
]
