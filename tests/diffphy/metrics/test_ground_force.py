import numpy as np
import pytest

from diffphy.metrics import constant_error_pct, correlation, force_error_pct

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
