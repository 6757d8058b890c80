"""From a training configuration to the trainer and its first weights."""

import math
from typing import Any

import optax

from optimus import models
from optimus.adafactor_mlp import AdafactorMLP
from optimus.meta.estimator import Estimator
from optimus.meta.pes import PersistentEvolutionStrategies
from optimus.meta.trainer import Trainer
from optimus.meta.truncated_gradient import TruncatedGradient
from optimus.meta.truncation import ConstantTruncation
from optimus.objective import OptimusError
from optimus.optimus import Optimus
from optimus.quasi_newton_optimus import QuasiNewtonOptimus, profile_from_curvature
from pipelines.optimizers.configs import EstimatorSettings, TrainConfig, TrainingSettings
from pipelines.optimizers.task_families import TASK_FAMILIES
from pipelines.optimizers.window_family import first_profile


def build_trainer(config: TrainConfig) -> Trainer:
    """Return the trainer that the configuration describes.

    Raises:
        OptimusError: Its numbers do not fit together.
    """
    settings = config.training
    return Trainer(
        model=models.make(config.model.kind, config.model.options),
        families=TASK_FAMILIES[config.tasks.family].build_training(config.tasks),
        estimator=_build_estimator(config.estimator),
        optimizer=optax.chain(optax.clip(settings.clip_mean), optax.adam(_learning_rate(settings))),
        particles=settings.particles,
        clip=math.inf if config.estimator.name == "pes" else settings.clip,
        averaging=settings.averaging,
        seed=config.seed,
    )


def load_first_weights(config: TrainConfig, trainer: Trainer) -> dict[str, Any] | None:
    """Return the meta-parameters from which training starts; None for new ones.

    Raises:
        OptimusError: The weights cannot be read, or belong to another model.
    """
    if config.weights is None:
        curvature = first_profile(trainer.families)
        if isinstance(trainer.model, QuasiNewtonOptimus) and curvature is not None:
            return trainer.draw_params() | {"profile": profile_from_curvature(curvature)}
        return None
    model, params = models.load(config.weights)
    ours = trainer.model
    if isinstance(ours, Optimus) and isinstance(model, AdafactorMLP) and model.widths == ours.mlp_widths:
        return trainer.draw_params() | params  # the loaded MLP and decays; the encoders are new
    if model != ours:
        raise OptimusError(f"{config.weights} are weights of {model}, not of {ours}")
    return params


def _build_estimator(settings: EstimatorSettings) -> Estimator:
    schedule = ConstantTruncation(settings.length, settings.horizon)
    if settings.name == "pes":
        return PersistentEvolutionStrategies(schedule, settings.sigma)
    return TruncatedGradient(schedule)


def _learning_rate(settings: TrainingSettings) -> optax.Schedule:
    return optax.warmup_cosine_decay_schedule(
        init_value=settings.learning_rate / (settings.warmup + 1),
        peak_value=settings.learning_rate,
        warmup_steps=settings.warmup,
        decay_steps=max(settings.steps, settings.warmup + 1),
        end_value=0.01 * settings.learning_rate,
    )
