"""Tasks in processes of their own. They are functions of the standard library, which a new process imports at once."""

import math
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from data.clip import InputError
from pipelines.folder import check_writable
from pipelines.process_pool import ONE_THREAD, Outcome, describe_failure, run_in_processes

LONG = 60.0  # s; no test waits for it


def end(processes: Sequence[BaseProcess]) -> bool:
    """Return whether all processes end soon. The pool's own thread waits for them too: `join` may return too early."""
    until = time.monotonic() + 10.0
    while running := any(process.is_alive() for process in processes):
        if time.monotonic() > until:
            break
        time.sleep(0.01)
    return not running


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """After every test, no process runs any longer, and the environment is as it was."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    yield
    assert end(active_children())
    assert {name: os.environ.get(name) for name in ONE_THREAD} == before


def test_a_task_that_fails_does_not_lose_the_others() -> None:
    outcomes = dict(run_in_processes(math.sqrt, {"four": 4.0, "minus one": -1.0, "nine": 9.0}, jobs=1))
    assert outcomes == {
        "four": Outcome(2.0),
        "minus one": Outcome(failure="ValueError: math domain error"),
        "nine": Outcome(3.0),
    }


def test_a_failure_is_said_as_the_user_reads_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcomes = dict(run_in_processes(check_writable, {"good": tmp_path / "new", "bad": tmp_path / "file"}, jobs=1))
    assert outcomes["good"] == Outcome()
    assert outcomes["bad"].failure == f"{tmp_path / 'file'} is a file, not a folder: choose another with --out"
    assert describe_failure(InputError("it is bad: repair it")) == "it is bad: repair it"


def test_the_first_failure_ends_all_if_the_caller_wants_it() -> None:
    began = time.monotonic()
    with pytest.raises(ValueError, match="must be non-negative"):
        list(run_in_processes(time.sleep, {"long": LONG, "impossible": -1.0}, jobs=2, stop_at_failure=True))
    assert time.monotonic() - began < LONG / 2


def test_a_caller_who_leaves_early_ends_the_processes() -> None:
    with closing(run_in_processes(time.sleep, {"short": 0.0, "long": LONG, "never begun": LONG}, jobs=2)) as ended:
        assert next(ended) == ("short", Outcome())
        processes = active_children()
        assert len(processes) == 2
    assert end(processes)
    assert -signal.SIGTERM in [process.exitcode for process in processes]


def test_every_process_has_one_thread_and_leaves_ctrl_c_to_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    names = ("PJRT_NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    inside = dict(run_in_processes(os.getenv, {name: name for name in names}, jobs=1))
    assert inside == dict.fromkeys(names, Outcome("1"))
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    (_, handler), *_ = run_in_processes(signal.getsignal, {"handler": signal.SIGINT}, jobs=1)
    assert handler == Outcome(signal.SIG_IGN)
