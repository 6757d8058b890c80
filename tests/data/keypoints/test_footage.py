"""What the pictures of a film tell beside keypoints."""

import numpy as np
import pytest

from data.keypoints.footage import CutFinder, Stills
from tests.data.keypoints.test_pose_detector import pictures


@pytest.mark.parametrize("length", [3, 4, 7, 8, 9, 100, 1023])
def test_stills_are_spread_over_a_video_of_any_length(length: int) -> None:
    stills = Stills(4)
    for number in range(length):
        stills.add(np.full((2, 3, 3), number % 256, np.uint8))
    kept = stills.kept()
    assert min(length, 4) <= len(kept) < 8
    numbers = np.array([still.frame for still in kept])
    assert [still.grey[0, 0] for still in kept] == (numbers % 256).tolist()
    assert numbers[0] == 0
    steps = np.diff([*numbers, length])
    assert (steps[:-1] == steps[0]).all()
    assert steps[-1] <= steps[0]


def test_a_cut_is_noticed_and_a_motion_is_not() -> None:
    finder = CutFinder()
    for picture in (*pictures(10), *pictures(10, brightness=200)):
        finder.add(picture)
    assert finder.cuts() == [10]
    calm = CutFinder()
    for picture in pictures(20):
        calm.add(picture)
    assert calm.cuts() == []
