"""TV, jitter and acceleration error on polynomials in time: their differences are exact."""

import numpy as np
import pytest

from diffphy.metrics import acceleration_error, jitter, total_variation

FPS = 25.0


def along_x(*joints):
    """Positions (T, J, 3) of joints that move along x as the given sequences."""
    positions = np.zeros((len(joints[0]), len(joints), 3))
    positions[..., 0] = np.array(joints).T
    return positions


def test_tv_by_hand():
    # second differences 1, -1, 2 -> changes 2 and 3; the second joint's 0, 0, 4 -> 0 and 4
    first = [0.0, 0.0, 1.0, 1.0, 3.0]
    second = [0.0, 0.0, 0.0, 0.0, 4.0]
    assert total_variation(along_x(first, second), fps=1.0) == pytest.approx(((2 + 0) + (3 + 4)) / 2)
    assert total_variation(along_x(first, second), fps=FPS) == pytest.approx(4.5 * FPS**2)


@pytest.mark.parametrize("metric", [total_variation, jitter])
def test_constant_acceleration_is_smooth(metric):
    time = np.arange(50) / FPS
    assert metric(along_x(3.0 + 2.0 * time - 4.9 * time**2), FPS) == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("fps", [25.0, 120.0])
def test_a_cubic_has_its_jerk_at_every_frame_rate(fps):
    time = np.arange(60) / fps
    positions = along_x(time**3, np.zeros(60))  # jerk 6 m/s^3, and 0
    assert jitter(positions, fps) == pytest.approx(6 / 10 / 2, rel=1e-5)
    assert total_variation(positions, fps) == pytest.approx(6 / fps, rel=1e-5)


def test_magnitudes_do_not_depend_on_direction():
    steps = np.random.default_rng(0).normal(size=40)
    straight = along_x(steps)
    slanted = straight[..., :1] * np.array([2.0, -1.0, 2.0]) / 3.0
    assert total_variation(slanted, FPS) == pytest.approx(total_variation(straight, FPS))


def test_acceleration_error_is_the_difference_of_the_accelerations():
    time = np.arange(30) / FPS
    falling, rising = along_x(-4.9 * time**2, 0 * time), along_x(1.0 * time**2, 0 * time)
    assert acceleration_error(falling, rising, FPS) == pytest.approx((9.8 + 2.0) / 2)
    constant_velocity_apart = falling + np.array([0.5, 0.0, 0.0]) * time[:, None, None]
    assert acceleration_error(constant_velocity_apart, falling, FPS) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_too_few_frames_have_no_third_difference(frames):
    assert np.isnan(total_variation(np.zeros((frames, 2, 3)), FPS))
    assert np.isnan(jitter(np.zeros((frames, 2, 3)), FPS))
    assert np.isnan(acceleration_error(np.zeros((frames, 2, 3)), np.zeros((frames, 2, 3)), FPS)) == (frames < 3)
