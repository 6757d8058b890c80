"""The task family `diffphy_windows`: learned optimizers solve windows of motion, as reconstructions meet them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from diffphy.reconstruction.problem import ReconstructionProblem
from pipelines.optimizers.task_settings import TaskSettings, ValidationSettings
from pipelines.optimizers.window_set import WindowSet, load, window_loss

_STRENGTH_RANGE = 1.5  # factor by which the gains and the mass of a body may differ from the recorded person's


class WindowTaskSettings(TaskSettings):
    """Windows of reconstructed clips, which `optimus windows` collects."""

    file: Path = Field(description="windows to train on")
    cold: float = Field(default=0.1, ge=0, le=1, description="share of starts at which nothing was solved before")
    noise: float = Field(default=0.03, ge=0, description="standard deviation of random changes of half of the starts")
    vary_body: bool = Field(default=True, description="change the gains of the body at random in half of the tasks")


class WindowValidationSettings(ValidationSettings):
    """Windows of other clips, from the starts that they have in use."""

    file: Path = Field(description="windows to validate on; each is a task")
    steps: int = Field(default=12, ge=1, description="steps on each task")


class WindowTask(NamedTuple):
    """The data of a task.

    Attributes:
        leaves: The leaves of the window, which may carry leading axes as a window itself may not.
        guess: Where a reconstruction starts, units.
        lead: Where it starts if nothing was solved before, units.
        unit: Radians of control for one unit of parameter.
    """

    leaves: tuple[Array, ...]
    guess: Float[Array, "F J 3"]
    lead: Float[Array, "F J 3"]
    unit: Float[Array, "1 J 1"]


@dataclass(frozen=True, eq=False)
class WindowFamily:
    """Windows of a set, drawn at random.

    Attributes:
        windows: The set.
        cold: Share of starts at which nothing was solved before.
        noise: Standard deviation of the random changes of half of the starts, units.
        vary_body: Whether to change the gains of the body in half of the tasks.
    """

    windows: WindowSet
    cold: float = 0.0
    noise: float = 0.0
    vary_body: bool = False

    def sample(self, key: Key[Array, ""]) -> WindowTask:
        """Draw a window."""
        for_window, for_body, for_factor = jax.random.split(key, 3)
        index = jax.random.randint(for_window, (), 0, len(self.windows))
        problem = self.windows.window(index)
        if self.vary_body:
            exponent = jax.random.uniform(for_factor, minval=-1.0, maxval=1.0)
            factor = jnp.where(jax.random.bernoulli(for_body), _STRENGTH_RANGE**exponent, 1.0)
            body = problem.humanoid
            problem = replace(problem, humanoid=replace(body, kp=factor * body.kp, kd=factor * body.kd))
        unit = jnp.asarray(self.windows.unit)
        guess, lead = (jnp.asarray(each)[index] / unit for each in (self.windows.guess, self.windows.lead))
        return WindowTask(tuple(map(jnp.asarray, jax.tree.leaves(problem))), guess, lead, unit)

    def start(self, key: Key[Array, ""], data: WindowTask) -> Float[Array, "F J 3"]:
        """Draw a start."""
        for_cold, for_noise, for_change = jax.random.split(key, 3)
        start = jnp.where(jax.random.bernoulli(for_cold, self.cold), data.lead, data.guess)
        size = self.noise * jax.random.bernoulli(for_noise)
        return start + size * jax.random.normal(for_change, start.shape)

    def value(self, data: WindowTask, params: Float[Array, "F J 3"]) -> Float[Array, ""]:
        """Return the DiffPhy loss."""
        return window_loss(self.window(data), data.unit * params)

    def window(self, data: WindowTask) -> ReconstructionProblem:
        """Return the window of a task."""
        return jax.tree.unflatten(jax.tree.structure(self.windows.form), data.leaves)

    def lower_bound(self, data: WindowTask) -> Float[Array, ""]:
        """Return zero: every term of the loss is a square, or positive."""
        del data
        return jnp.zeros(())


def build_training(tasks: WindowTaskSettings) -> Sequence[WindowFamily]:
    """Return the family to train on."""
    return [WindowFamily(_load(tasks.file), tasks.cold, tasks.noise, tasks.vary_body)]


def build_validation(tasks: WindowTaskSettings, validation: WindowValidationSettings) -> dict[str, WindowFamily]:
    """Return the family to validate on."""
    del tasks
    return {"windows": WindowFamily(_load(validation.file))}


@cache
def _load(path: Path) -> WindowSet:
    return load(path)


def first_profile(families: Sequence[Any]) -> Float[np.ndarray, "F F"] | None:
    """Return the curvature in time of the windows that families draw from; None for other families."""
    sets = [family.windows for family in families if isinstance(family, WindowFamily)]
    return np.mean([windows.time_curvature for windows in sets], axis=0) if sets else None
