"""Foot skate, penetration and floating of feet with a known motion."""

import numpy as np
import pytest

from diffphy.metrics import floating, foot_contact, foot_skate, penetration, penetration_max

ANKLE, TOE = 0.08, 0.03


def standing(frames):
    """Two feet at rest: ankle and toe of each, (frames, 2, 2, 3)."""
    feet = np.zeros((frames, 2, 2, 3))
    feet[:, 0, :, 1], feet[:, 1, :, 1] = 0.1, -0.1
    feet[..., 1, 0] = 0.15
    feet[..., 0, 2], feet[..., 1, 2] = ANKLE, TOE
    return feet


def sliding(speed, fps, frames):
    """The left foot slides forward at `speed` (m/s), the right one rests."""
    feet = standing(frames)
    feet[:, 0, :, 0] += speed * np.arange(frames)[:, None] / fps
    return feet


@pytest.mark.parametrize("fps", [20.0, 25.0, 30.0, 60.0, 120.0])
def test_two_centimetres_in_a_25th_of_a_second_is_the_limit_at_every_frame_rate(fps):
    contact = np.ones((50, 2), bool)
    assert foot_skate(sliding(0.49, fps, 50), contact, fps) == 0.0
    assert foot_skate(sliding(0.51, fps, 50), contact, fps) == 100.0


def test_only_frames_in_contact_now_and_then_count():
    feet = sliding(1.0, 25.0, 11)
    contact = np.zeros((11, 2), bool)
    contact[2:6, 0] = True  # the pairs 2-3, 3-4, 4-5 of the 10 pairs
    contact[:, 1] = True  # this foot rests
    assert foot_skate(feet, contact, 25.0) == pytest.approx(100 * 3 / 10)


def test_a_frame_counts_once_for_both_feet():
    feet = sliding(1.0, 25.0, 11)
    feet[:, 1, :, 0] = feet[:, 0, :, 0]
    assert foot_skate(feet, np.ones((11, 2), bool), 25.0) == 100.0


def test_rising_straight_up_is_no_skating():
    feet = standing(20)
    feet[..., 2] += np.arange(20)[:, None, None] * 0.1
    assert foot_skate(feet, np.ones((20, 2), bool), 25.0) == 0.0


def test_a_clip_shorter_than_the_interval_has_no_skate():
    assert np.isnan(foot_skate(standing(1), np.ones((1, 2), bool), 25.0))
    assert np.isnan(foot_skate(standing(4), np.ones((4, 2), bool), 120.0))


def test_contact_is_a_flat_foot_near_its_resting_height():
    feet = standing(40)
    feet[10:20, 0, 0, 2] += 0.06  # heel off, toe still down
    feet[20:30, 0, :, 2] += 0.06  # lifted
    feet[30:, 1, :, 2] += 0.02  # within the threshold
    contact = foot_contact(feet)
    np.testing.assert_array_equal(contact[:, 0], [True] * 10 + [False] * 20 + [True] * 10)
    assert contact[:, 1].all()


def test_contact_depends_neither_on_the_floor_s_place_nor_on_speed():
    feet = standing(40)
    feet[15:, 0, :, 2] += 0.2
    shifted = feet - np.array([0.0, 0.0, 0.3])
    shifted[..., 0] += 0.1 * np.arange(40)[:, None, None]
    np.testing.assert_array_equal(foot_contact(shifted), foot_contact(feet))


def test_a_skating_reference_shows_by_its_own_contact():
    feet = sliding(0.8, 30.0, 40)
    assert foot_skate(feet, foot_contact(feet), 30.0) == 100.0


CLEARANCE = np.array([[0.01, 0.2], [-0.004, -0.03], [0.0, 0.1], [0.05, 0.02]])


def test_penetration_is_that_of_the_deepest_point_over_all_frames():
    assert penetration(CLEARANCE) == pytest.approx(30 / 4)
    assert penetration_max(CLEARANCE) == pytest.approx(30)
    assert penetration(np.abs(CLEARANCE)) == penetration_max(np.abs(CLEARANCE)) == 0.0


def test_floating_is_that_of_the_lowest_point_where_a_foot_stands():
    contact = np.array([[True, False], [False, True], [False, False], [True, True]])
    assert floating(CLEARANCE, contact) == pytest.approx((10 + 0 + 20) / 3)
    assert np.isnan(floating(CLEARANCE, np.zeros((4, 2), bool)))
