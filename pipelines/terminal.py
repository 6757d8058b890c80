"""What the user reads while a command runs: warnings and errors on stderr, results on stdout."""

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def warn(message: str) -> None:
    """Something to know that does not stop the run."""
    err.print(f"[yellow]Warning:[/yellow] {escape(message)}", soft_wrap=True)


def error(message: str) -> None:
    """Why the command stops."""
    err.print(f"[red]Error:[/red] {escape(message)}", soft_wrap=True)


def say(message: str) -> None:
    """What was found or done."""
    out.print(escape(message), soft_wrap=True)
