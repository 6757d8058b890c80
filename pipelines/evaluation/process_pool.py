"""Reconstructions beside each other: a process for each core, or tasks on a Ray cluster."""

import os
import signal
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from data.clip import InputError
from pipelines.config import RunConfig

# Solvers that each use all cores fight for them; with one thread each they do not, and add up in the same order on any
# machine. XLA asks PJRT_NPROC for its number.
ONE_THREAD = {"PJRT_NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Task:
    """A clip to be reconstructed. path: of its run folder. resume: whether to go on with what is in there."""

    config: RunConfig
    path: Path
    resume: bool = False


@dataclass(frozen=True)
class Outcome:
    """The content of a clip's metrics.json, or why there is none."""

    metrics: dict[str, Any] | None = None
    failure: str | None = None


def in_processes(tasks: Mapping[str, Task], jobs: int) -> Generator[tuple[str, Outcome]]:
    """The tasks' names and outcomes as they end, `jobs` at a time. Where it is left early, what still runs is ended."""
    with _environment(ONE_THREAD):
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_the_parent)
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


def run(task: Task) -> dict[str, Any]:
    """Runs in a process of its own, where JAX may start."""
    from pipelines.reconstruction.reconstruct import reconstruct

    return reconstruct(task.config, task.path, resume=task.resume)


def reason(error: BaseException) -> str:
    """Why a clip failed: the sentence for the user, or what went wrong."""
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


def _outcome(future: Future[dict[str, Any]]) -> Outcome:
    error = future.exception()
    return Outcome(metrics=future.result()) if error is None else Outcome(failure=reason(error))


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes started inside."""
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
