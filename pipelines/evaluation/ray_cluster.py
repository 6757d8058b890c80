"""Reconstruct clips as tasks of a Ray cluster.

Source: Moritz et al., Ray: a distributed framework for emerging AI applications, 2018.

A task works in a folder of its own and returns the files of its run. The machines need no common disk, but each must
have the recordings under the same path.
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
from pipelines.evaluation.clip_task import ClipTask, reconstruct_clip
from pipelines.process_pool import ONE_THREAD, Outcome, describe_failure
from pipelines.reconstruction import run_folder
from pipelines.reconstruction.measure import Metrics
from pipelines.reconstruction.run_folder import METRICS

LOCAL = "local"
ANSWERS_WITHIN_S = 10.0
Files = dict[str, bytes]
"""Name -> content."""


def run_on_cluster(tasks: Mapping[str, ClipTask], address: str) -> Generator[tuple[str, Outcome[Metrics]]]:
    """Yield the name and the outcome of every task, as it ends. The run folders are written on this machine.

    Each task has one core of the cluster. An interrupted run starts from its beginning.

    Args:
        tasks: Name -> task.
        address: The head of the cluster, host:port, or "local" for this machine alone.

    Raises:
        InputError: Ray is not installed, or no cluster answers at that address.
    """
    ray = _connect(address)
    try:
        remote = ray.remote(num_cpus=1, max_retries=1)(_run_in_own_folder)
        waiting = {
            remote.remote(replace(task, config=task.config.with_absolute_paths()), sys.argv): name
            for name, task in tasks.items()
        }
        while waiting:
            (done, *_), _ = ray.wait(list(waiting), num_returns=1)
            name = waiting.pop(done)
            try:
                outcome, files = ray.get(done)
            except ray.exceptions.RayError as error:  # The machine of the task is gone, or out of memory.
                outcome, files = Outcome(failure=describe_failure(error)), {}
            if outcome.failure is None:
                _write(tasks[name], files)
            yield name, outcome
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:
    """Return the module of Ray, connected to a cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = import_module("ray")
    except ImportError:
        raise InputError("--ray needs the package Ray, which is not installed: get it with make cluster") from None
    settings = {"runtime_env": {"env_vars": ONE_THREAD}, "logging_level": "error"}
    if address == LOCAL:
        ray.init(address=LOCAL, include_dashboard=False, **settings)
        return ray
    host, _, port = address.rpartition(":")
    try:
        if host and port.isdecimal():
            socket.create_connection((host, int(port)), ANSWERS_WITHIN_S).close()  # Ray itself would try for minutes.
        ray.init(address=address, **settings)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(
            f"no Ray cluster can be used at {address}: {reason}; give the address of one with --ray"
        ) from None
    return ray


def _run_in_own_folder(task: ClipTask, command: list[str]) -> tuple[Outcome[Metrics], Files]:
    """Return the outcome and the files of a run. Runs on a machine of the cluster.

    Args:
        task: The clip to reconstruct.
        command: The command line on the user's machine, which run.yaml names.
    """
    sys.argv = command
    with tempfile.TemporaryDirectory(prefix="diffphy-") as folder:
        path = Path(folder) / "run"
        try:
            metrics = reconstruct_clip(ClipTask(task.config, path))
        except Exception as error:
            return Outcome(failure=describe_failure(error)), {}
        return Outcome(metrics), {each.name: each.read_bytes() for each in path.iterdir() if each.is_file()}


def _write(task: ClipTask, files: Files) -> None:
    """Write the files of a run. Its metrics come last: they mark it as finished."""
    folder = run_folder.create(task.path, task.config)
    for name in sorted(files, key=lambda name: name == METRICS):
        with folder.writing(name) as path:
            path.write_bytes(files[name])
