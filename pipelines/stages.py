"""The CPU time of a run, by stage."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

OTHER = "other"

_open: ContextVar["_Clock | None"] = ContextVar("_open", default=None)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._since = OTHER, cpu_seconds()

    def switch(self, stage: str) -> str:
        """Count the time since the last switch to the stage that ends, and return that stage."""
        before, now = self._stage, cpu_seconds()
        self.seconds[before] = self.seconds.get(before, 0.0) + now - self._since
        self._stage, self._since = stage, now
        return before


def cpu_seconds() -> float:
    """Return the CPU time of this process, all its threads, and the processes that it waited for, s."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Yield a dictionary that has the CPU seconds of each stage inside when the block ends, and those of `OTHER`."""
    clock = _Clock()
    token = _open.set(clock)
    try:
        yield clock.seconds
    finally:
        clock.switch(OTHER)
        _open.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the CPU time inside for a stage, without that of stages inside. It also decorates functions."""
    clock = _open.get()
    if clock is None:
        yield
        return
    outer = clock.switch(name)
    try:
        yield
    finally:
        clock.switch(outer)
