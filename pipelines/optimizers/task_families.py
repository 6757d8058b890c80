"""The task families that `optimus train` knows, by name: their settings, and how to build them.

To add one, put an entry into `TASK_FAMILIES`; a configuration then names it: `tasks: {family: NAME, ...}`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from optimus.functions import FUNCTIONS
from optimus.meta.task import FunctionFamily, TaskFamily
from pipelines.optimizers import window_family
from pipelines.optimizers.task_settings import TaskSettings, ValidationSettings


@dataclass(frozen=True)
class TaskFamilyEntry:
    """A kind of tasks: its settings, and how to build its families.

    Attributes:
        tasks: Model of the section `tasks`.
        validation: Model of the section `validation`.
        build_training: Builds the families to train on, which take turns. It gets the section `tasks`.
        build_validation: Builds the families to validate on, by label. It gets both sections. The columns of
            validation.csv carry the labels. The families must be hashable.
    """

    tasks: type[TaskSettings]
    validation: type[ValidationSettings]
    build_training: Callable[[Any], Sequence[TaskFamily]]
    build_validation: Callable[[Any, Any], Mapping[str, TaskFamily]]


def check_function_names(names: list[str]) -> list[str]:
    """Return the names. Raises ValueError, which pydantic reports, if a function is unknown."""
    unknown = sorted(set(names) - set(FUNCTIONS))
    if unknown:
        raise ValueError(f"unknown function {', '.join(unknown)}: the functions are {', '.join(FUNCTIONS)}")
    return names


FunctionNames = Annotated[list[str], AfterValidator(check_function_names), Field(min_length=1)]
Dimension = Annotated[int, Field(ge=2)]
Dimensions = Annotated[list[Dimension], Field(min_length=1)]


class FunctionTaskSettings(TaskSettings):
    """Classical functions. Each dimension is a family, and the families take turns."""

    functions: FunctionNames = Field(default=list(FUNCTIONS))
    dimensions: Dimensions = Field(default=[3, 10, 25, 50, 75, 100])
    offset: float = Field(default=0.5, ge=0, description="largest shift of a function, on the cube from -1 to 1")
    stretch: float = Field(default=10.0, ge=1, description="largest factor by which a coordinate is stretched")


class FunctionValidationSettings(ValidationSettings):
    """The same functions in other dimensions."""

    dimensions: Dimensions = Field(default=[10, 100])


def _function_family(dimension: int, tasks: FunctionTaskSettings) -> FunctionFamily:
    return FunctionFamily(dimension, tuple(tasks.functions), tasks.offset, tasks.stretch)


def _build_training(tasks: FunctionTaskSettings) -> list[FunctionFamily]:
    return [_function_family(dimension, tasks) for dimension in tasks.dimensions]


def _build_validation(tasks: FunctionTaskSettings, validation: FunctionValidationSettings) -> dict[str, FunctionFamily]:
    return {str(dimension): _function_family(dimension, tasks) for dimension in validation.dimensions}


TASK_FAMILIES: dict[str, TaskFamilyEntry] = {
    "functions": TaskFamilyEntry(FunctionTaskSettings, FunctionValidationSettings, _build_training, _build_validation),
    "diffphy_windows": TaskFamilyEntry(
        window_family.WindowTaskSettings,
        window_family.WindowValidationSettings,
        window_family.build_training,
        window_family.build_validation,
    ),
}
