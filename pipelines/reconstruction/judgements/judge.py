"""All judgements on a result. To add one, write it in a file of its own and add it to `JUDGEMENTS`."""

from collections.abc import Callable

from data.finding import Finding
from pipelines.reconstruction.judgements.asked_force import judge_asked_force
from pipelines.reconstruction.judgements.distance import judge_largest_distance, judge_mean_distance
from pipelines.reconstruction.judgements.flight import judge_flight
from pipelines.reconstruction.judgements.lifted_feet import judge_lifted_feet
from pipelines.reconstruction.judgements.load_of_feet import judge_load_of_feet
from pipelines.reconstruction.judgements.residual_force import judge_residual_force
from pipelines.reconstruction.judgements.result import Result
from pipelines.reconstruction.judgements.skate import judge_skate
from pipelines.reconstruction.judgements.total_force import judge_total_force

Judgement = Callable[[Result], Finding | None]
"""Judges a result. None where the motion does not tell."""

JUDGEMENTS: tuple[Judgement, ...] = (
    judge_mean_distance,
    judge_largest_distance,
    judge_residual_force,
    judge_total_force,
    judge_asked_force,
    judge_flight,
    judge_lifted_feet,
    judge_load_of_feet,
    judge_skate,
)
"""In the order in which they are shown. The first ones say what makes the later ones meaningless."""


def judge(result: Result) -> tuple[Finding, ...]:
    """Return what every judgement finds."""
    judged = (judgement(result) for judgement in JUDGEMENTS)
    return tuple(finding for finding in judged if finding is not None)
