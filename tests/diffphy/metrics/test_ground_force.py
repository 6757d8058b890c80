import numpy as np
import pytest

from diffphy.metrics import (
    constant_error_pct,
    correlation,
    crossing_time,
    force_error_pct,
    range_error_pct,
    rms_difference,
)

WEIGHT = 700.0
MEASURED = WEIGHT * (1.0 + 0.3 * np.sin(np.linspace(0, 8 * np.pi, 400, endpoint=False)))


def test_a_shifted_force_is_off_by_the_shift() -> None:
    assert force_error_pct(MEASURED + 35.0, MEASURED, WEIGHT) == pytest.approx(5.0)
    assert force_error_pct(MEASURED - 35.0, MEASURED, WEIGHT) == pytest.approx(5.0)
    assert correlation(MEASURED + 35.0, MEASURED) == pytest.approx(1.0)


def test_a_constant_is_off_by_the_mean_deviation() -> None:
    assert constant_error_pct(MEASURED, WEIGHT) == pytest.approx(100 * 0.3 * 2 / np.pi, rel=1e-3)
    assert correlation(-MEASURED, MEASURED) == pytest.approx(-1.0)


def test_what_cannot_be_said_is_nan() -> None:
    assert np.isnan(correlation(np.full(400, WEIGHT), MEASURED))
    assert np.isnan(force_error_pct(np.zeros(0), np.zeros(0), WEIGHT))
    assert np.isnan(correlation(np.zeros(0), np.zeros(0)))


def test_an_error_by_range_is_the_rms_over_the_range() -> None:
    error = 35.0 * np.where(np.arange(400) % 2, 1.0, -1.0)
    assert rms_difference(MEASURED + error, MEASURED) == pytest.approx(35.0)
    assert range_error_pct(MEASURED + error, MEASURED) == pytest.approx(100 * 35.0 / np.ptp(MEASURED))
    assert np.isnan(range_error_pct(MEASURED, MEASURED, least_range=np.ptp(MEASURED)))
    assert np.isnan(range_error_pct(np.zeros(0), np.zeros(0)))


def test_contact_begins_and_ends_between_frames() -> None:
    time, force = np.arange(6) / 10, np.array([0.0, 0.0, 40.0, 80.0, 20.0, 0.0])
    assert crossing_time(time, force, 10.0, rising=True) == pytest.approx(0.125)
    assert crossing_time(time, force, 10.0, rising=False) == pytest.approx(0.45)
    assert np.isnan(crossing_time(time, force + 20.0, 10.0, rising=True))
    assert np.isnan(crossing_time(time, force, 100.0, rising=False))
