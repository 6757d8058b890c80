"""The command `optimus`: learned optimizers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from data.clip import InputError
from pipelines.command_line import entry

# JAX is imported inside the commands: --help must not wait for it. The options are therefore written here, and do not
# follow from `TrainConfig` and `BenchmarkConfig` as those of diffphy follow from `RunConfig`: both need JAX.

app = typer.Typer(
    name="optimus",
    help="Trains learned optimizers, and compares them with classical ones.\n\n"
    "Start with [bold]optimus describe[/bold]. Every command explains itself with --help.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)

CLUSTER = "Several hosts"


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "optimus train --config training.yaml --out runs/training\n\n"
    "optimus train --out runs/training --resume"
)
def train(
    out: Annotated[Path, typer.Option(help="Folder of the run.", show_default=False)],
    config: Annotated[Path | None, typer.Option(help="YAML file with the settings to change.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run from its last checkpoint.")] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="Number of meta-steps.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    devices: Annotated[
        int | None, typer.Option(min=1, help="Number of CPU cores that share the work; one if not given.")
    ] = None,
    coordinator: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Address at which process 0 listens.", rich_help_panel=CLUSTER),
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Number of processes.", rich_help_panel=CLUSTER)] = None,
    process: Annotated[
        int | None, typer.Option(min=0, help="Number of this process, from 0.", rich_help_panel=CLUSTER)
    ] = None,
) -> None:
    """Meta-train a learned optimizer. All devices that JAX sees share the work.

    The folder holds the best weights by validation (weights.safetensors, with their card weights.yaml), the learning
    curves (history.csv, validation.csv), the settings (config.yaml) and a checkpoint.
    """
    from pipelines.optimizers import train as command
    from pipelines.optimizers.cluster import Cluster

    overrides = {"training.steps": steps, "seed": seed}
    cluster = Cluster(devices, coordinator, processes, process)
    command.run(out=out, config_file=config, overrides=overrides, resume=resume, cluster=cluster)


@app.command(
    epilog="[bold]Example[/bold]\n\noptimus windows builtin:walk walking.bvh --out windows.safetensors",
)
def windows(
    clips: Annotated[list[str], typer.Argument(metavar="CLIP...", help="Recordings: files, or builtin:NAME.")],
    out: Annotated[Path, typer.Option(help="The file, .safetensors.", show_default=False)],
    config: Annotated[Path | None, typer.Option(help="YAML file with the settings of the reconstructions.")] = None,
    max_evals: Annotated[int, typer.Option(min=1, help="Evaluations of loss and gradient in each window.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the directions in which curvature is measured.")] = 0,
) -> None:
    """Collect windows of reconstructions. `optimus train` learns on them with the task family diffphy_windows."""
    from pipelines.optimizers import windows as command

    command.run(clips, out=out, config_file=config, overrides={"optimizer.max_evals": max_evals}, seed=seed)


@app.command("benchmark", epilog="[bold]Examples[/bold]\n\noptimus benchmark --quick\n\noptimus benchmark --resume")
def run_benchmark(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the results; results/optimizers, or results/quick with --quick, if not given.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small dimensions and few starts: under two minutes.")] = False,
    config: Annotated[Path | None, typer.Option(help="YAML file with the settings to change.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the interrupted benchmark.")] = False,
    starts: Annotated[int | None, typer.Option(min=1, help="Random starts of each problem.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the random starts.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Number of processes; one for each core if not given.")
    ] = None,
) -> None:
    """Compare optimizers on 15 classical functions in 250, 500 and 1000 dimensions.

    Writes results.json, results.csv, results.md, and figures 1, 3, 4 and 5 of the paper.
    """
    from pipelines.optimizers import benchmark as command
    from pipelines.optimizers.configs import QUICK

    if quick and config is not None:
        raise InputError("--quick has its own settings: give it or --config, not both")
    overrides = {**(QUICK if quick else {}), **{"seed": seed}, **({} if starts is None else {"starts": starts})}
    out = out or Path("results/quick" if quick else "results/optimizers")
    command.run(out=out, config_file=config, overrides=overrides, resume=resume, jobs=jobs)


@app.command(epilog="[bold]Example[/bold]\n\noptimus curves runs/optimus runs/adafactor --out curves.png")
def curves(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of training runs.")],
    out: Annotated[Path, typer.Option(help="The picture.")] = Path("curves.png"),
) -> None:
    """Draw how the validation loss of training runs fell over time."""
    from pipelines.optimizers import curves as command

    command.run(runs, out=out)


@app.command(epilog="[bold]Example[/bold]\n\noptimus describe --json")
def describe(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything, for programs to read.")] = False,
) -> None:
    """List the learned optimizers, their sizes, and how the weights that ship were trained."""
    from pipelines.optimizers import describe as command

    command.run(as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command `optimus`."""
    entry.run(app, arguments)
