"""`optimus train`: meta-training of a learned optimizer, with checkpoints."""

import csv
import io
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data.clip import InputError
from optimus import models, storage
from optimus.adafactor_mlp import AdafactorMLP
from optimus.meta.estimator import Estimator
from optimus.meta.pes import PersistentEvolutionStrategies
from optimus.meta.task import FunctionFamily
from optimus.meta.trainer import Trainer, TrainingState, learning_curve
from optimus.meta.truncated_gradient import TruncatedGradient
from optimus.objective import OptimusError
from optimus.optimus import Optimus
from pipelines import jax_setup, terminal
from pipelines.optimizers.train_config import TrainConfig
from pipelines.optimizers.train_config import Training as TrainingSettings
from pipelines.reconstruction.run_folder import CONFIG, HISTORY, PROVENANCE, RunFolder, check_replaceable, provenance
from pipelines.settings.read import read

CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "weights.safetensors"
CARD = "weights.yaml"
VALIDATION = "validation.csv"
Row = dict[str, int | float]


@dataclass(frozen=True)
class Cluster:
    """What to train on, where it is not just what JAX sees.

    devices: of each process's CPU. coordinator: "host:port" of process 0, the same for all `processes`; `process`: the
    number of this one.
    """

    devices: int | None = None
    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None

    def join(self) -> None:
        """Sets JAX up, and connects it with the other processes by its own runtime. Raises InputError if it cannot."""
        jax_setup.configure(devices=self.devices)
        given = (self.coordinator, self.processes, self.process)
        if given == (None, None, None):
            return
        if self.coordinator is None or self.processes is None or self.process is None:
            raise InputError("several processes need --coordinator, --processes and --process, all three")
        if self.process >= self.processes:
            raise InputError(f"--process must be below {self.processes}, the number of --processes: it counts from 0")
        try:
            jax.distributed.initialize(self.coordinator, self.processes, self.process)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"cannot join the processes at {self.coordinator}: {error}") from error


def run(
    *, out: Path, config_file: Path | None, overrides: Mapping[str, Any], resume: bool, cluster: Cluster | None = None
) -> None:
    """Trains until the configured number of meta-steps is made; Ctrl-C keeps what there is.

    Raises:
        InputError, OptimusError: configuration, weights, checkpoint or folder cannot be used.
    """
    folder = RunFolder(out)
    if resume and config_file is None:
        config_file = folder.config_file
    config = read(TrainConfig, config_file, overrides)
    (cluster or Cluster()).join()
    training = Training(config, folder, leads=jax.process_index() == 0)
    if resume:
        training.resume()
    else:
        training.start()
    try:
        training.go_on()
    except KeyboardInterrupt:
        training.keep()
        if training.leads:
            terminal.warn(
                f"interrupted after {int(training.state.step)} meta-steps; optimus train --out {out} --resume goes on "
                f"from {'there' if jax.process_count() == 1 else 'the last checkpoint'}"
            )
        raise SystemExit(130) from None
    if training.leads:
        terminal.say(f"Weights, learning curves and configuration are in {out}")


class Training:
    """A training run and its folder. leads: whether this process, of several, writes and speaks."""

    def __init__(self, config: TrainConfig, folder: RunFolder, *, leads: bool):
        self.config, self.folder, self.leads = config, folder, leads
        self.trainer = trainer(config)
        self.state: TrainingState
        self.history: list[Row] = []
        self.validation: list[Row] = []

    def start(self) -> None:
        """Before the first meta-step; what an earlier run left in the folder is removed."""
        first = self._first_weights()  # before anything is removed: they may be an earlier run's in this very folder
        self.state = self.trainer.start(first)
        if self.leads:
            check_replaceable(self.folder.path)
            for stale in (CHECKPOINT, WEIGHTS, CARD, HISTORY, VALIDATION):
                (self.folder / stale).unlink(missing_ok=True)
            self.folder.write_text(CONFIG, self.config.to_yaml())
            self.folder.write_text(PROVENANCE, yaml.safe_dump(provenance(), sort_keys=False))

    def resume(self) -> None:
        """From the checkpoint on. Raises InputError if there is none, or it is of other settings than these."""
        before, training = read(TrainConfig, self.folder.config_file, {}), self.config.training
        longer = {"steps": training.steps, "checkpoint_every": training.checkpoint_every}
        if before.model_copy(update={"training": before.training.model_copy(update=longer)}) != self.config:
            raise InputError(
                f"the run in {self.folder.path} has other settings than these: resume it without --config; only "
                "training.steps and training.checkpoint_every may change"
            )
        path = self.folder / CHECKPOINT
        if not path.is_file():
            raise InputError(f"{self.folder.path} has no checkpoint yet: start it without --resume")
        self.state = self.trainer.placed(storage.load(path, self.trainer.shapes))
        done = int(self.state.step)
        self.history = [row for row in read_rows(self.folder / HISTORY) if row["step"] <= done]
        self.validation = [row for row in read_rows(self.folder / VALIDATION) if row["step"] <= done]
        if self.leads:
            self.folder.write_text(CONFIG, self.config.to_yaml())

    def go_on(self) -> None:
        """To the last meta-step, with a checkpoint and a validation now and then."""
        settings, dimensions = self.config.training, self.config.tasks.dimensions
        begun = time.perf_counter() - (self.history[-1]["seconds"] if self.history else 0.0)
        columns = (
            TextColumn("meta-training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=terminal.err, disable=not self.leads) as bar:
            task = bar.add_task("", total=settings.steps, completed=int(self.state.step), loss="")
            self._catch_up(time.perf_counter() - begun)
            while (step := int(self.state.step)) < settings.steps:
                state, progress = self.trainer.step(self.state)
                row = {
                    "step": step + 1,
                    "seconds": time.perf_counter() - begun,
                    "dimension": dimensions[step % len(dimensions)],
                    "loss": float(progress.loss),
                    "gradient_norm": float(progress.gradient_norm),
                    "non_finite": int(progress.non_finite),
                }
                self.history.append(row)
                self.state = (
                    state  # last: an interruption leaves a row too many, which `keep` removes, but none too few
                )
                if row["non_finite"] and self.leads:
                    bar.print(
                        f"step {step + 1}: {row['non_finite']:.0f} of {settings.particles} particles met a loss "
                        "or a gradient that is not finite"
                    )
                self._catch_up(time.perf_counter() - begun)
                if step + 1 == settings.steps or (step + 1) % settings.checkpoint_every == 0:
                    self._save()
                bar.update(task, completed=step + 1, loss=f"meta-loss {self._recent():.2f}")

    def _catch_up(self, seconds: float) -> None:
        """Validates if it is time to, and has not been done before an interruption."""
        step = int(self.state.step)
        due = step == self.config.training.steps or step % self.config.validation.every == 0
        if due and all(row["step"] != step for row in self.validation):
            self._validate(step, seconds)

    def keep(self) -> None:
        """What an interrupted run has done, unless other processes have to agree on it: then the last checkpoint is."""
        if jax.process_count() == 1:
            done = int(self.state.step)
            self.history = [row for row in self.history if row["step"] <= done]
            self._save()

    def _recent(self) -> float:
        """Mean meta-loss of the last turn through all dimensions."""
        return float(np.mean([row["loss"] for row in self.history[-len(self.config.tasks.dimensions) :]]))

    def _validate(self, step: int, seconds: float) -> None:
        """Adds a row, and keeps the weights if they are the best so far."""
        settings, tasks = self.config.validation, self.config.tasks
        params = jax.tree.map(jnp.asarray, jax.device_get(self.state.average))
        row: Row = {"step": step, "seconds": seconds}
        for dimension in settings.dimensions:
            family = FunctionFamily(dimension, tuple(tasks.functions), tasks.offset, tasks.stretch)
            losses = learning_curve(
                self.trainer.model, params, family, jax.random.key(1), tasks=settings.tasks, steps=settings.steps
            )
            row[f"last_{dimension}"] = float(losses[:, -1].mean())
            row[f"mean_{dimension}"] = float(losses.mean())
        row["loss"] = float(np.mean([row[f"mean_{dimension}"] for dimension in settings.dimensions]))
        best = min((earlier["loss"] for earlier in self.validation), default=math.inf)
        self.validation.append(row)
        if self.leads and row["loss"] < best:
            with self.folder.writing(WEIGHTS) as path:
                models.save(path, self.trainer.model, params)
            self.folder.write_text(CARD, yaml.safe_dump(self._card(row), sort_keys=False))

    def _save(self) -> None:
        whole = self.trainer.gathered(self.state)
        if self.leads:
            with self.folder.writing(CHECKPOINT) as path:
                storage.save(path, whole)
            self.folder.write_text(HISTORY, _csv(self.history))
            self.folder.write_text(VALIDATION, _csv(self.validation))

    def _card(self, row: Row) -> dict[str, Any]:
        """What made the weights."""
        return {
            "step": int(row["step"]),
            "seconds": round(row["seconds"]),
            "validation": {name: round(value, 3) for name, value in row.items() if name not in ("step", "seconds")},
            "devices": [str(device) for device in jax.devices()],
            **provenance(),
            "config": self.config.model_dump(mode="json"),
        }

    def _first_weights(self) -> dict[str, Any] | None:
        if self.config.weights is None:
            return None
        model, params = models.load(self.config.weights)
        ours = self.trainer.model
        if isinstance(ours, Optimus) and isinstance(model, AdafactorMLP) and model.widths == ours.mlp_widths:
            return self.trainer.start().params | params  # its MLP and decays; the encoders are new
        if model != ours:
            raise OptimusError(f"{self.config.weights} are weights of {model}, not of {ours}")
        return params


def trainer(config: TrainConfig) -> Trainer:
    """What the configuration describes. Raises OptimusError where its numbers do not go together."""
    settings = config.training
    tasks, names = config.tasks, tuple(config.tasks.functions)
    families = [FunctionFamily(n, names, tasks.offset, tasks.stretch) for n in tasks.dimensions]
    return Trainer(
        model=models.make(config.model.kind, config.model.options),
        families=families,
        estimator=_estimator(config),
        optimizer=optax.chain(optax.clip(settings.clip_mean), optax.adam(_schedule(settings))),
        particles=settings.particles,
        clip=math.inf if config.estimator.name == "pes" else settings.clip,
        averaging=settings.averaging,
        seed=config.seed,
    )


def _schedule(settings: TrainingSettings) -> optax.Schedule:
    return optax.warmup_cosine_decay_schedule(
        init_value=settings.learning_rate / (settings.warmup + 1),
        peak_value=settings.learning_rate,
        warmup_steps=settings.warmup,
        decay_steps=max(settings.steps, settings.warmup + 1),
        end_value=0.01 * settings.learning_rate,
    )


def _estimator(config: TrainConfig) -> Estimator:
    settings = config.estimator
    if settings.name == "pes":
        return PersistentEvolutionStrategies(settings.length, settings.horizon, settings.sigma)
    return TruncatedGradient(settings.length, settings.horizon)


def _csv(rows: list[Row]) -> str:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def read_rows(path: Path) -> list[Row]:
    """The rows of a history; none where there is no file. Raises InputError where they are no numbers."""
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {name: int(text) if text.isdecimal() else float(text) for name, text in row.items()}
                for row in csv.DictReader(file)
            ]
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}; delete it, only curves are lost") from None
