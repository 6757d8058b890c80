"""Reconstruct clips beside each other, in a process for each core."""

import os
import signal
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path

from data.clip import InputError
from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.reconstruction.measure import Metrics

# Solvers that each use all cores slow each other down. With one thread each they do not, and they add numbers in the
# same order on any machine. XLA reads its number of threads from PJRT_NPROC.
ONE_THREAD = {"PJRT_NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Task:
    """A clip to reconstruct.

    Attributes:
        config: What to do.
        path: The run folder.
        resume: Whether to go on with the run in that folder.
    """

    config: RunConfig
    path: Path
    resume: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a task ended. One of the two is None.

    Attributes:
        metrics: The content of metrics.json.
        failure: Why the clip failed.
    """

    metrics: Metrics | None = None
    failure: str | None = None


def run_in_processes(tasks: Mapping[str, Task], jobs: int) -> Generator[tuple[str, Outcome]]:
    """Yield the name and the outcome of every task, as it ends.

    If the caller leaves early, also by Ctrl-C, the running processes are ended.

    Args:
        tasks: Name -> task.
        jobs: How many run at the same time.
    """
    with _environment(ONE_THREAD):
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
        futures = {pool.submit(run, task): name for name, task in tasks.items()}
        try:
            for future in as_completed(futures):
                yield futures[future], _outcome(future)
            pool.shutdown()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                process.terminate()
            raise


def run(task: Task) -> Metrics:
    """Reconstruct a clip. Runs in a process of its own, where JAX may start."""
    from pipelines.reconstruction.reconstruct import reconstruct

    return reconstruct(task.config, folder=task.path, resume=task.resume, warn=terminal.warn).metrics


def describe_failure(error: BaseException) -> str:
    """Return why a clip failed: the sentence for the user, or the type of an error that nobody expected."""
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


def _outcome(future: Future[Metrics]) -> Outcome:
    error = future.exception()
    return Outcome(metrics=future.result()) if error is None else Outcome(failure=describe_failure(error))


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
