"""The settings of `optimus train` and `optimus benchmark`."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, create_model, model_validator

from optimus.benchmark import DIMENSIONS
from optimus.functions import FUNCTIONS
from pipelines.optimizers.task_families import (
    TASK_FAMILIES,
    Dimension,
    Dimensions,
    FunctionNames,
    TaskFamilyEntry,
)
from pipelines.optimizers.task_settings import TaskSettings, ValidationSettings
from pipelines.settings.read import read
from pipelines.settings.section import Section


class ModelSettings(Section):
    """The learned optimizer. `options` are the fields of its class in `optimus`."""

    kind: Literal["optimus", "adafactor_mlp", "quasi_newton_optimus"] = "optimus"
    options: dict[str, Any] = Field(default_factory=dict)


class EstimatorSettings(Section):
    """How the meta-gradient is estimated."""

    name: Literal["truncated_gradient", "pes"] = "truncated_gradient"
    length: int = Field(default=20, ge=1, description="steps of a truncation")
    horizon: int = Field(default=100, ge=1, description="steps of an episode, a multiple of length")
    sigma: float = Field(default=0.01, gt=0, description="standard deviation of the perturbations of pes")


class TrainingSettings(Section):
    """Adam. Its learning rate rises over `warmup` steps, then falls to a hundredth along half a cosine."""

    steps: int = Field(default=2000, ge=1, description="meta-steps")
    particles: int = Field(default=16, ge=1, description="episodes at the same time, of each family")
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup: int = Field(default=50, ge=0)
    clip: float = Field(
        default=1.0,
        gt=0,
        description="largest norm of a particle's gradient by truncated_gradient. Most gradients are larger, so that "
        "a particle tells the direction rather than the length. Gradients by pes are not clipped: it would bias them",
    )
    clip_mean: float = Field(default=3.0, gt=0, description="largest component of the particles' mean gradient")
    averaging: float = Field(default=0.99, ge=0, lt=1, description="decay of the average that is validated and kept")
    checkpoint_every: int = Field(default=50, ge=1)


class TrainConfig(Section):
    """Everything that training depends on.

    `read_train_config` makes objects whose `tasks` and `validation` have the settings of the task family.
    """

    model: ModelSettings = ModelSettings()
    weights: Path | None = Field(
        default=None,
        description="weights to start from: of this model or, for Optimus, of an Adafactor MLP whose MLP is the same; "
        "new ones if null",
    )
    tasks: TaskSettings
    estimator: EstimatorSettings = EstimatorSettings()
    training: TrainingSettings = TrainingSettings()
    validation: ValidationSettings
    seed: int = Field(default=0, ge=0)


def read_train_config(path: Path | None, overrides: Mapping[str, Any]) -> TrainConfig:
    """Return the configuration in a YAML file, or the defaults, as `pipelines.settings.read.read` does.

    A configuration that names no task family means classical functions.

    Raises:
        InputError: The file cannot be read as YAML, or a key or value in it is not valid.
    """
    name = read(_OnlyFamily, path, overrides).tasks.family
    return read(_train_config_model(name, TASK_FAMILIES[name]), path, overrides)


def _check_family(name: str) -> str:
    if name not in TASK_FAMILIES:
        raise ValueError(f"there is no such task family: choose one of {', '.join(TASK_FAMILIES)}")
    return name


class _FamilyName(BaseModel):
    family: Annotated[str, AfterValidator(_check_family)] = "functions"


class _OnlyFamily(BaseModel):
    """Reads only the name of the task family from a configuration."""

    tasks: _FamilyName = _FamilyName()


@functools.cache
def _train_config_model(name: str, entry: TaskFamilyEntry) -> type[TrainConfig]:
    return create_model(
        "TrainConfig",
        __base__=TrainConfig,
        tasks=(entry.tasks, Field(default_factory=functools.partial(entry.tasks, family=name), validate_default=True)),
        validation=(entry.validation, Field(default_factory=entry.validation)),
    )


CLASSICAL = ("bfgs", "bfgs_unscaled", "lbfgs", "adam", "momentum")
METHODS = ("optimus", "adafactor_mlp", "adafactor_mlp_small", *CLASSICAL)


class TuningSettings(Section):
    """How the learning rates of Adam and momentum are chosen for each problem."""

    rates: int = Field(default=100, ge=1, description="candidates, evenly spaced in their logarithm")
    lowest: float = Field(default=1e-6, gt=0)
    highest: float = Field(default=1.0, gt=0)
    starts: int = Field(default=64, ge=1, description="random starts from which candidates are compared")


class RosenbrockSettings(Section):
    """Figure 5 of the paper."""

    dimensions: list[Dimension] = Field(default=[10, 20, 50, 100, 200, 500, 1000])
    paths: int = Field(default=64, ge=1, description="trajectories in two dimensions, for the directions of steps")


class BenchmarkConfig(Section):
    """Everything that the benchmark depends on."""

    functions: FunctionNames = Field(default=list(FUNCTIONS))
    dimensions: Dimensions = Field(default=list(DIMENSIONS))
    methods: list[str] = Field(default=list(METHODS), min_length=2)
    weights: dict[str, Path] = Field(
        default_factory=dict, description="file of weights for each learned method; those that ship if not given"
    )
    iterations: int = Field(default=100, ge=2)
    starts: int = Field(default=8, ge=1, description="random starts of each problem")
    tuning: TuningSettings = TuningSettings()
    rosenbrock: RosenbrockSettings | None = RosenbrockSettings()
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _methods_are_known(self) -> "BenchmarkConfig":
        unknown = sorted(set(self.methods) - set(METHODS) - set(self.weights))
        if unknown:
            raise ValueError(
                f"unknown method {', '.join(unknown)}: choose from {', '.join(METHODS)}, or give its file in `weights`"
            )
        useless = sorted(set(self.weights) & set(CLASSICAL) | set(self.weights) - set(self.methods))
        if useless:
            raise ValueError(
                f"weights are given for {', '.join(useless)}: only learned methods in `methods` use them, remove these"
            )
        for name in ("functions", "dimensions", "methods"):
            if len(set(listed := getattr(self, name))) < len(listed):
                raise ValueError(f"{name} names one twice, which would count twice in every share: remove one")
        return self


QUICK = {
    "dimensions": [20, 50],
    "starts": 8,
    "tuning.rates": 12,
    "tuning.starts": 8,
    "rosenbrock.dimensions": [10, 50],
    "rosenbrock.paths": 16,
}
"""Settings of `optimus benchmark --quick`: under two minutes on two cores. Draw no conclusions from its results."""
