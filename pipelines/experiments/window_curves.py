"""How soon an optimizer solves windows of motion: its lowest loss after each evaluation, and what that costs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from data.clip import InputError
from diffphy.body.average_person import average_person
from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import loss_and_gradient
from optimus import models
from optimus.minimisation import minimise
from optimus.optimizers import Optimizer, get
from pipelines import jax_setup
from pipelines.folder import Folder
from pipelines.optimizers import window_set
from pipelines.optimizers.window_set import WindowSet

_COMPILING = 20  # evaluations on one window before time is taken; a learned optimizer may change its method on the way
_FRAMES = 18  # of a window at the usual rates


@dataclass(frozen=True)
class CurveTask:
    """The curves of one optimizer on a file of windows.

    Attributes:
        windows: The file, of `window_set.save`.
        every: Of the windows, each one of this many is solved.
        optimizer: Name of the optimizer.
        evaluations: Number of evaluations of each window.
        out: The file that the curves are written into, .npz.
        options: Options of the optimizer.
    """

    windows: Path
    every: int
    optimizer: str
    evaluations: int
    out: Path
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Curves:
    """The curves of one optimizer.

    Attributes:
        loss: Lowest loss after each evaluation of each of the W windows.
        cpu_ms: Milliseconds of CPU of an evaluation with all that the optimizer does between two.
    """

    loss: Float[np.ndarray, "W E"]
    cpu_ms: float


def measure(task: CurveTask) -> None:
    """Solve the windows of a task and write the curves. Runs in a process of its own."""
    jax_setup.configure()
    windows = window_set.load(task.windows)
    optimizer, chosen = get(task.optimizer, **task.options), chosen_windows(windows, task.every)
    lowest_losses(optimizer, windows, chosen[:1], _COMPILING)
    start = time.process_time()
    loss = lowest_losses(optimizer, windows, chosen, task.evaluations)
    cpu_ms = 1000.0 * (time.process_time() - start) / loss.size
    with Folder(task.out.parent).writing(task.out.name) as path, path.open("wb") as file:
        np.savez(file, loss=loss, cpu_ms=cpu_ms)


def read(path: Path) -> Curves:
    """Return what `measure` wrote."""
    with np.load(path) as file:
        return Curves(file["loss"], float(file["cpu_ms"]))


def chosen_windows(windows: WindowSet, every: int) -> range:
    """Return the indices of each window of `every`.

    Raises:
        InputError: There are fewer windows than that.
    """
    chosen = range(every // 2, len(windows), every)
    if not chosen:
        raise InputError(f"of {len(windows)} windows none is left: give a smaller number with --every")
    return chosen


def lowest_losses(
    optimizer: Optimizer, windows: WindowSet, chosen: Sequence[int], evaluations: int
) -> Float[np.ndarray, "W E"]:
    """Return the lowest loss after each evaluation."""
    curves = []
    for index in chosen:
        start = np.ravel(windows.guess[index] / windows.unit[0]).astype(np.float32)
        lowest = minimise(_evaluation(windows, index), start, optimizer, max_evals=evaluations).history.best
        curves.append(np.concatenate([lowest, np.full(evaluations - len(lowest), lowest[-1])]))
    return np.array(curves)


def _evaluation(windows: WindowSet, index: int) -> Callable[[Any], tuple[float, np.ndarray]]:
    """Return the loss and gradient of a window in units of its parameters."""
    problem = windows.window(index)
    push = np.zeros((problem.humanoid.bodies + 1, 3), np.float32)
    unit = np.broadcast_to(windows.unit, windows.guess.shape)[0]

    def evaluate(x: Any) -> tuple[float, np.ndarray]:
        offset = (unit * np.asarray(x).reshape(unit.shape)).astype(np.float32)
        (value, _), gradient = loss_and_gradient(problem, Parameters(offset, push))
        return float(value), np.ravel(unit * np.asarray(gradient.offset))

    return evaluate


def step_ms(weights: str | Path) -> float:
    """Return the milliseconds that a learned optimizer takes for a step on the control of a window of 18 frames."""
    model, params = models.load(weights)
    control = jnp.zeros((_FRAMES, len(average_person().joint_names), 3), jnp.float32)
    gradient = jax.random.normal(jax.random.key(0), (control.size,))
    update, state = jax.jit(model.update), model.start(control)
    times = []
    for _ in range(12):
        start = time.perf_counter()
        jax.block_until_ready(update(params, state, gradient, jnp.ravel(control), jnp.ones(())))
        times.append(time.perf_counter() - start)
    return 1000.0 * float(np.median(times[2:]))  # the first ones compile
