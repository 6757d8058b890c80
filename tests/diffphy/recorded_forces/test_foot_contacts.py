"""Feet that swing about a pelvis as in a walk, in any direction, and feet that only go up and down."""

import numpy as np
import pytest

from diffphy.recorded_forces.foot_contacts import RETRACTS_S, fine_times, foot_contacts
from diffphy.recorded_forces.recorded_body import RecordedBody

FRAMES = 90
SPEED, STRIDE_S, AMPLITUDE = 1.3, 1.0, 0.35
HEEL_TO_BALL = 0.15
FARTHEST, UP = 0.2137, 0.7137  # when the left foot is farthest ahead and behind in the first stride, s
EVENTS = np.add.outer(STRIDE_S * np.arange(3), [FARTHEST + RETRACTS_S, UP]).ravel()  # when it comes and leaves, s


def body(rate: float, place: np.ndarray, facing: np.ndarray, ahead: np.ndarray, height: np.ndarray) -> RecordedBody:
    """A body whose pelvis is at places (T, 2), with feet (T, 2) and their heights, m.

    Args:
        rate: Frames a second.
        place: The pelvis over the floor, m.
        facing: Where the body looks, rad.
        ahead: Heels before the pelvis, in the world, (T, 2, 2), m.
        height: Of the soles, m.
    """
    forward = np.stack([np.cos(facing), np.sin(facing)], axis=1)
    left = np.stack([-forward[:, 1], forward[:, 0]], axis=1)
    pelvis = np.concatenate([place, np.full((len(place), 1), 0.9)], axis=1)
    beside = np.array([0.1, -0.1])[:, None] * left[:, None]
    ankle = np.concatenate([place[:, None] + ahead + beside, height[..., None] + 0.08], axis=-1)
    ball = ankle + HEEL_TO_BALL * np.concatenate([forward, np.zeros((len(place), 1))], axis=1)[:, None]
    lowest = ankle - [0.0, 0.0, 0.08]
    return RecordedBody(rate, pelvis, pelvis, left, ankle, ball, lowest, np.eye(2) > 0)


def walk(
    rate: float, seconds: float, heading: float | np.ndarray = 0.7, facing: float = 0.0, speed: float = SPEED
) -> RecordedBody:
    """A body that goes in a direction, looks away from it by an angle, rad, and lifts each foot while it swings.

    The end of the left foot that lands is farthest ahead at `FARTHEST`; what leaves last is farthest behind at `UP`.
    """
    time = np.arange(round(seconds * rate)) / rate
    heading = np.broadcast_to(heading, time.shape)
    way = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    phase = 2 * np.pi * (time - FARTHEST)[:, None] / STRIDE_S + [0.0, np.pi]
    ahead = AMPLITUDE * np.cos(phase)[..., None] * way[:, None]
    height = np.maximum(0.0, -0.05 * np.sin(phase))
    return body(rate, np.cumsum(way, axis=0) * speed / rate, heading + facing, ahead, height)


@pytest.mark.parametrize("facing", [0.0, np.pi, np.pi / 2], ids=["forwards", "backwards", "sidewards"])
@pytest.mark.parametrize("speed", [SPEED, 0.0], ids=["ground", "treadmill"])
@pytest.mark.parametrize("rate", [30.0, 100.0])
def test_strides_are_told_to_a_fraction_of_a_frame(rate: float, speed: float, facing: float) -> None:
    time = fine_times(round(3.0 * rate), rate)
    feet = foot_contacts(walk(rate, 3.0, facing=facing, speed=speed), time)
    changes = np.flatnonzero(np.diff(feet.contact[:, 0])) + 1
    np.testing.assert_allclose(time[changes], EVENTS, atol=0.003)
    assert feet.contact[changes, 0].tolist() == [True, False] * 3
    alone = feet.contact[300:-300].sum(axis=1) == 1
    assert alone.mean() > 1 - 2.5 * RETRACTS_S / (STRIDE_S / 2)  # one foot leaves as the other is farthest ahead
    assert not feet.unclear.any()


def test_a_slow_turn_keeps_the_strides_and_a_fast_one_hides_them() -> None:
    rate = 100.0
    time = np.arange(300) / rate
    slow, fast = (foot_contacts(walk(rate, 3.0, heading=turn * time), fine_times(300, rate)) for turn in (0.8, 3.0))
    changes = fine_times(300, rate)[np.flatnonzero(np.diff(slow.contact[:, 0])) + 1]
    np.testing.assert_allclose(changes, EVENTS, atol=0.015)
    assert not slow.unclear.any()
    assert fast.unclear[500:-500].all()


def test_steps_in_place_have_no_direction_and_stand_while_they_are_low() -> None:
    rate, swing = 100.0, np.sin(2 * np.pi * np.arange(300) / 100.0)
    ahead = 0.2 * np.multiply.outer(swing, [[1.0, 0.0], [-1.0, 0.0]])
    height = 0.1 * np.maximum(0.0, np.stack([-swing, swing], axis=1))
    feet = foot_contacts(body(rate, np.zeros((300, 2)), np.zeros(300), ahead, height), fine_times(300, rate))
    assert feet.unclear[500:-500].all()
    np.testing.assert_array_equal(feet.contact[::10][50:-50], height[50:-50] < 0.06)


def test_feet_that_stay_in_place_stand_while_they_are_low() -> None:
    rate = 100.0
    height = np.stack([np.zeros(200), np.where(np.arange(200) < 100, 0.0, 0.3)], axis=1)
    sway = 0.1 * np.sin(np.arange(200) / 20)[:, None] * [[1.0, 0.0]]  # both feet alike: a squat
    ahead = sway[:, None].repeat(2, axis=1)
    feet = foot_contacts(body(rate, np.zeros((200, 2)), np.zeros(200), ahead, height), fine_times(200, rate))
    assert feet.contact[:, 0].all()
    assert np.flatnonzero(np.diff(feet.contact[:, 1])).size == 1
    assert feet.contact[:990, 1].all()
    assert not feet.unclear.any()


def test_times_hold_every_frame() -> None:
    time = fine_times(FRAMES, 250.0)
    np.testing.assert_allclose(time[::4], np.arange(FRAMES) / 250.0)
    assert time[-1] == pytest.approx((FRAMES - 1) / 250.0)
