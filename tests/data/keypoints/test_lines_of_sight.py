"""Lines through keypoints meet where the keypoints are, and nothing is made of lines that tell nothing."""

from dataclasses import replace

import numpy as np
import pytest

from data.keypoints.lines_of_sight import (
    FEWEST,
    LinesOfSight,
    apart,
    lines_of_sight,
    meeting_points,
    passing_distance,
)
from data.keypoints.rays import pixels_of_points
from data.rotations import from_wxyz
from tests.data.keypoints.walkers import CAMERAS, FRAMES, NAMES, NOBODY, crowd, see, walker

ME = walker(0.0, 0.0)
ALL = np.ones((2, FRAMES), bool)


def look(number: int, points: np.ndarray = ME) -> LinesOfSight:
    """Return the exact lines from a camera to points."""
    return lines_of_sight(crowd(see(points, CAMERAS[number], noise_px=0.0)), CAMERAS[number])


def test_lines_go_through_what_the_camera_sees() -> None:
    assert np.max(look(0).distance_to(ME)) < 1e-3
    aside = ME + 0.3 * np.cross(look(0).direction[:, 0], [0.0, 0.0, 1.0])
    np.testing.assert_allclose(look(0).distance_to(aside), 0.3, atol=0.02)


def test_what_is_behind_a_camera_is_not_in_its_picture() -> None:
    camera = CAMERAS[0]
    behind = 2 * camera.center - ME
    assert np.isnan(pixels_of_points(camera, behind)).all()
    assert np.isnan(pixels_of_points(camera, np.full_like(ME, np.nan))).all()


def test_lines_meet_where_the_points_are() -> None:
    lines = [look(number) for number in range(4)]
    np.testing.assert_allclose(meeting_points(lines, np.ones((4, FRAMES), bool)), ME, atol=1e-3)
    assert np.max(apart(lines[0], lines[1])) < 1e-3


def test_the_distance_of_lines_has_a_side() -> None:
    up = [0.0, 0.0, 0.2]
    passes = passing_distance(look(0), look(1, ME + up)), passing_distance(look(0), look(1, ME - up))
    assert (np.sign(passes[0]) == -np.sign(passes[1])).all()
    np.testing.assert_allclose(np.abs(passes[0][:, 0]), 0.2, atol=0.01)  # the nose is as high as the cameras


def test_lines_that_would_meet_behind_the_cameras_do_not_meet() -> None:
    """Two cameras look the same way, side by side. One sees somebody at the left, the other somebody at the right."""
    one = CAMERAS[0]
    aside, ahead = from_wxyz(one.rotation).as_matrix()[[0, 2]]
    other = replace(one, translation=one.translation - from_wxyz(one.rotation).apply(aside))
    middle = ME - ME.mean(axis=(0, 1)) + one.center + 5.0 * ahead
    left, right = (
        lines_of_sight(crowd(see(middle + side * aside, camera, noise_px=0.0)), camera)
        for side, camera in ((-0.7, one), (1.7, other))
    )
    assert np.abs(passing_distance(left, right)).max() < 0.1
    assert np.min(apart(left, right)) > 0.25
    inverted = 2 * one.center - middle
    assert np.min(left.distance_to(inverted)) > 0.25


def test_opposite_cameras_see_one_person() -> None:
    one = CAMERAS[0]
    about_x = from_wxyz(np.array([0.0, 1.0, 0.0, 0.0]))
    turn = from_wxyz(one.rotation)
    middle = ME.mean(axis=(0, 1))
    across = 2 * middle - one.center
    half_turn = turn.inv() * about_x * turn
    opposite_turn = turn * half_turn.inv()
    opposite = replace(one, rotation=opposite_turn.as_quat(scalar_first=True), translation=-opposite_turn.apply(across))
    seen = [lines_of_sight(crowd(see(ME, camera)), camera) for camera in (one, opposite)]
    assert np.max(apart(*seen)) < 0.04


def test_a_line_alone_and_parallel_lines_meet_nowhere() -> None:
    one, other = look(0), look(1)
    used = ALL.copy()
    used[1, :5] = False
    points = meeting_points([one, other], used)
    assert np.isnan(points[:5]).all()
    assert np.isfinite(points[5:]).all()
    assert np.isnan(meeting_points([one, one], ALL)).all()
    unsure = replace(other, sure=other.sure & (np.arange(len(NAMES)) != 2))
    assert np.isnan(meeting_points([one, unsure], ALL)[:, 2]).all()


def test_too_few_keypoints_tell_nothing() -> None:
    one, other = look(0), look(1)
    few = replace(other, sure=other.sure & (np.arange(len(NAMES)) < FEWEST - 1))
    assert np.isnan(apart(one, few)).all()
    assert np.isnan(few.distance_to(ME)).all()
    enough = replace(other, sure=other.sure & (np.arange(len(NAMES)) < FEWEST))
    assert np.isfinite(apart(one, enough)).all()


@pytest.mark.parametrize("frames", [3, -4])
def test_a_camera_that_is_read_later_shows_what_it_saw_later(frames: int) -> None:
    later = look(0).shifted(frames)
    count = FRAMES - abs(frames)
    there = slice(0, count) if frames > 0 else slice(-frames, None)
    source = slice(frames, None) if frames > 0 else slice(0, count)
    np.testing.assert_array_equal(later.direction[there], look(0).direction[source])
    assert later.sure[there].all()
    assert later.sure.sum() == len(NAMES) * count


def test_only_the_person_that_is_picked_is_sure() -> None:
    seen = see(ME, CAMERAS[0])
    lines = lines_of_sight([*crowd(seen, seen + 5.0)[:-1], NOBODY[0]], CAMERAS[0])
    picked = np.where(np.arange(FRAMES) < 10, 1, -1)
    one = lines.of(picked)
    np.testing.assert_array_equal(one.direction[:10, 0], lines.direction[:10, 1])
    assert one.sure[:10].all()
    assert not one.sure[10:].any()
    assert not lines.sure[-1].any()
