"""Reconstructions as tasks of a Ray cluster (Moritz et al., Ray: a distributed framework for emerging AI applications,
2018).

A task works in a folder of its own and returns the files of its run: the machines need no disk in common but for the
recordings, which must be under the same path on each of them.
"""

import os
import socket
import sys
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from data.clip import InputError
from pipelines.evaluation.process_pool import ONE_THREAD, Outcome, Task, reason, run
from pipelines.reconstruction import run_folder
from pipelines.reconstruction.run_folder import METRICS

LOCAL = "local"
ANSWERS_WITHIN_S = 10.0
Files = dict[str, bytes]


def on_cluster(tasks: Mapping[str, Task], address: str) -> Generator[tuple[str, Outcome]]:
    """The tasks' names and outcomes as they end, each on one core of the cluster; the run folders are written here.

    Args:
        tasks: by name; one that is half done is begun anew.
        address: of the cluster's head, host:port, or "local" for this machine alone.

    Raises:
        InputError: Ray is not installed, or there is no cluster at that address.
    """
    ray = _connected(address)
    try:
        remote = ray.remote(num_cpus=1, max_retries=1)(_in_own_folder)
        waiting = {
            remote.remote(replace(task, config=task.config.with_absolute_paths()), sys.argv): name
            for name, task in tasks.items()
        }
        while waiting:
            (done, *_), _ = ray.wait(list(waiting), num_returns=1)
            name = waiting.pop(done)
            try:
                outcome, files = ray.get(done)
            except ray.exceptions.RayError as error:  # the task's machine is gone, or out of memory
                outcome, files = Outcome(failure=reason(error)), {}
            if outcome.metrics is not None:
                _write(tasks[name], files)
            yield name, outcome
    finally:
        ray.shutdown()


def _connected(address: str) -> Any:
    """Ray, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = import_module("ray")
    except ImportError:
        raise InputError("Ray is not installed, which --ray needs: get it with make cluster") from None
    settings = {"runtime_env": {"env_vars": ONE_THREAD}, "logging_level": "error"}
    if address == LOCAL:
        ray.init(address=LOCAL, include_dashboard=False, **settings)
        return ray
    host, _, port = address.rpartition(":")
    try:
        if host and port.isdecimal():
            socket.create_connection((host, int(port)), ANSWERS_WITHIN_S).close()  # Ray itself would try for minutes
        ray.init(address=address, **settings)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"no Ray cluster can be used at {address}: {said}; give its address with --ray") from None
    return ray


def _in_own_folder(task: Task, command: list[str]) -> tuple[Outcome, Files]:
    """Runs on a machine of the cluster: the outcome, and the files of the run by name."""
    sys.argv = command  # what run.yaml names
    with tempfile.TemporaryDirectory(prefix="diffphy-") as folder:
        path = Path(folder) / "run"
        try:
            metrics = run(Task(task.config, path))
        except Exception as error:
            return Outcome(failure=reason(error)), {}
        return Outcome(metrics=metrics), {each.name: each.read_bytes() for each in path.iterdir() if each.is_file()}


def _write(task: Task, files: Files) -> None:
    """The files of a run, its metrics last: with them it is finished."""
    folder = run_folder.create(task.path, task.config)
    for name in sorted(files, key=lambda name: name == METRICS):
        with folder.writing(name) as path:
            path.write_bytes(files[name])
