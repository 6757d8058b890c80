"""What the user reads while a command runs: warnings, errors and progress on stderr, results on stdout."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

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


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, float], None]]:
    """Yields a function that shows how many frames of how many are done, and their mean joint error, mm."""
    counts = TextColumn("{task.completed}/{task.total} frames")
    error_so_far = TextColumn("error so far {task.fields[error]}")
    with Progress(TextColumn(what), BarColumn(), counts, error_so_far, TimeRemainingColumn(), console=err) as bar:
        task = bar.add_task(what, total=None, error="-")
        yield lambda done, total, error_mm: bar.update(task, completed=done, total=total, error=f"{error_mm:.1f} mm")
