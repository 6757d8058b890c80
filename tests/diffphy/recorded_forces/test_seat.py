"""Somebody who sits still, 0.4 m behind their ankles, and rises after half a second."""

from dataclasses import replace

import numpy as np
import pytest

from diffphy.recorded_forces.recorded_body import RecordedBody
from diffphy.recorded_forces.seat import RISES_M, Seat, find_seat

RATE, FRAMES = 100.0, 100
SITS = np.arange(FRAMES) < 50
DISTANCE, WAY = 0.4, np.array([0.6, 0.8])  # from the hips to the ankles


def body(rise_m: float = 0.4, height: float = 0.46, distance: float = DISTANCE) -> RecordedBody:
    """Hips at a height over the origin, and ankles in front of them."""
    pelvis = np.zeros((FRAMES, 3))
    pelvis[:, 2] = height + rise_m * np.clip(np.arange(FRAMES) / RATE - 0.5, 0.0, 0.25) / 0.25
    beside = 0.1 * np.array([-WAY[1], WAY[0]])
    ankle = np.zeros((FRAMES, 2, 3))
    ankle[..., :2] = distance * WAY + np.array([[1.0], [-1.0]]) * beside
    ankle[..., 2] = 0.08
    left = np.tile([-WAY[1], WAY[0]], (FRAMES, 1))
    return RecordedBody(RATE, pelvis, pelvis, left, ankle, ankle, ankle - [0, 0, 0.08], np.eye(2) > 0)


def turned(body: RecordedBody) -> RecordedBody:
    """The same body, whose front is where its back was."""
    return replace(body, left=-body.left)


def seat(body: RecordedBody, share: float, aside: float = 0.0) -> Seat:
    """What is found if the zero moment point is at this share of the way from the hips to the feet, and aside, m."""
    point = share * body.ankle[..., :2].mean(axis=1) + aside * body.left
    return find_seat(body, point, SITS)


@pytest.mark.parametrize("share", [0.0, 0.15, 0.6])
def test_the_feet_carry_by_the_lever_between_hips_and_ankles(share: float) -> None:
    found = seat(body(), share)
    assert found.sits[SITS].all()
    np.testing.assert_allclose(found.feet[SITS], share, atol=1e-9)


def test_the_seat_is_left_when_the_hips_rise() -> None:
    found = seat(body(), 0.3)
    risen = body().pelvis[:, 2] - 0.46
    np.testing.assert_array_equal(found.sits, risen < RISES_M)
    np.testing.assert_array_equal(found.feet[~found.sits], 1.0)
    stays = seat(body(rise_m=0.0), 0.3)
    assert stays.sits.all()  # also where the feet could carry alone


def test_no_seat_bears_more_than_the_weight_or_pulls() -> None:
    for share, expected in ((-0.3, 0.0), (1.2, 1.0)):
        found = seat(body(), share)
        np.testing.assert_allclose(found.feet[found.sits], expected)


@pytest.mark.parametrize(
    ("who", "share", "aside"),
    [
        (body(height=0.95, distance=0.25), 0.0, 0.0),  # leans on a wall
        (body(distance=0.05), 0.0, 0.0),  # has the feet below the hips: no lever
        (turned(body()), 0.1, 0.0),  # kneels, or is in a push-up: the feet are behind
        (body(), -0.6, 0.0),  # leans back
        (body(), 0.2, 0.25),  # leans on an arm
    ],
    ids=["wall", "no lever", "feet behind", "back", "arm"],
)
def test_what_a_seat_cannot_explain_is_none(who: RecordedBody, share: float, aside: float) -> None:
    assert not seat(who, share, aside).sits.any()


def test_who_stands_on_their_feet_does_not_sit() -> None:
    found = find_seat(body(), 0.2 * body().ankle[..., :2].mean(axis=1), np.zeros(FRAMES, bool))
    assert not found.sits.any()
    np.testing.assert_array_equal(found.feet, 1.0)
