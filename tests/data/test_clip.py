"""A clip in one frame and unit, and parts of it."""

from dataclasses import replace

import numpy as np
import pytest

from data import formats
from data.clip import MAX_ROOT_SPEED, InputError, MotionClip, check_clip


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
    with pytest.raises(InputError, match=r"walk (lasts|ends at) 1\.2\d\d s, .*: give --start and --end within it"):
        walk.between(start, end)


def test_a_time_after_the_end_is_told_from_a_part_of_no_length(walk: MotionClip) -> None:
    end = f"walk ends at {walk.duration:.3f} s, before the given "
    for time, said in ((100.0, "100 s"), (np.inf, "inf s")):
        with pytest.raises(InputError, match=f"{end}--end of {said}"):
            walk.between(None, time)
        with pytest.raises(InputError, match=f"{end}--start of {said}"):
            walk.between(time, None)
    with pytest.raises(InputError, match="no motion lies between 0.5 s and 0.5 s"):
        walk.between(0.5, 0.5)


def moved(clip: MotionClip, frames: slice, way: tuple[float, float, float]) -> MotionClip:
    """The clip with all its joints elsewhere, by `way` (m), in these frames."""
    positions = np.array(clip.positions)
    positions[frames] += way
    return replace(clip, positions=positions)


def test_a_root_that_jumps_is_refused_by_the_frame(walk: MotionClip) -> None:
    lost = moved(walk, slice(12, 13), (0.0, 1000.0, 0.0))
    with pytest.raises(
        InputError, match=r"^w\.bvh: the root jumps 1000\.\d\d m from frame 12 to frame 13: repair or cut"
    ):
        check_clip(lost, "w.bvh")
    with pytest.raises(InputError, match="from frame 15 to frame 16: "):
        check_clip(lost, "w.bvh", first_frame=4)
    with pytest.raises(InputError, match="from frame 20 to frame 21: "):
        check_clip(moved(walk, slice(20, None), (0.0, 0.0, 3.2)), "w.bvh")


def test_the_fastest_root_that_a_person_may_have_is_kept(walk: MotionClip) -> None:
    still = replace(walk, positions=np.tile(walk.positions[:1], (walk.num_frames, 1, 1)))
    step = MAX_ROOT_SPEED / walk.fps
    fast = moved(still, slice(12, None), (0.99 * step, 0.0, 0.0))
    assert check_clip(fast, "w.bvh") is fast
    with pytest.raises(InputError, match="the root jumps"):
        check_clip(moved(still, slice(12, None), (1.01 * step, 0.0, 0.0)), "w.bvh")


def test_a_jump_is_seen_below_a_root_that_stays_at_the_origin(walk: MotionClip) -> None:
    """As in rigs whose first joint marks the scene, and whose hips carry the motion."""
    lost = moved(walk, slice(12, 13), (3.2, 0.0, 0.0))
    assert lost.rotations is not None
    upright = np.array([1.0, 0.0, 0.0, 0.0])
    hung = replace(
        lost,
        joint_names=("Reference", *walk.joint_names),
        parents=(-1, *(parent + 1 for parent in walk.parents)),
        positions=np.insert(lost.positions, 0, 0.0, axis=1),
        rotations=np.insert(lost.rotations, 0, upright, axis=1),
        rest_positions=np.insert(walk.rest_positions, 0, 0.0, axis=0),
        rest_rotations=np.insert(walk.rest_rotations, 0, upright, axis=0),
    )
    with pytest.raises(InputError, match="the root jumps 3.* m from frame 12 to frame 13"):
        check_clip(hung, "w.bvh")


def test_a_body_that_turns_about_a_root_in_one_place_does_not_jump(walk: MotionClip) -> None:
    assert walk.rotations is not None
    turned = walk.rest_positions * (-1.0, -1.0, 1.0)
    positions = np.where(np.arange(walk.num_frames)[:, None, None] == 12, turned, walk.rest_positions)
    clip = replace(walk, positions=positions - positions[:, :1], fps=1000.0)
    assert check_clip(clip, "w.bvh") is clip
