"""What the user reads while a command runs: warnings, errors and progress on stderr, results on stdout."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


_receiver: ContextVar[Callable[[str], None] | None] = ContextVar("_receiver", default=None)


@contextmanager
def redirected(receive: Callable[[str], None]) -> Iterator[None]:
    """Send warnings to `receive` inside, and draw no bars. With `warn` itself, nothing changes."""
    token = _receiver.set(None if receive is warn else receive)
    try:
        yield
    finally:
        _receiver.reset(token)


def warn(message: str) -> None:
    """Print a warning: something that the user must know, and that does not stop the run."""
    if (receive := _receiver.get()) is not None:
        token = _receiver.set(None)  # a receiver may warn, too
        try:
            receive(message)
        finally:
            _receiver.reset(token)
        return
    err.print(f"[yellow]Warning:[/yellow] {escape(message)}", soft_wrap=True)


def error(message: str) -> None:
    """Print why the command stops."""
    err.print(f"[red]Error:[/red] {escape(message)}", soft_wrap=True)


def say(message: str) -> None:
    """Print what was found or done."""
    out.print(escape(message), soft_wrap=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, float], None]]:
    """Show a progress bar.

    The bar appears with the first report. A command that fails before it fails without a bar.

    Args:
        what: What is going on, such as "simulating".

    Yields:
        The function that reports progress: frames done, frames in all, and their mean joint error so far, mm.
    """
    counts, error = TextColumn("{task.completed}/{task.total} frames"), TextColumn("error so far {task.fields[error]}")
    bar = Progress(TextColumn(what), BarColumn(), counts, error, TimeRemainingColumn(), console=err)
    task = bar.add_task(what, total=None, error="-")

    with ExitStack() as running:

        def report(done: int, total: int, error_mm: float) -> None:
            if not bar.live.is_started:
                running.enter_context(bar)
            bar.update(task, completed=done, total=total, error="-" if math.isnan(error_mm) else f"{error_mm:.1f} mm")

        yield report


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Show a progress bar for work whose end is not known, such as a video of unknown length.

    Args:
        what: What is going on, such as "looking for a person".

    Yields:
        The function that reports how many frames are done.
    """
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.completed} frames"))
    with _bar(*columns) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def drawing(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows how many pictures are drawn, and how many there are to draw."""
    with _bar(TextColumn(what), BarColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _bar(*columns: ProgressColumn) -> Progress:
    """Return a bar that disappears at the end."""
    return Progress(*columns, console=err, transient=True, disable=_receiver.get() is not None)
