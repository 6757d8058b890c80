"""A person of 600 N who stands with even load, on two plates or with the right foot beside them."""

import numpy as np
import pytest

from data.force_plates import ForcePlates
from data.plate_steps import PlateStep
from diffphy.recorded_forces import RecordedForces
from pipelines.evaluation.usable_steps import judge_steps

WEIGHT, KG = 600.0, 600.0 / 9.81
TIME = np.arange(300) / 100
NEVER = np.zeros(300, bool)


def judge(sides: tuple[str, ...], given_kg: float | None) -> tuple[float, str]:
    """Return the weight and where it is from, of somebody whose other feet stand beside the plates."""
    force = np.tile([0.0, 0.0, WEIGHT / 2], (300, 1))
    steps = tuple(PlateStep(side, TIME[0], TIME[-1], force, np.zeros((300, 3))) for side in sides)
    plates = ForcePlates(sides, TIME, np.stack([force] * len(sides), axis=1), np.zeros((300, len(sides), 3)))
    up = np.tile([0.0, 0.0, 1.0], (300, 1))
    half = np.full((300, 2), 0.5)
    standing = RecordedForces(TIME, up, half, half, NEVER, NEVER, NEVER, NEVER, np.ones(300))
    _, _, weight, source = judge_steps(steps, plates, standing, 0.0, given_kg)
    return weight, source


def test_who_stands_on_both_plates_weighs_what_they_say() -> None:
    weight, source = judge(("left", "right"), None)
    assert weight == pytest.approx(WEIGHT)
    assert "stands still" in source


@pytest.mark.parametrize("given", [None, KG])
def test_a_foot_beside_the_plates_does_not_halve_the_weight(given: float | None) -> None:
    weight, source = judge(("left",), given)
    assert weight == pytest.approx(WEIGHT)
    assert ("impulse" if given is None else "given") in source


def test_a_given_mass_that_contradicts_the_plates_is_said() -> None:
    heavier, why = judge(("left", "right"), 2 * KG)
    assert heavier == pytest.approx(2 * WEIGHT)
    assert "600 N" in why
    lighter, why = judge(("left", "right"), KG / 2)
    assert lighter == pytest.approx(WEIGHT)
    assert "300 N" in why


def test_a_foot_that_steps_beside_its_plate_once_loses_that_step_only() -> None:
    """Steps of half a second, left and right in turn, over plates that carry half of the fourth one."""
    share = np.where((TIME % 1.0) < 0.5, 1.0, 0.0)
    up = np.tile([0.0, 0.0, 1.0], (300, 1))
    foot = np.stack([share, 1 - share], axis=1)
    walking = RecordedForces(TIME, up, foot, foot, NEVER, NEVER, NEVER, NEVER, np.ones(300))
    steps = []
    for number in range(6):
        inside = (number / 2 <= TIME) & ((number + 1) / 2 > TIME)
        force = np.where(inside[:, None], WEIGHT * (0.5 if number == 3 else 1.0) * up, 0.0)
        at = TIME[inside]
        steps.append(PlateStep(("left", "right")[number % 2], at[0], at[-1], force, np.zeros((300, 3))))
    sides = ("left", "right")
    by_side = [np.sum([step.force_N for step in steps if step.side == side], axis=0) for side in sides]
    plates = ForcePlates(sides, TIME, np.stack(by_side, axis=1), np.zeros((300, 2, 3)))
    usable, doubts, weight, _ = judge_steps(tuple(steps), plates, walking, 0.0, None)
    assert [step.start_s for step in usable] == [0.0, 0.5, 1.0, 2.0, 2.5]
    assert len(doubts) == 1
    assert "the right foot from 1.50" in doubts[0]
    assert "50 %" in doubts[0]
    assert weight == pytest.approx(WEIGHT, rel=0.01)
