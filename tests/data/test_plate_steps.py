"""Feet that step on plates of half a metre: the right one on the first, then the left one on the second."""

from dataclasses import replace

import numpy as np
import pytest

from data.force_plates import ForcePlates
from data.joint_tracks import JointTracks
from data.plate_steps import find_steps

RATE = 100.0
TIME = np.arange(200) / RATE
SQUARE = np.array([[0.25, 0.25, 0.0], [-0.25, 0.25, 0.0], [-0.25, -0.25, 0.0], [0.25, -0.25, 0.0]])
CENTRES = np.array([[0.0, -0.1, 0.0], [0.7, 0.1, 0.0]])
RIGHT, LEFT = (0.3, 0.9), (0.8, 1.4)  # when each foot loads its plate, s


def load(start: float, end: float, peak: float = 700.0) -> np.ndarray:
    """A force that rises and falls between two times, N."""
    return np.where((start < TIME) & (end > TIME), peak * np.sin(np.pi * (TIME - start) / (end - start)), 0.0)


def plates(*vertical: np.ndarray, points: np.ndarray = CENTRES) -> ForcePlates:
    force = np.zeros((len(TIME), 2, 3))
    force[..., 2] = np.stack(vertical, axis=1)
    force[..., 0] = 0.1 * force[..., 2]
    return ForcePlates(("1", "2"), TIME, force, np.tile(points, (len(TIME), 1, 1)), points[:, None] + SQUARE)


def feet(left: float = 0.0, right: float = 0.0) -> JointTracks:
    """Feet of 15 cm that stand over the plates, moved ahead by some metres."""
    ankle = {"left": CENTRES[1] + [left - 0.08, 0.0, 0.08], "right": CENTRES[0] + [right - 0.08, 0.0, 0.08]}
    names = tuple(f"{side}_{joint}" for side in ankle for joint in ("ankle", "toe"))
    points = [ankle[name.split("_")[0]] + [0.15 * name.endswith("toe"), 0.0, 0.0] for name in names]
    return JointTracks(names, TIME, np.tile(np.stack(points), (len(TIME), 1, 1)))


WALK = plates(load(*RIGHT), load(*LEFT))


def test_each_load_is_a_step_of_the_foot_above_it() -> None:
    (first, second), notes = find_steps(WALK, feet())
    assert not notes
    assert (first.side, second.side) == ("right", "left")
    assert (first.start_s, first.end_s) == (pytest.approx(0.31, abs=0.011), pytest.approx(0.89, abs=0.011))
    np.testing.assert_array_equal(first.force_N, np.where(load(*RIGHT)[:, None] > 20.0, WALK.force_N[:, 0], 0.0))
    np.testing.assert_allclose(second.point_m[110], CENTRES[1])
    assert np.isnan(second.point_m[50]).all()


def test_a_foot_on_two_plates_makes_one_step() -> None:
    vertical = load(0.3, 0.9)
    points = np.array([[0.2, -0.1, 0.0], [0.3, -0.1, 0.0]])
    ((step,), _) = find_steps(replace(plates(vertical, 3 * vertical, points=points), corners_m=None), feet(right=0.25))
    np.testing.assert_allclose(step.force_N[60, 2], 4 * vertical[60])
    np.testing.assert_allclose(step.point_m[60, 0], 0.275)


def test_what_began_before_and_goes_on_after_counts_while_it_is_measured() -> None:
    whole = np.full(len(TIME), 350.0)
    steps, _ = find_steps(plates(whole, whole), feet())
    assert [(step.start_s, step.end_s) for step in steps] == [(TIME[0], TIME[-1])] * 2


REASONS = {
    "partly off": (WALK, feet(right=0.22), "the right foot is partly off it"),
    "elsewhere": (WALK, feet(right=2.0), "no foot is near"),
    "another time": (WALK, replace(feet(), time_s=TIME + 1.0), "does not cover"),
    "shared": (plates(load(0.3, 0.9), 0 * TIME, points=CENTRES * [[1.0, 0.0, 1.0]]), feet(left=-0.7), "both feet"),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_load_that_is_no_whole_step_is_left_out_and_said(case: str) -> None:
    measured, tracks, reason = REASONS[case]
    if case == "shared":  # the centre of pressure goes from one foot to the other
        measured.point_m[:, 0, 1] = np.where(TIME < 0.6, -0.1, 0.1)
    steps, notes = find_steps(measured, tracks)
    assert any(reason in note and note.startswith("plate 1 from 0.3") for note in notes), notes
    assert "right" not in [step.side for step in steps]


def test_brushes_are_no_steps() -> None:
    steps, notes = find_steps(plates(load(*RIGHT), load(0.5, 0.55) + load(0.8, 1.4, peak=60.0)), feet())
    assert [step.side for step in steps] == ["right"]
    assert not notes
