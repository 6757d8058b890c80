"""What meta-training can be told."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field

from optimus.functions import FUNCTIONS
from pipelines.settings.section import Section


class Model(Section):
    """The learned optimizer; `options` are the fields of its class in `optimus`."""

    kind: Literal["optimus", "adafactor_mlp"] = "optimus"
    options: dict[str, Any] = Field(default_factory=dict)


def known_functions(names: list[str]) -> list[str]:
    unknown = sorted(set(names) - set(FUNCTIONS))
    if unknown:
        raise ValueError(f"unknown function {', '.join(unknown)}: the functions are {', '.join(FUNCTIONS)}")
    return names


class Tasks(Section):
    """What it learns on; each dimension is a family, which has its turn."""

    functions: Annotated[list[str], AfterValidator(known_functions)] = Field(default=list(FUNCTIONS), min_length=1)
    dimensions: list[Annotated[int, Field(ge=2)]] = Field(default=[3, 10, 25, 50, 75, 100], min_length=1)
    offset: float = Field(default=0.5, ge=0, description="largest shift of a function, on the cube from -1 to 1")
    stretch: float = Field(default=10.0, ge=1, description="largest factor by which a coordinate is drawn out")


class Estimator(Section):
    """How the meta-gradient is had."""

    name: Literal["truncated_gradient", "pes"] = "truncated_gradient"
    length: int = Field(default=20, ge=1, description="steps of a truncation")
    horizon: int = Field(default=100, ge=1, description="steps of an episode, a multiple of length")
    sigma: float = Field(default=0.01, gt=0, description="standard deviation of the perturbations of pes")


class Training(Section):
    """Adam, with a learning rate that rises over `warmup` steps and falls to a hundredth along half a cosine."""

    steps: int = Field(default=2000, ge=1)
    particles: int = Field(default=16, ge=1, description="episodes at the same time, in each dimension")
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup: int = Field(default=50, ge=0)
    clip: float = Field(
        default=1.0,
        gt=0,
        description="largest norm of a particle's gradient by truncated_gradient: most are larger, so that the "
        "particles say where to, rather than how far. Those of pes stay as they are, or they would be biased",
    )
    clip_mean: float = Field(default=3.0, gt=0, description="largest component of the particles' mean gradient")
    averaging: float = Field(default=0.99, ge=0, lt=1, description="decay of the average that is validated and kept")
    checkpoint_every: int = Field(default=50, ge=1)


class Validation(Section):
    """Tasks that are always the same, from start to end, by which the best weights are chosen."""

    every: int = Field(default=100, ge=1)
    tasks: int = Field(default=32, ge=1)
    steps: int = Field(default=100, ge=1)
    dimensions: list[Annotated[int, Field(ge=2)]] = Field(default=[10, 100], min_length=1)


class TrainConfig(Section):
    """Everything that training depends on."""

    model: Model = Model()
    weights: Path | None = Field(
        default=None,
        description="where to start: of this model or, for Optimus, of an Adafactor MLP like its MLP; else new",
    )
    tasks: Tasks = Tasks()
    estimator: Estimator = Estimator()
    training: Training = Training()
    validation: Validation = Validation()
    seed: int = Field(default=0, ge=0)

    def to_yaml(self) -> str:
        """The text from which the same configuration is read."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)
