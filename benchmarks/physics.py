"""Speed of the physics beside MJX, MuJoCo, Pinocchio and Tiny Differentiable Simulator in the same run: `make bench`.

The simulators are timed in turns, so that a change of the machine's speed affects all of them. Figures are medians.
They are printed as a table and written to bench.json.
"""
# pyright: reportAttributeAccessIssue=false
# MuJoCo's names come from compiled modules without stubs.

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from pipelines.jax_setup import configure

configure()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import mujoco  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks import rollouts  # noqa: E402
from benchmarks.linearisation import linearisations  # noqa: E402
from benchmarks.rollouts import RATE, SUBSTEPS, Loss  # noqa: E402
from benchmarks.tinydiffsim import tinydiffsim_step  # noqa: E402
from pipelines.inputs.subject import Subject  # noqa: E402

BATCH_FRAMES = 3  # control frames of a rollout in a batch; more cost the same time per step, and MJX more memory
Task = Callable[[], object]


def in_turns(tasks: Mapping[str, tuple[Task, int]], rounds: int) -> dict[str, float]:
    """Time tasks in turns.

    Args:
        tasks: By name a task, and the number of steps that one call of it makes.
        rounds: Number of calls of each task.

    Returns:
        Median microseconds per step, by name.
    """
    for task, _ in tasks.values():
        task()
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, (task, steps) in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append((time.perf_counter() - start) / steps)
    return {name: 1e6 * float(np.median(values)) for name, values in times.items()}


def losses(subject: Subject, make: Callable[[Subject, int], tuple[Loss, jax.Array]], name: str, batch: int):
    """Return the tasks `..._forward_step_us` and `..._gradient_step_us` of one simulator for one batch size."""
    frames = RATE if batch == 1 else BATCH_FRAMES
    loss, x = make(subject, frames)
    functions = {"forward": loss, "gradient": jax.value_and_grad(loss)}
    if batch > 1:
        x = jnp.broadcast_to(x, (batch, *x.shape))
        functions = {kind: jax.vmap(function) for kind, function in functions.items()}
    prefix = f"{name}batch{batch}_" if batch > 1 else name
    steps = frames * SUBSTEPS * batch

    def task(function: Loss) -> Task:
        compiled = jax.jit(function).lower(x).compile()
        return lambda: jax.block_until_ready(compiled(x))

    return {f"{prefix}{kind}_step_us": (task(function), steps) for kind, function in functions.items()}


def mujoco_step(subject: Subject) -> tuple[Task, int]:
    """Return the task of MuJoCo in C (forward only, one thread), and the number of its steps."""
    model = rollouts.mujoco_model(subject.humanoid)
    steps = RATE * SUBSTEPS

    def task() -> None:
        data = rollouts.mujoco_data(model, subject)
        mujoco.mj_step(model, data, steps)
        if data.warning[mujoco.mjtWarning.mjWARN_BADQACC].number:
            raise RuntimeError("MuJoCo's rollout became unstable and was reset, so its time cannot be compared")

    return task, steps


def compile_times() -> dict[str, float]:
    """Measure the CPU seconds to compile the windows of a default run in a fresh process, without and with a cache."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "benchmarks.compile_time", cache]
        runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(2)]
    cold, cached = (float(run.split()[-1]) for run in runs)
    return {"compile_cold_cpu_s": cold, "compile_cached_cpu_s": cached}


def measure(subject: Subject, rounds: int, batches: tuple[int, ...]) -> dict[str, float]:
    """Measure all figures. Return them by name."""
    figures = compile_times()
    single = losses(subject, rollouts.our_loss, "", 1) | losses(subject, rollouts.mjx_loss, "mjx_", 1)
    single["mujoco_forward_step_us"] = mujoco_step(subject)
    single["pytinydiffsim_forward_step_us"] = tinydiffsim_step(subject.humanoid)
    figures |= in_turns(single | linearisations(subject), rounds)
    for batch in batches:
        tasks = losses(subject, rollouts.our_loss, "", batch) | losses(subject, rollouts.mjx_loss, "mjx_", batch)
        figures |= in_turns(tasks, max(3, rounds // 3))
    for prefix in ("", *(f"batch{batch}_" for batch in batches)):
        for kind in ("forward", "gradient"):
            ratio = figures[f"mjx_{prefix}{kind}_step_us"] / figures[f"{prefix}{kind}_step_us"]
            figures[f"mjx_over_ours_{prefix}{kind}"] = ratio
    return figures


def main() -> None:
    """Measure, print, and write bench.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    parser.add_argument("--rounds", type=int, default=15, help="repetitions of every measurement")
    parser.add_argument("--batches", type=int, nargs="*", default=[32, 128])
    arguments = parser.parse_args()
    figures = measure(rollouts.walker(), arguments.rounds, tuple(arguments.batches))
    table = Table("figure", "value", title="Time of a physics step (batches: a problem and step); medians")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.1f}")
    Console().print(table)
    machine = {"machine": platform.machine(), "processors": os.cpu_count(), "python": platform.python_version()}
    versions = {
        name: version(name) for name in ("jax", "jaxlib", "mujoco", "mujoco-mjx", "pytinydiffsim", "pin", "numpy")
    }
    notes = "MJX with 1 solver and 1 line-search iteration: with more it has no reverse-mode derivative"
    text = json.dumps({**figures, "machine": machine, "versions": versions, "notes": notes}, indent=2)
    arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
