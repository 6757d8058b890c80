"""Bones are as long as they are, although the ends have errors."""

import numpy as np
import pytest

from diffphy.film.body_points import BONES, POINTS, index
from diffphy.film.measured_bones import measure_bones
from tests.diffphy.film import mannequin

LIMBS = ("thigh", "shank", "upper_arm", "forearm")


def with_errors(sd: float) -> np.ndarray:
    """Return many moments of the mannequin, m."""
    points = np.tile(mannequin.points(40), (50, 1, 1))
    return points + np.random.default_rng(0).normal(scale=sd, size=points.shape)


def test_errors_of_the_ends_make_no_bone_longer() -> None:
    """The mean distance of the ends is 2 % too long for a forearm."""
    points = with_errors(0.03)
    found = dict(zip(BONES, measure_bones(POINTS, points, mannequin.STATURE), strict=True))
    assert [found[name] for name in LIMBS] == pytest.approx([0.0] * len(LIMBS), abs=0.004)
    distance = np.linalg.norm(points[:, index("left_elbow")] - points[:, index("left_wrist")], axis=1)
    assert distance.mean() > 1.02 * BONES["forearm"].share * mannequin.STATURE


def test_bones_without_points_are_as_long_as_the_others_have_them() -> None:
    names = [name for name in POINTS if "heel" not in name and name not in ("ears", "nose")]
    points = 1.1 * mannequin.points(5)[:, [POINTS.index(name) for name in names]]
    found = dict(zip(BONES, measure_bones(names, points, mannequin.STATURE), strict=True))
    seen = [found[name] for name in BONES if name not in ("foot", "heel", "neck", "face")]
    assert [found[name] for name in ("foot", "heel", "neck", "face")] == pytest.approx([np.mean(seen)] * 4)
    assert found["shank"] == pytest.approx(np.log(1.1), abs=1e-6)


def test_bones_that_are_only_errors_have_a_length() -> None:
    points = np.random.default_rng(0).normal(size=(20, len(POINTS), 3))
    assert np.isfinite(measure_bones(POINTS, points, mannequin.STATURE)).all()
