"""Feet that swing about a pelvis as in a walk, and feet that only go up and down."""

import numpy as np
import pytest

from diffphy.recorded_forces.foot_contacts import fine_times, foot_contacts
from diffphy.recorded_forces.recorded_body import RecordedBody

FRAMES = 90
SPEED, STRIDE_S, AMPLITUDE = 1.3, 1.0, 0.35


def body(rate: float, ahead: np.ndarray, height: np.ndarray, speed: float, heading: float = 0.7) -> RecordedBody:
    """A body that moves on, with ankles (T, 2) ahead of the pelvis and soles at these heights, m."""
    time = np.arange(len(ahead)) / rate
    forward = np.array([np.cos(heading), np.sin(heading)])
    left = np.array([-forward[1], forward[0]])
    pelvis = np.concatenate([speed * time[:, None] * forward, np.full((len(time), 1), 0.9)], axis=1)
    flat = pelvis[:, None, :2] + ahead[..., None] * forward + np.array([0.1, -0.1])[:, None] * left
    ankle = np.concatenate([flat, height[..., None] + 0.08], axis=-1)
    lowest = ankle - [0.0, 0.0, 0.08]
    return RecordedBody(rate, pelvis, pelvis, np.tile(left, (len(time), 1)), ankle, ankle, lowest, np.eye(2) > 0)


def strides(rate: float, seconds: float) -> np.ndarray:
    """Ankles ahead of the pelvis: the left one is farthest ahead at 0.2137 s, and again a stride later."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * (time - 0.2137) / STRIDE_S
    return AMPLITUDE * np.stack([np.cos(phase), -np.cos(phase)], axis=1)


@pytest.mark.parametrize("speed", [SPEED, 0.0], ids=["ground", "treadmill"])
@pytest.mark.parametrize("rate", [30.0, 100.0])
def test_strides_are_told_to_a_fraction_of_a_frame(rate: float, speed: float) -> None:
    ahead = strides(rate, 3.0)
    time = fine_times(len(ahead), rate)
    contact = foot_contacts(body(rate, ahead, np.zeros(ahead.shape), speed), time)
    changes = np.flatnonzero(np.diff(contact[:, 0])) + 1
    np.testing.assert_allclose(time[changes], [0.2137, 0.7137, 1.2137, 1.7137, 2.2137, 2.7137], atol=0.003)
    assert contact[changes, 0].tolist() == [True, False] * 3
    np.testing.assert_array_equal(contact[300:-300, 1], ~contact[300:-300, 0])


def test_feet_that_stay_in_place_stand_while_they_are_low() -> None:
    rate = 100.0
    height = np.stack([np.zeros(200), np.where(np.arange(200) < 100, 0.0, 0.3)], axis=1)
    sway = 0.1 * np.sin(np.arange(200) / 20)[:, None].repeat(2, axis=1)  # both feet alike: a squat
    contact = foot_contacts(body(rate, sway, height, 0.0), fine_times(200, rate))
    assert contact[:, 0].all()
    assert np.flatnonzero(np.diff(contact[:, 1])).size == 1
    assert contact[:990, 1].all()


def test_times_hold_every_frame() -> None:
    time = fine_times(FRAMES, 250.0)
    np.testing.assert_allclose(time[::4], np.arange(FRAMES) / 250.0)
    assert time[-1] == pytest.approx((FRAMES - 1) / 250.0)
