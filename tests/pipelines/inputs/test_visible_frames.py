"""The part of a recording that shows the person, and how its gaps are filled."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.clip import InputError, MotionClip
from data.keypoints.clip import KeypointClip
from data.rotations import to_wxyz
from pipelines.inputs.visible_frames import (
    GUESS,
    LONGEST_GAP_S,
    drop_outside_picture,
    fill_missing_frames,
    frames_between,
    frames_with_person,
    interpolate_unseen,
    longest_seen_span,
    take_frames,
    take_seen_part,
)
from tests.messages import check_remedy
from tests.pipelines.inputs.conftest import SIZE, see

FPS = 10.0


def clip_found_in(frames: list[int], count: int = 30, first: int = 0) -> KeypointClip:
    """Return two keypoints that move right by a pixel a frame. They are found in some of the frames."""
    pixel = np.zeros((count, 2, 2)) + np.arange(count, dtype=float)[:, None, None]
    confidence = np.zeros((count, 2))
    confidence[frames] = 1.0
    return KeypointClip("clip", FPS, ("left_ankle", "right_ankle"), pixel, confidence, first=first)


def test_times_become_frames_both_of_them_included() -> None:
    assert frames_between("clip", FPS, 30, None, None) == slice(0, 30)
    assert frames_between("clip", FPS, 30, 0.52, 1.0) == slice(5, 11)
    for start, end in ((1.0, 0.5), (3.0, None), (None, 3.0), (-1.0, None)):
        with pytest.raises(InputError, match="lasts 2.90 s: give --start and --end within it") as refused:
            frames_between("clip", FPS, 30, start, end)
        check_remedy(str(refused.value))


def test_frames_that_are_taken_keep_their_number_in_the_file() -> None:
    taken = take_frames(take_frames(clip_found_in([0], first=7), slice(3, 20)), slice(2, 5))
    assert (taken.first, taken.num_frames) == (12, 3)
    np.testing.assert_array_equal(taken.pixel[:, 0, 0], [5.0, 6.0, 7.0])


def test_a_guess_is_nobody() -> None:
    confidence = np.array([[0.0, GUESS], [0.5 * GUESS, 0.9 * GUESS], [0.0, 1.0]])
    assert frames_with_person(confidence).tolist() == [True, False, True]


def test_a_short_gap_does_not_end_a_span() -> None:
    gap = round(LONGEST_GAP_S * FPS)
    assert longest_seen_span(clip_found_in([1, 2, 3, 3 + gap + 1, 20, 21])) == slice(1, 3 + gap + 2)
    assert longest_seen_span(clip_found_in([1, 2, 3, 3 + gap + 2, 20, 21])) == slice(1, 4)


@pytest.mark.parametrize("frames", [[], [4], [4, 20]])
def test_a_person_seen_too_briefly_is_said(frames: list[int]) -> None:
    with pytest.raises(InputError, match="nobody is seen for long enough in clip") as refused:
        longest_seen_span(clip_found_in(frames))
    check_remedy(str(refused.value))


def test_gaps_are_filled_in_between() -> None:
    values = np.array([[1.0], [np.nan], [np.nan], [7.0], [8.0]])
    filled = interpolate_unseen(values, np.array([True, False, False, True, True]))
    np.testing.assert_allclose(filled, [[1.0], [3.0], [5.0], [7.0], [8.0]])


def test_what_is_not_known_at_the_ends_stays() -> None:
    values = np.array([[np.nan], [np.nan], [0.0], [1.0], [np.nan], [np.nan]])
    filled = interpolate_unseen(values, np.array([False, False, True, True, False, False]))
    np.testing.assert_allclose(filled[:, 0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0])


def test_frames_without_the_person_are_filled_and_not_found() -> None:
    clip = clip_found_in([0, 1, 4, 5], count=6)
    clip.pixel[2:4] = 500.0
    clip.confidence[2, 0] = 0.5 * GUESS
    filled = fill_missing_frames(clip)
    np.testing.assert_allclose(filled.pixel[:, 1, 0], np.arange(6.0))
    assert not filled.confidence[2:4].any()


def test_the_part_agrees_with_its_frames() -> None:
    """Ask for frames 5 to 20. The person comes into the picture in frame 7."""
    clip = clip_found_in(list(range(25)), first=100)
    clip.pixel[5:7] = -50.0
    clip.pixel[:, :, 0] += 1.0
    clip.confidence[9] = 0.0
    camera = from_field_of_view(60.0, SIZE)
    part = take_seen_part(clip, camera, 0.5, 2.0)
    assert part.frames == slice(7, 21)
    assert part.start_s == pytest.approx(0.7)
    assert part.keypoints.first == clip.first + part.frames.start
    np.testing.assert_allclose(part.keypoints.pixel, clip.pixel[part.frames])
    assert part.keypoints.notes == ("frames 107 to 120 are taken",)
    assert not part.keypoints.confidence[2].any()


def test_nothing_is_noted_where_all_frames_are_taken() -> None:
    part = take_seen_part(clip_found_in(list(range(30))), from_field_of_view(60.0, SIZE), None, None)
    assert part.frames == slice(0, 30)
    assert not part.keypoints.notes


def test_a_camera_that_moves_is_taken_with_its_keypoints(camera: CalibratedCamera) -> None:
    turns = to_wxyz(Rotation.from_euler("z", np.linspace(0.0, 1.0, 30)[:, None]))
    moving = replace(camera, rotation=turns, translation=np.tile(camera.translation, (30, 1)))
    part = take_seen_part(clip_found_in(list(range(12, 25))), moving, 0.5, 2.0)
    assert part.frames == slice(12, 21)
    np.testing.assert_array_equal(part.camera.rotation, turns[12:21])
    with pytest.raises(InputError, match="has 30 poses for 20 frames"):
        take_seen_part(clip_found_in([0], count=20), moving, None, None)


def test_feet_that_are_not_seen_are_said(walk: MotionClip, camera: CalibratedCamera) -> None:
    """Both feet are outside the picture in five frames. One missing foot is not noted."""
    clip = see(walk, camera)
    feet = [clip.keypoint(f"{side}_ankle") for side in ("left", "right")]
    clip.pixel[10:15, feet, 1] = 1500.0
    clip.confidence[20:25, feet[0]] = 0.0
    inside = drop_outside_picture(clip, camera.size)
    assert "neither foot is seen in frames 10-14: their motion is guessed" in inside.notes
    assert not inside.confidence[10:15, feet].any()
    assert not drop_outside_picture(see(walk, camera), camera.size).notes


def test_who_leaves_the_picture_is_followed_in_the_longest_part_and_the_gap_is_said() -> None:
    """The person is away for more than a second, and at the end. A detection of a moment there does not count."""
    clip = clip_found_in([*range(2, 8), *range(20, 30), 39], count=40, first=5)
    part = take_seen_part(clip, from_field_of_view(60.0, SIZE), None, None)
    assert part.frames == slice(20, 30)
    assert part.keypoints.confidence.all()
    (gap,) = part.keypoints.findings
    assert (gap.level, gap.value) == ("doubtful", "1.2 s between two parts")
    assert "does not show the person from 1.3 to 2.5 s, and only the longest part is taken, from 2.5 to 3.4 s" in (
        gap.sentence
    )
    check_remedy(gap.sentence)


def test_a_person_who_comes_and_goes_once_leaves_no_doubt() -> None:
    part = take_seen_part(clip_found_in([*range(8, 15), *range(17, 22)]), from_field_of_view(60.0, SIZE), None, None)
    assert part.frames == slice(8, 22)
    assert [finding.level for finding in part.keypoints.findings] == ["good"]
