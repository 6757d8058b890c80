"""What plates say that a person of 700 N weighs, who stands, moves, sits, or has a foot beside the plates."""

import numpy as np
import pytest

from data.body_weight import GIVEN, body_weight, compare_weights
from tests.data.test_force_plates import RIGHT, WEIGHT, feet, plates

MOVING = WEIGHT * (1 + 0.1 * np.sin(2 * np.pi * np.arange(500) / 100))


def test_the_weight_is_that_of_the_person_who_stands_still() -> None:
    total = np.concatenate([np.full(150, WEIGHT), 2 * WEIGHT * np.abs(np.sin(np.arange(200) / 20))])
    weight, source = body_weight(plates(total / 2, total / 2), feet(350), given_N=680.0)
    assert weight == pytest.approx(WEIGHT)
    assert source.endswith("stands still")


def test_who_sits_still_does_not_weigh_less() -> None:
    total = np.concatenate([MOVING, np.full(400, 100.0)])
    assert body_weight(plates(total / 2, total / 2), feet(900))[0] == pytest.approx(WEIGHT, rel=0.02)


def test_without_standing_the_given_weight_counts_and_then_the_mean() -> None:
    moving = plates(MOVING / 2, MOVING / 2)
    assert body_weight(moving, feet(500), given_N=650.0) == (650.0, GIVEN)
    assert body_weight(moving, feet(500))[0] == pytest.approx(WEIGHT)


def test_both_feet_on_one_plate_are_the_whole_weight() -> None:
    weight, _ = body_weight(plates(np.full(300, WEIGHT), points=((0.0, 0.0, 0.0),)), feet(300))
    assert weight == pytest.approx(WEIGHT)


def test_half_the_weight_beside_the_plate_is_no_weight() -> None:
    half = plates(np.full(300, WEIGHT / 2), points=(RIGHT,))
    assert body_weight(half, feet(300), given_N=WEIGHT) == (WEIGHT, GIVEN)
    weight, why = body_weight(half, feet(300))
    assert weight is None
    assert "beside the plates" in why


def test_a_lifted_foot_is_not_beside_the_plate() -> None:
    on_one = plates(np.full(400, WEIGHT), points=(RIGHT,))
    weight, source = body_weight(on_one, feet(400, lift_left=0.2), given_N=WEIGHT)
    assert weight == pytest.approx(WEIGHT)
    assert source.endswith("stands still")


@pytest.mark.parametrize(
    ("measured", "taken", "doubtful"),
    [(690.0, 690.0, False), (350.0, WEIGHT, True), (800.0, 800.0, True)],
    ids=["alike", "less: a part is missing", "more"],
)
def test_a_given_weight_that_contradicts_the_plates_is_said(measured: float, taken: float, doubtful: bool) -> None:
    weight, source = compare_weights(measured, "the plates", WEIGHT)
    assert weight == taken
    assert ("doubtful" in source) == doubtful
    assert (f"{measured + WEIGHT - taken:.0f} N" in source) == doubtful
