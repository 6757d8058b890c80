"""The commands `diffphy experiment ...`: the paper's tables and figures of windows of motion, on our data."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_line.settings_as_options import Config, Jobs

# Physics and optimizers are imported inside the commands: --help must not wait for JAX.

app = typer.Typer(
    help="Repeat the experiments of the Optimus paper, on the built-in clips or on recordings of your own.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_FOLDER = "Folder of .bvh and .amc files, searched with its subfolders; built-in clips if not given."

Out = Annotated[
    Path | None, typer.Option(help="Folder of the results; results/EXPERIMENT if not given.", show_default=False)
]
InDomain = Annotated[
    Path | None, typer.Option(help=f"Motion like that of the training: walks. {_FOLDER}", show_default=False)
]
OutOfDomain = Annotated[Path | None, typer.Option(help=f"Other motion. {_FOLDER}", show_default=False)]
Limit = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="Use only the first seconds of each clip, which must have so many; all if not given."
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        help="Folder of runs of optimus train, each with the name of its weights, such as optimus_paper_walk. "
        "Rows whose weights neither ship nor lie there are left out.",
        show_default=False,
    ),
]
Rows = Annotated[str | None, typer.Option(metavar="NAME,...", help="Only these rows; all if not given.")]
Resume = Annotated[bool, typer.Option("--resume", help="Keep what is finished in that folder, and go on.")]


@app.command(
    epilog="[bold]Examples[/bold]\n\ndiffphy experiment table1\n\n"
    "diffphy experiment table1 --in-domain recordings/walks --out-of-domain recordings/jumps --limit 3"
)
def table1(
    in_domain: InDomain = None,
    out_of_domain: OutOfDomain = None,
    weights: Weights = None,
    limit: Limit = None,
    rows: Rows = None,
    out: Out = None,
    config: Config = None,
    jobs: Jobs = None,
    resume: Resume = False,
) -> None:
    """Table 1: BFGS, Adafactor MLP and Optimus, in and out of domain, at several numbers of evaluations."""
    from pipelines.experiments import table
    from pipelines.experiments.methods import TABLE_1

    folders = {"in_domain": in_domain, "out_of_domain": out_of_domain}
    options = table.TableOptions(out or Path("results/table1"), folders, weights, limit, config, jobs, resume)
    table.run(TABLE_1, _names(rows), options)


@app.command(
    epilog="[bold]Examples[/bold]\n\ndiffphy experiment table4\n\n"
    "diffphy experiment table4 --weights runs --rows optimus_paper,optimus_walk"
)
def table4(
    in_domain: InDomain = None,
    weights: Weights = None,
    limit: Limit = None,
    rows: Rows = None,
    out: Out = None,
    config: Config = None,
    jobs: Jobs = None,
    resume: Resume = False,
) -> None:
    """Table 4: Optimus without parts of it, with the stopping criterion, at fixed evaluations, with basin-hopping."""
    from pipelines.experiments import table
    from pipelines.experiments.methods import TABLE_4

    folders = {"in_domain": in_domain}
    options = table.TableOptions(out or Path("results/table4"), folders, weights, limit, config, jobs, resume)
    table.run(TABLE_4, _names(rows), options)


@app.command(
    epilog="[bold]Examples[/bold]\n\ndiffphy experiment figure6 --every 4\n\n"
    "diffphy experiment figure6 --training runs/optimus --training runs/mlp --in-domain recordings/walks"
)
def figure6(
    in_domain: InDomain = None,
    out_of_domain: OutOfDomain = None,
    weights: Weights = None,
    training: Annotated[
        list[Path] | None,
        typer.Option(metavar="RUN", help="Folder of a run of optimus train, for the left panel; several if repeated."),
    ] = None,
    methods: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="Only these methods; all if not given.")
    ] = None,
    evaluations: Annotated[int, typer.Option(min=10, help="Evaluations of each window.")] = 50,
    every: Annotated[int, typer.Option(min=1, help="Solve every Nth window.")] = 1,
    limit: Limit = None,
    out: Out = None,
    config: Config = None,
    jobs: Jobs = None,
    resume: Resume = False,
) -> None:
    """Figure 6: validation loss over meta-training, and loss over evaluations in and out of domain.

    It also counts the evaluations that each method takes to what L-BFGS reaches, and the windows where it ends above.
    """
    from pipelines.experiments import figure6

    figure6.run(
        figure6.Figure6Options(
            out=out or Path("results/figure6"),
            folders={"in_domain": in_domain, "out_of_domain": out_of_domain},
            trainings=weights,
            training=training or (),
            methods=_names(methods),
            evaluations=evaluations,
            every=every,
            limit_s=limit,
            config_file=config,
            jobs=jobs,
            resume=resume,
        )
    )


def _names(text: str | None) -> list[str] | None:
    """Return the names in a list with commas."""
    return None if text is None else [name.strip() for name in text.split(",")]
