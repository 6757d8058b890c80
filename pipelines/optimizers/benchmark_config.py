"""What the benchmark of optimizers can be told."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, Field, model_validator

from optimus.benchmark import DIMENSIONS
from optimus.functions import FUNCTIONS
from pipelines.optimizers.train_config import known_functions
from pipelines.settings.section import Section

CLASSICAL = ("bfgs", "bfgs_unscaled", "lbfgs", "adam", "momentum")
METHODS = ("optimus", "adafactor_mlp", "adafactor_mlp_small", *CLASSICAL)
Dimension = Annotated[int, Field(ge=2)]


class Tuning(Section):
    """How the learning rates of Adam and momentum are chosen, for each problem."""

    rates: int = Field(default=100, ge=1, description="candidates, evenly spaced in their logarithm")
    lowest: float = Field(default=1e-6, gt=0)
    highest: float = Field(default=1.0, gt=0)
    starts: int = Field(default=64, ge=1)


class Rosenbrock(Section):
    """Figure 5."""

    dimensions: list[Dimension] = Field(default=[10, 20, 50, 100, 200, 500, 1000])
    paths: int = Field(default=64, ge=1, description="trajectories in two dimensions, for the directions of steps")


class BenchmarkConfig(Section):
    """Everything that the benchmark depends on."""

    functions: Annotated[list[str], AfterValidator(known_functions)] = Field(default=list(FUNCTIONS), min_length=1)
    dimensions: list[Dimension] = Field(default=list(DIMENSIONS), min_length=1)
    methods: list[str] = Field(default=list(METHODS), min_length=2)
    weights: dict[str, Path] = Field(
        default_factory=dict, description="method -> file of its weights; what ships is taken for those not named"
    )
    iterations: int = Field(default=100, ge=2)
    starts: int = Field(default=8, ge=1)
    tuning: Tuning = Tuning()
    rosenbrock: Rosenbrock | None = Rosenbrock()
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _methods_are_known(self) -> "BenchmarkConfig":
        unknown = sorted(set(self.methods) - set(METHODS) - set(self.weights))
        if unknown:
            raise ValueError(
                f"unknown method {', '.join(unknown)}: choose of {', '.join(METHODS)}, or name its weights"
            )
        without = sorted(set(self.weights) & set(CLASSICAL) | set(self.weights) - set(self.methods))
        if without:
            raise ValueError(
                f"weights are given of {', '.join(without)}: only learned methods that are compared have some"
            )
        for name in ("functions", "dimensions", "methods"):
            if len(set(listed := getattr(self, name))) < len(listed):
                raise ValueError(f"{name} names one twice: it would count twice in every share")
        return self

    def to_yaml(self) -> str:
        """The text from which the same configuration is read."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


QUICK = {
    "dimensions": [20, 50],
    "starts": 8,
    "tuning.rates": 12,
    "tuning.starts": 8,
    "rosenbrock.dimensions": [10, 50],
    "rosenbrock.paths": 16,
}
"""Under two minutes on two cores, and nothing to draw conclusions from."""
