"""What is known of a camera before the fit: from the user, from edges, or as in most films."""

import numpy as np
import pytest

from data.camera import Held
from data.film.vertical_edges import MeasuredVertical
from pipelines.inputs.film_fit import LEVEL, TOLD_ANGLE, _vertical

EDGES = MeasuredVertical(np.array([0.0, -np.cos(0.1), -np.sin(0.1)]), 0.01, 20, 9.0)  # the camera looks down by 0.1 rad


def angles(up: np.ndarray) -> tuple[float, float]:
    return float(np.arcsin(up[2])), float(np.arctan2(up[0], -up[1]))


@pytest.mark.parametrize(
    ("measured", "held", "pitch", "roll", "sd"),
    [
        (None, Held(), 0.0, 0.0, LEVEL),
        (EDGES, Held(), -0.1, 0.0, (0.01, 0.01)),
        (EDGES, Held(pitch=-0.3), -0.3, 0.0, (0.01, TOLD_ANGLE)),
        (None, Held(pitch=0.2, roll=-0.1), 0.2, -0.1, (TOLD_ANGLE, TOLD_ANGLE)),
    ],
)
def test_the_vertical_is_the_best_known(
    measured: MeasuredVertical | None, held: Held, pitch: float, roll: float, sd: tuple[float, float]
) -> None:
    prior = _vertical(measured, held)
    assert angles(np.asarray(prior.mean)) == pytest.approx((pitch, roll), abs=1e-9)
    np.testing.assert_allclose(prior.sd, sd)
