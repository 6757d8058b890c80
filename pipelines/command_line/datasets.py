"""The commands `diffphy data ...`: what a folder holds of the paper's datasets."""

from typing import Annotated

import typer

from pipelines.command_line.evaluate import Root, Split
from pipelines.settings.recording import Followed

app = typer.Typer(help="Datasets: what a folder holds of them.", no_args_is_help=True, rich_markup_mode="rich")
check_app = typer.Typer(
    help="Say which parts of a dataset are there, which are missing, and where to get them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(check_app, name="check")

Needed = Annotated[
    Followed | None, typer.Option("--input", help="Check only what this input needs; everything if not given.")
]


@check_app.command("human36m", epilog="[bold]Example[/bold]\n\ndiffphy data check human36m --root h36m")
def check_human36m(root: Root, followed: Needed = None) -> None:
    """Human3.6M: its own files, or VideoPose3D's archives. Exits with 1 if the protocol lacks something."""
    from pipelines.evaluation import data_check as command

    command.run_human36m(root, followed)


@check_app.command("aist", epilog="[bold]Example[/bold]\n\ndiffphy data check aist --root aist")
def check_aist(root: Root, followed: Needed = None, split: Split = "paper") -> None:
    """AIST++: its annotations, with or without the videos of AIST. Exits with 1 if the protocol lacks something."""
    from pipelines.evaluation import data_check as command

    command.run_aist(root, followed, split)
