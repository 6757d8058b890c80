"""A clip in one frame and unit, and parts of it."""

import numpy as np
import pytest

from data import formats
from data.clip import InputError, MotionClip


@pytest.fixture
def walk() -> MotionClip:
    return formats.read("builtin:walk")


def test_a_part_holds_the_frames_between_two_times(walk: MotionClip) -> None:
    part = walk.between(0.5, 1.0)
    first, last = round(0.5 * walk.fps), round(1.0 * walk.fps)
    np.testing.assert_array_equal(part.positions, walk.positions[first : last + 1])
    assert part.rotations is not None
    assert walk.rotations is not None
    np.testing.assert_array_equal(part.rotations, walk.rotations[first : last + 1])
    assert part.duration == pytest.approx(0.5, abs=1 / walk.fps)


def test_without_times_nothing_is_left_out(walk: MotionClip) -> None:
    np.testing.assert_array_equal(walk.between(None, None).positions, walk.positions)
    assert walk.between(0.5, None).num_frames + round(0.5 * walk.fps) == walk.num_frames
    assert walk.between(None, 0.5).num_frames == round(0.5 * walk.fps) + 1


@pytest.mark.parametrize(("start", "end"), [(1.0, 0.5), (0.5, 0.5), (5.0, None), (None, 5.0), (-0.5, None)])
def test_a_part_that_is_not_there_is_refused(walk: MotionClip, start: float | None, end: float | None) -> None:
    with pytest.raises(InputError, match=r"walk lasts 1\.2\d\d s, .* give --start and --end within it"):
        walk.between(start, end)
