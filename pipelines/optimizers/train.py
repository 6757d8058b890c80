"""`optimus train`: meta-training of a learned optimizer, with checkpoints."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data.clip import InputError
from optimus import models, storage
from optimus.learned import number_of_parameters
from optimus.meta.task import parameter_shapes
from optimus.meta.trainer import TrainingState, learning_curve
from pipelines import terminal
from pipelines.folder import CONFIG, PROVENANCE, Folder, check_replaceable, provenance
from pipelines.optimizers.build_trainer import build_trainer, load_first_weights
from pipelines.optimizers.cluster import Cluster
from pipelines.optimizers.configs import TrainConfig, read_train_config
from pipelines.optimizers.task_families import TASK_FAMILIES
from pipelines.optimizers.training_log import HISTORY, VALIDATION, Row, format_rows, read_rows

CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "weights.safetensors"
CARD = "weights.yaml"


def run(
    *, out: Path, config_file: Path | None, overrides: Mapping[str, Any], resume: bool, cluster: Cluster | None = None
) -> None:
    """Train until the configured number of meta-steps is made. Ctrl-C keeps what is done.

    Args:
        out: Folder of the run.
        config_file: YAML file of settings; None for the defaults, or with `resume` for those of the run.
        overrides: Dotted keys of the configuration -> values that replace those of the file; None for "not given".
        resume: Go on from the last checkpoint.
        cluster: The devices to train on; those that JAX sees if None.

    Raises:
        InputError: The configuration or the folder cannot be used.
        OptimusError: The weights, the checkpoint or the settings of a model cannot be used.
    """
    folder = Folder(out)
    if resume and config_file is None:
        config_file = folder.config_file
    config = read_train_config(config_file, overrides)
    (cluster or Cluster()).join()
    training = TrainingRun(config, folder, leads=jax.process_index() == 0)
    if resume:
        training.resume()
    else:
        training.start()
    try:
        training.continue_to_end()
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


class TrainingRun:
    """A training and its folder.

    Attributes:
        config: The settings.
        folder: Where checkpoint, weights and learning curves go.
        leads: Whether this process, of several, writes files and messages.
        state: What changes during training.
        history: One row for each meta-step.
        validation: One row for each validation.
    """

    def __init__(self, config: TrainConfig, folder: Folder, *, leads: bool):
        self.config, self.folder, self.leads = config, folder, leads
        self.state: TrainingState
        self.history: list[Row] = []
        self.validation: list[Row] = []
        self._trainer = build_trainer(config)
        self._dimensions = [number_of_parameters(parameter_shapes(family)) for family in self._trainer.families]
        entry = TASK_FAMILIES[config.tasks.family]
        self._validation_families = entry.build_validation(config.tasks, config.validation)

    def start(self) -> None:
        """Prepare the first meta-step. Removes the files of an earlier run in the folder."""
        first = load_first_weights(self.config, self._trainer)  # before they are removed, if they are of this folder
        self.state = self._trainer.start(first)
        if self.leads:
            check_replaceable(self.folder.path)
            for stale in (CHECKPOINT, WEIGHTS, CARD, HISTORY, VALIDATION):
                (self.folder / stale).unlink(missing_ok=True)
            self.folder.write_text(CONFIG, self.config.to_yaml())
            self.folder.write_text(PROVENANCE, yaml.safe_dump(provenance(), sort_keys=False))

    def resume(self) -> None:
        """Read the checkpoint of the folder.

        Raises:
            InputError: There is none, or it was made with other settings than these.
        """
        before, training = read_train_config(self.folder.config_file, {}), self.config.training
        longer = {"steps": training.steps, "checkpoint_every": training.checkpoint_every}
        if before.model_copy(update={"training": before.training.model_copy(update=longer)}) != self.config:
            raise InputError(
                f"the run in {self.folder.path} has other settings than these: resume it without --config; only "
                "training.steps and training.checkpoint_every may change"
            )
        path = self.folder / CHECKPOINT
        if not path.is_file():
            raise InputError(f"{self.folder.path} has no checkpoint yet: start it without --resume")
        self.state = self._trainer.place(storage.load(path, self._trainer.shapes))
        done = int(self.state.step)
        self.history = [row for row in read_rows(self.folder / HISTORY) if row["step"] <= done]
        self.validation = [row for row in read_rows(self.folder / VALIDATION) if row["step"] <= done]
        if self.leads:
            self.folder.write_text(CONFIG, self.config.to_yaml())

    def continue_to_end(self) -> None:
        """Make the remaining meta-steps. Writes checkpoints and validates at the configured intervals."""
        settings = self.config.training
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
            self._validate_if_due(time.perf_counter() - begun)
            while (step := int(self.state.step)) < settings.steps:
                state, report = self._trainer.step(self.state)
                row = {
                    "step": step + 1,
                    "seconds": time.perf_counter() - begun,
                    "dimension": self._dimensions[step % len(self._dimensions)],
                    "loss": float(report.loss),
                    "gradient_norm": float(report.gradient_norm),
                    "non_finite": int(report.non_finite),
                }
                self.history.append(row)
                # Last: an interruption before this line leaves one row too many, which `keep` removes, never too few.
                self.state = state
                if row["non_finite"] and self.leads:
                    bar.print(
                        f"step {step + 1}: {row['non_finite']:.0f} of {settings.particles} particles met a loss "
                        "or a gradient that is not finite"
                    )
                self._validate_if_due(time.perf_counter() - begun)
                if step + 1 == settings.steps or (step + 1) % settings.checkpoint_every == 0:
                    self._save()
                bar.update(task, completed=step + 1, loss=f"meta-loss {self._recent_loss():.2f}")

    def keep(self) -> None:
        """Save an interrupted run. With several processes the last checkpoint stays: they cannot agree on another."""
        if jax.process_count() == 1:
            done = int(self.state.step)
            self.history = [row for row in self.history if row["step"] <= done]
            self._save()

    def _recent_loss(self) -> float:
        """Return the mean meta-loss of the last turn of every family."""
        return float(np.mean([row["loss"] for row in self.history[-len(self._dimensions) :]]))

    def _validate_if_due(self, seconds: float) -> None:
        """Validate at this meta-step if it is time to, and if it was not done before an interruption."""
        step = int(self.state.step)
        due = step == self.config.training.steps or step % self.config.validation.every == 0
        if due and all(row["step"] != step for row in self.validation):
            self._validate(step, seconds)

    def _validate(self, step: int, seconds: float) -> None:
        """Add a row, and keep the weights if they are the best so far."""
        settings = self.config.validation
        params = jax.tree.map(jnp.asarray, jax.device_get(self.state.average))
        row: Row = {"step": step, "seconds": seconds}
        for label, family in self._validation_families.items():
            losses = learning_curve(
                self._trainer.model, params, family, jax.random.key(1), tasks=settings.tasks, steps=settings.steps
            )
            row[f"last_{label}"] = float(losses[:, -1].mean())
            row[f"mean_{label}"] = float(losses.mean())
        row["loss"] = float(np.mean([row[f"mean_{label}"] for label in self._validation_families]))
        best = min((earlier["loss"] for earlier in self.validation), default=math.inf)
        self.validation.append(row)
        if self.leads and row["loss"] < best:
            with self.folder.writing(WEIGHTS) as path:
                models.save(path, self._trainer.model, params, self.config.tasks.family)
            self.folder.write_text(CARD, yaml.safe_dump(self._card(row), sort_keys=False))

    def _save(self) -> None:
        """Write checkpoint and learning curves. All processes must call it."""
        whole = self._trainer.gather(self.state)
        if self.leads:
            with self.folder.writing(CHECKPOINT) as path:
                storage.save(path, whole)
            self.folder.write_text(HISTORY, format_rows(self.history))
            self.folder.write_text(VALIDATION, format_rows(self.validation))

    def _card(self, row: Row) -> dict[str, Any]:
        """Return the card of the weights: what made them, and their validation."""
        return {
            "step": int(row["step"]),
            "seconds": round(row["seconds"]),
            "validation": {name: round(value, 3) for name, value in row.items() if name not in ("step", "seconds")},
            "devices": [str(device) for device in jax.devices()],
            **provenance(),
            "config": self.config.model_dump(mode="json"),
        }
