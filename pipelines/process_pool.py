"""Run tasks beside each other, in a process for each core."""

import os
import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from typing import Generic, TypeVar

from data.clip import InputError

Task = TypeVar("Task")
Result = TypeVar("Result")

# Solvers that each use all cores slow each other down. With one thread each they do not, and they add numbers in the
# same order on any machine. XLA reads its number of threads from PJRT_NPROC.
ONE_THREAD = {"PJRT_NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """How a task ended.

    Attributes:
        result: What the function returned. None if the task failed.
        failure: Why the task failed. None if it did not.
    """

    result: Result | None = None
    failure: str | None = None


def run_in_processes(
    function: Callable[[Task], Result], tasks: Mapping[str, Task], jobs: int, *, stop_at_failure: bool = False
) -> Generator[tuple[str, Outcome[Result]]]:
    """Yield the name and the outcome of every task, as it ends.

    If the caller leaves early, also by Ctrl-C, the running processes are ended.

    Args:
        function: What to do with a task. A new process imports it, so it is defined at the top of a module.
        tasks: Name -> task.
        jobs: How many run at the same time.
        stop_at_failure: Whether the first task that fails ends all others, and its error is raised.
    """
    with _environment(ONE_THREAD):
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
        futures = {pool.submit(function, task): name for name, task in tasks.items()}
        try:
            for future in as_completed(futures):
                yield futures[future], Outcome(future.result()) if stop_at_failure else _outcome(future)
            pool.shutdown()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                process.terminate()
            raise


def describe_failure(error: BaseException) -> str:
    """Return why a task failed: the sentence for the user, or the type of an error that nobody expected."""
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


def _outcome(future: Future[Result]) -> Outcome[Result]:
    error = future.exception()
    return Outcome(future.result()) if error is None else Outcome(failure=describe_failure(error))


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent, which ends the processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that start inside."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
