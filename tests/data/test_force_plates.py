"""Plates under a person of 700 N who stands, leaves, jumps, or shares a plate between the feet."""

import numpy as np

from data.force_plates import (
    ForcePlates,
    carrying_frames,
    mean_over_intervals,
    vertical_force_of_feet,
)
from data.joint_tracks import JointTracks

WEIGHT = 700.0
RATE = 100.0
RIGHT, LEFT = (0.0, -0.15, 0.0), (0.0, 0.15, 0.0)


def plates(*vertical: np.ndarray, points: tuple[tuple[float, float, float], ...] = (RIGHT, LEFT)) -> ForcePlates:
    """Plates with these vertical forces, whose centres of pressure stay in place."""
    count = len(vertical[0])
    force = np.zeros((count, len(vertical), 3))
    force[..., 2] = np.stack(vertical, axis=1)
    point = np.tile(np.array(points[: len(vertical)]), (count, 1, 1))
    return ForcePlates(tuple(map(str, range(len(vertical)))), np.arange(count) / RATE, force, point)


def feet(count: int, lift_left: float = 0.0) -> JointTracks:
    """Ankles over the two plates. The left foot is lifted in the second half."""
    ankle = np.tile(np.array([RIGHT, LEFT]) + np.array([-0.05, 0.0, 0.08]), (count, 1, 1))
    ankle[count // 2 :, 1, 2] += lift_left
    return JointTracks(("right_ankle", "left_ankle"), np.arange(count) / RATE, ankle)


def test_a_flight_counts_and_a_seat_does_not() -> None:
    def carried(empty_s: float) -> np.ndarray:
        total = np.full(300, WEIGHT)
        total[100 : 100 + round(empty_s * RATE)] = 100.0
        return carrying_frames(plates(total), WEIGHT)

    assert carried(0.5).all()
    assert not carried(1.5)[100:250].any()
    assert carried(1.5)[250:].all()


def test_who_steps_onto_the_plates_counts_from_the_full_load() -> None:
    ramp = np.concatenate([np.zeros(50), np.linspace(0, WEIGHT, 101), np.full(100, WEIGHT)])
    assert np.flatnonzero(carrying_frames(plates(ramp), WEIGHT))[0] == 50 + 80


def test_each_foot_has_the_force_of_its_plate() -> None:
    right = np.linspace(200, 500, 200)
    forces = vertical_force_of_feet(plates(right, WEIGHT - right), feet(200), WEIGHT)
    np.testing.assert_allclose(forces["right"], right)
    np.testing.assert_allclose(forces["left"], WEIGHT - right)


def test_a_lifted_foot_has_no_force_and_the_other_is_known() -> None:
    right = np.concatenate([np.full(100, 300.0), np.full(100, WEIGHT)])
    forces = vertical_force_of_feet(plates(right, WEIGHT - right), feet(200, lift_left=0.2), WEIGHT)
    np.testing.assert_allclose(forces["left"][110:], 0.0)
    np.testing.assert_allclose(forces["right"][110:], WEIGHT)


def test_a_plate_under_both_feet_tells_neither() -> None:
    """Whether its centre of pressure lies between the feet, or under one because that foot carries more."""
    for point in ((0.0, 0.0, 0.0), RIGHT):
        forces = vertical_force_of_feet(plates(np.full(200, WEIGHT), points=(point,)), feet(200), WEIGHT)
        assert np.isnan(forces["left"]).all()
        assert np.isnan(forces["right"]).all()


def test_a_plate_that_is_far_from_both_feet_tells_neither() -> None:
    half = np.full(200, WEIGHT / 2)
    forces = vertical_force_of_feet(plates(half, half, points=(RIGHT, (1.0, 0.0, 0.0))), feet(200), WEIGHT)
    assert np.isnan(forces["right"]).all()


def test_means_over_intervals_are_those_of_the_line_between_the_samples() -> None:
    time = np.arange(0, 2, 0.013)
    rounded = mean_over_intervals(time, 3.0 * time + 1.0, np.array([0.1 - 1e-9, time[-1] + 1e-9]), 0.1)
    assert np.isfinite(rounded).all()  # rates of 25 and 100 Hz are not exact in float32
    means = mean_over_intervals(time, 3.0 * time + 1.0, np.array([0.5, 1.0]), 0.1)
    np.testing.assert_allclose(means, 3.0 * np.array([0.45, 0.95]) + 1.0)


def test_means_over_intervals_that_are_not_known_throughout_are_not_known() -> None:
    time = np.arange(101) / 100
    values = np.ones(101)
    values[50] = np.nan
    means = mean_over_intervals(time, values, np.array([0.05, 0.45, 0.505, 0.61, 0.7, 1.005]), 0.1)
    assert np.isnan(means).tolist() == [True, False, True, False, False, True]
    np.testing.assert_allclose(means[[1, 3, 4]], 1.0)
