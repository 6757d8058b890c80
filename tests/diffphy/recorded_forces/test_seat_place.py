"""A pelvis, a thigh and a hand over a floor: somebody sits twice, and stands between."""

import numpy as np
import pytest

from diffphy.recorded_forces.recorded_body import RecordedBody
from diffphy.recorded_forces.seat_place import AHEAD_M, BEHIND_M, place_seats

FRAMES = 90
SITS = (np.arange(FRAMES) < 30) | (np.arange(FRAMES) >= 60)
WAY = np.array([0.0, 1.0])  # where the person faces
THIGH_M = 0.41


def body(second_place: tuple[float, float], height: float = 0.5) -> RecordedBody:
    """Hips that are at the origin at first, and at a second place when they sit again."""
    place = np.where(np.arange(FRAMES)[:, None] < 45, (0.0, 0.0), second_place)
    pelvis = np.concatenate([place, np.full((FRAMES, 1), height)], axis=1)
    lower = height - 0.5
    around = {  # ahead, to the left, height
        "pelvis": (0.0, 0.05, 0.45 + lower),
        "thigh": (0.05, 0.1, THIGH_M + lower),
        "knee": (0.4, 0.1, 0.38 + lower),
        "hand": (0.0, 0.3, 0.3 + lower),
        "foot": (0.35, 0.1, 0.0),
    }
    lowest = np.stack(
        [
            np.stack([place[:, 0] - left, place[:, 1] + ahead, np.full(FRAMES, up)], 1)
            for ahead, left, up in around.values()
        ],
        axis=1,
    )
    ankle = np.stack([lowest[:, -1]] * 2, axis=1)
    facing_left = np.tile([-1.0, 0.0], (FRAMES, 1))
    of_foot = np.array([[name == "foot" for name in around]] * 2)
    return RecordedBody(30.0, pelvis, pelvis, facing_left, ankle, ankle, lowest, of_foot)


def test_a_seat_is_below_the_hips_as_high_as_the_thighs_and_faces_where_they_do() -> None:
    (seat,) = place_seats(body((0.0, 0.1)), SITS)  # the same chair again
    assert seat.height == pytest.approx(THIGH_M)
    np.testing.assert_allclose(seat.position, [0.0, (AHEAD_M - BEHIND_M) / 2, THIGH_M / 2], atol=1e-9)
    turn = 2 * np.arctan2(seat.quat_wxyz[3], seat.quat_wxyz[0])
    np.testing.assert_allclose([np.cos(turn), np.sin(turn)], WAY, atol=1e-9)
    front = seat.position[1] + seat.half_extents[0]
    assert front == pytest.approx(AHEAD_M)  # the knees are before it


def test_two_chairs_are_two_seats() -> None:
    first, second = place_seats(body((2.0, 1.0)), SITS)
    np.testing.assert_allclose(np.subtract(second.position, first.position), [2.0, 1.0, 0.0], atol=1e-9)


def test_who_does_not_sit_or_sits_on_the_floor_has_no_seat() -> None:
    assert place_seats(body((0.0, 0.0)), np.zeros(FRAMES, bool)) == ()
    assert place_seats(body((0.0, 0.0), height=0.2), SITS) == ()
