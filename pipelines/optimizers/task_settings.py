"""The settings that all task families share."""

from pydantic import Field

from pipelines.settings.section import Section


class TaskSettings(Section):
    """The section `tasks`: what the optimizer learns on. Each entry has settings of its own beside the name."""

    family: str = Field(default="functions", description="name of the task family")


class ValidationSettings(Section):
    """The section `validation`: tasks that stay the same, each run from its start, choose the best weights."""

    every: int = Field(default=100, ge=1, description="meta-steps from one validation to the next")
    tasks: int = Field(default=32, ge=1, description="number of tasks of each family")
    steps: int = Field(default=100, ge=1, description="steps on each task")
