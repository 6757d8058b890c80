"""How soon optimizers solve windows of motion: `python -m benchmarks.window_optimizers WINDOWS... --every 4`.

The windows are files of `optimus windows`. Every method gets the same windows and the same number of evaluations. The
first is the yardstick: the others are counted to the losses that it reaches. Printed, and written to
bench_windows.json.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import loss_and_gradient
from optimus.minimisation import minimise
from optimus.optimizers import Optimizer, get
from pipelines.jax_setup import configure
from pipelines.optimizers import window_set
from pipelines.optimizers.window_set import WindowSet

EVALUATIONS = (3, 5, 8, 10, 15, 20, 30, 40, 50, 60, 100)
YARDSTICKS = (10, 20, 30, 50, 100)
METHODS = ("lbfgs", "bfgs", "adam", "profile", "optimus")


def build(method: str, weights: str) -> Optimizer:
    """Return a method. "profile" is L-BFGS with the profile of the weights alone."""
    if method == "profile":
        return get("optimus", weights=weights, learned_steps=0)
    if method == "adam":
        return get("adam", learning_rate=0.03)
    return get("optimus", weights=weights) if method == "optimus" else get(method)


def evaluation_of(windows: WindowSet, index: int) -> Callable[[Any], tuple[float, np.ndarray]]:
    """Return the loss and gradient of a window in units of its parameters."""
    problem = windows.window(index)
    push = np.zeros((problem.humanoid.bodies + 1, 3), np.float32)
    unit = np.broadcast_to(windows.unit, windows.guess.shape)[0]

    def evaluate(x: Any) -> tuple[float, np.ndarray]:
        offset = (unit * np.asarray(x).reshape(unit.shape)).astype(np.float32)
        (value, _), gradient = loss_and_gradient(problem, Parameters(offset, push))
        return float(value), np.ravel(unit * np.asarray(gradient.offset))

    return evaluate


def best_losses(optimizer: Optimizer, windows: WindowSet, chosen: Sequence[int], evaluations: int) -> np.ndarray:
    """Return the lowest loss after each evaluation, (windows, evaluations)."""
    curves = []
    for index in chosen:
        start = np.ravel(windows.guess[index] / windows.unit[0]).astype(np.float32)
        best = minimise(evaluation_of(windows, index), start, optimizer, max_evals=evaluations).history.best
        curves.append(np.concatenate([best, np.full(evaluations - len(best), best[-1])]))
    return np.array(curves)


def measure(windows: WindowSet, every: int, evaluations: int, methods: Sequence[str], weights: str) -> dict[str, Any]:
    """Return the figures of every method."""
    chosen = range(every // 2, len(windows), every)
    optimizers = {method: build(method, weights) for method in methods}
    for optimizer in optimizers.values():  # compile
        best_losses(optimizer, windows, chosen[:1], 4)
    results: dict[str, Any] = {"windows": [windows.names[index] for index in chosen]}
    yardstick: np.ndarray | None = None
    for method, optimizer in optimizers.items():
        start = time.process_time()
        curves = best_losses(optimizer, windows, chosen, evaluations)
        seconds = time.process_time() - start
        yardstick = curves if yardstick is None else yardstick
        reached = {k: _evaluations_to(curves, yardstick[:, k - 1]) for k in YARDSTICKS if k <= evaluations}
        shares = np.exp(np.mean(np.log(curves / curves[:, :1]), axis=0))
        results[method] = {
            "loss_over_start": {k: float(shares[k - 1]) for k in EVALUATIONS if k <= evaluations},
            "evaluations_to_yardstick": {k: float(np.median(each)) for k, each in reached.items()},
            "never": {k: int(np.isinf(each).sum()) for k, each in reached.items()},
            "cpu_ms_an_evaluation": 1000 * seconds / curves.size,
        }
    return results


def _evaluations_to(curves: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return how many evaluations each window takes to a value; infinity if it never reaches it."""
    there = curves <= values[:, None]
    return np.where(there.any(axis=1), there.argmax(axis=1) + 1.0, np.inf)


def step_time(weights: str) -> float:
    """Return the milliseconds of a learned step."""
    optimizer: Any = get("optimus", weights=weights)
    state = optimizer.model.start(jnp.zeros(optimizer.model.dimension))
    x = jax.random.normal(jax.random.key(0), (optimizer.model.dimension,))
    update = jax.jit(optimizer.model.update)
    times = []
    for _ in range(50):
        start = time.perf_counter()
        jax.block_until_ready(update(optimizer.meta_parameters, state, x, x, jnp.ones(())))
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("windows", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every Nth window")
    parser.add_argument("--evaluations", type=int, default=60)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--weights", default="optimus_walk")
    parser.add_argument("--out", type=Path, default=Path("bench_windows.json"))
    arguments = parser.parse_args()
    configure()
    methods = arguments.methods.split(",")
    results: dict[str, Any] = {"learned_step_ms": step_time(arguments.weights)}
    for path in arguments.windows:
        found = measure(window_set.load(path), arguments.every, arguments.evaluations, methods, arguments.weights)
        results[path.stem] = found
        _print(path.stem, found, methods)
        arguments.out.write_text(json.dumps(results, indent=2), encoding="utf-8")
    print(f"a learned step takes {results['learned_step_ms']:.1f} ms")


def _print(name: str, found: dict[str, Any], methods: Sequence[str]) -> None:
    table = Table(title=f"{name}: {len(found['windows'])} windows")
    shown = list(found[methods[0]]["loss_over_start"])
    steps = list(found[methods[0]]["evaluations_to_yardstick"])
    for column in ("", *map(str, shown), *(f"to {methods[0]} {k}" for k in steps), "CPU ms"):
        table.add_column(column, justify="right")
    for method in methods:
        row = found[method]
        losses = (f"{value:.3f}" for value in row["loss_over_start"].values())
        reached = (f"{value:g}" for value in row["evaluations_to_yardstick"].values())
        table.add_row(method, *losses, *reached, f"{row['cpu_ms_an_evaluation']:.1f}")
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
