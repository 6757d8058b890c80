"""A step from the left foot to the right one, 0.6 m ahead of it, while the zero moment point goes over."""

import numpy as np
import pytest

from diffphy.recorded_forces.transfer_times import DOUBTED_S, WEIGHT, shift_transfers

TIME = np.arange(0.0, 1.0, 0.001)
DOWN, UP, STEP_M = 0.4, 0.55, 0.6
AHEAD = np.array([0.6, 0.8])  # the way of the walk


def contacts(down: float = DOWN, up: float = UP) -> np.ndarray:
    return np.stack([up > TIME, down <= TIME], axis=1)


def shift(late: float, contact: np.ndarray, step_m: float = STEP_M, left_first: bool = True) -> np.ndarray:
    """Return the contacts if the point passes the middle of the step so much later than the middle of the times."""
    passed = np.clip(0.5 + (TIME - (DOWN + UP) / 2 - late) / 0.2, 0.0, 1.0)
    order = [0.0, step_m] if left_first else [step_m, 0.0]
    feet = np.broadcast_to(np.multiply.outer(order, AHEAD), (len(TIME), 2, 2))
    return shift_transfers(contact, step_m * passed[:, None] * AHEAD, feet, feet, TIME)


@pytest.mark.parametrize("late", [0.03, -0.03])
def test_a_step_moves_towards_the_time_at_which_the_point_passes(late: float) -> None:
    found, expected = shift(late, contacts()), contacts(DOWN + WEIGHT * late, UP + WEIGHT * late)
    assert (found != expected).sum() <= 4  # each event to a thousandth of a second
    np.testing.assert_array_equal(shift(late, contacts()[:, ::-1], left_first=False), found[:, ::-1])


def test_a_point_that_contradicts_the_feet_or_a_short_step_changes_nothing() -> None:
    for found in (shift(2 * DOUBTED_S, contacts()), shift(0.03, contacts(), step_m=0.2)):
        np.testing.assert_array_equal(found, contacts())


def test_flights_and_stances_on_both_feet_stay() -> None:
    run, stand = contacts(down=0.5, up=0.45), np.ones((len(TIME), 2), bool)
    slow = contacts(down=0.1, up=0.8)
    for each in (run, stand, slow):
        np.testing.assert_array_equal(shift(0.03, each), each)


def test_no_step_is_moved_over_the_next_one() -> None:
    """A stance of 5 ms before the touch-down keeps its moment."""
    contact = contacts()
    contact[: np.searchsorted(TIME, DOWN - 0.005), 0] = False
    found = shift(-0.04, contact)
    assert (found[:, 0] & ~found[:, 1]).any()
