"""Which steps on force plates a run can be compared with, and what the person weighs by them."""

import numpy as np

from data.body_weight import STANDING, compare_weights, standing_weight
from data.force_plates import ForcePlates
from data.plate_steps import PlateStep
from diffphy.physics.dynamics import GRAVITY
from diffphy.recorded_forces import RecordedForces
from pipelines.evaluation.expected_forces import ExpectedForces

LEAST_LOAD = 0.85
"""A foot whose plates carry a smaller share of what it must carry alone stands partly beside them. Our choice: the
recording alone is off by some 5 %."""
OF_LARGEST = 0.9
"""Steps whose impulses say at least this share of the largest weight tell the weight together. Our choice, likewise."""
BY_IMPULSE = "the impulse of the steps, beside that of the recording"


def judge_steps(
    steps: tuple[PlateStep, ...],
    plates: ForcePlates,
    recorded: RecordedForces,
    start_s: float,
    given_kg: float | None,
) -> tuple[tuple[PlateStep, ...], tuple[str, ...], float, str]:
    """Return the steps that can be compared, why the others cannot, the weight, N, and how it was found.

    Where a foot must carry all, its force over that of the recording, in body weights, is a weight. It is too small if
    the foot is partly off its plates.

    Args:
        steps: All steps on the plates.
        plates: The plates.
        recorded: The forces of the recording.
        start_s: When they begin, on the clock of the plates, s.
        given_kg: The mass that somebody gave.
    """
    expected = ExpectedForces(plates.time_s, recorded, start_s)
    covered = tuple(step for step in steps if expected.covers(step))
    doubts = [
        f"{_name(step)} is left out: the recording does not tell the forces of enough of it"
        for step in steps
        if step not in covered
    ]
    alone = {step: weight for step in covered if (weight := expected.weight_alone(step)) is not None}
    least = max(alone.values(), default=0.0) * OF_LARGEST
    usual = float(np.median([weight for weight in alone.values() if weight >= least])) if alone else 0.0
    beside = [step for step, weight in alone.items() if weight < LEAST_LOAD * usual]
    doubts += [
        f"{_name(step)} is left out: its plates carry {100 * alone[step] / usual:.0f} % of what it must carry alone"
        for step in beside
    ]
    usable = tuple(step for step in covered if step not in beside)
    if not usable:
        return (), tuple(doubts), 0.0, "nothing"
    return usable, tuple(doubts), *_find_weight(plates, expected, usable, given_kg)


def _find_weight(
    plates: ForcePlates, expected: ExpectedForces, steps: tuple[PlateStep, ...], given_kg: float | None
) -> tuple[float, str]:
    """Return the weight of the person, N, and how it was found."""
    given_N = None if given_kg is None else float(-GRAVITY[2] * given_kg)
    if (standing := standing_weight(plates, expected.on_plates(steps))) is not None:
        return compare_weights(standing, STANDING, given_N)
    return compare_weights(expected.weight_of_steps(steps), BY_IMPULSE, given_N, trust=False)


def _name(step: PlateStep) -> str:
    return f"the {step.side} foot from {step.start_s:.2f} to {step.end_s:.2f} s"
