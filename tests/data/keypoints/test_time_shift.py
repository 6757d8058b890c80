"""A camera that began early or late is found by the motion, and errors of the detector are not taken for that."""

import numpy as np
import pytest

from data.keypoints.lines_of_sight import LinesOfSight, lines_of_sight
from data.keypoints.time_shift import best_shift
from tests.data.keypoints.walkers import CAMERAS, FRAMES, NOBODY, crowd, see, walker

ME = walker(0.0, 0.0)


def look(number: int, delay: int = 0, aside: float = 0.0) -> LinesOfSight:
    """Return what a camera sees that shows each moment some frames later, with a detector that errs to one side."""
    seen = see(ME, CAMERAS[number], seed=number)
    seen = seen[np.arange(FRAMES).clip(delay, None) - delay] if delay > 0 else seen
    seen[..., 0] += aside
    return lines_of_sight(crowd(seen), CAMERAS[number])


@pytest.mark.parametrize("cameras", [[0, 1], [0, 1, 2, 3], [1, 3]])
def test_a_late_camera_is_found(cameras: list[int]) -> None:
    lines = [look(number, delay=4 if number == cameras[-1] else 0) for number in cameras]
    frames, missed = best_shift(lines[-1], lines[:-1], 8)
    assert frames == pytest.approx(4, abs=1)
    assert missed < 0.8


def test_cameras_in_step_are_left_so() -> None:
    """A detector that errs by 20 pixels to one side is not late."""
    lines = [look(0), look(1, aside=20.0), look(2)]
    for camera in range(3):
        frames, missed = best_shift(lines[camera], lines[:camera] + lines[camera + 1 :], 8)
        assert abs(frames) <= 1
        assert missed > 0.9


def test_nothing_is_made_of_people_who_are_never_seen_together() -> None:
    lines = [look(0), lines_of_sight(NOBODY, CAMERAS[1])]
    assert best_shift(lines[1], lines[:1], 8)[1] == 1.0


def test_somebody_who_does_not_move_at_all_is_not_late() -> None:
    still = np.repeat(see(ME, CAMERAS[0], noise_px=0.0)[:1], FRAMES, axis=0)
    one = lines_of_sight(crowd(still), CAMERAS[0])
    other = lines_of_sight(crowd(np.repeat(see(ME, CAMERAS[1], noise_px=0.0)[:1], FRAMES, axis=0)), CAMERAS[1])
    assert best_shift(other, [one], 8)[1] == 1.0
