"""Who is who, for people of five keypoints. They are made up here, so that it is known."""

import numpy as np
import pytest

from data.clip import InputError
from data.keypoints.people import FEWEST, LONGEST_GAP, SEEN, box_around, choose, extent, tracks
from tests.messages import check_remedy

SHAPE = np.array([[0.0, -1.0], [-0.5, 0.0], [0.5, 0.0], [-0.5, 1.0], [0.5, 1.0]])


def person(column: float, row: float = 500.0, height: float = 200.0, confidence: float = 0.9) -> np.ndarray:
    """Return column, row and confidence of somebody's keypoints (5, 3)."""
    return np.column_stack([np.array([column, row]) + height / 2 * SHAPE, np.full(5, confidence)])


def columns(keypoints: np.ndarray) -> list[float]:
    return keypoints[:, 0, 0].tolist()


def test_the_box_around_somebody_holds_what_was_seen_and_a_border() -> None:
    somebody = person(300.0)
    somebody[3] = 0.0, 0.0, SEEN  # not seen
    border = 0.1 * extent(somebody)
    assert box_around(somebody, margin=0.1) == pytest.approx((250 - border, 400 - border, 350 + border, 600 + border))
    assert box_around(person(300.0, confidence=0.0)) is None


def test_people_keep_their_names_whatever_their_order_in_a_frame() -> None:
    """Two walk towards each other and past each other, 400 pixels apart in height, listed in an order that changes."""
    left_to_right = [person(100.0 + 20 * frame, row=300.0) for frame in range(30)]
    right_to_left = [person(700.0 - 20 * frame, row=700.0, height=150.0) for frame in range(30)]
    pairs = list(zip(left_to_right, right_to_left, strict=True))
    people = [np.stack(pair[:: 1 if frame % 3 else -1]) for frame, pair in enumerate(pairs)]
    first, second = tracks(people)
    np.testing.assert_array_equal(first.keypoints, left_to_right)
    np.testing.assert_array_equal(second.keypoints, right_to_left)
    assert first.prominence > second.prominence


def test_the_sum_of_distances_decides_not_the_nearest() -> None:
    """In a row that moves by almost its spacing, everybody is nearest to where the neighbour was."""
    before, after = [100.0, 190.0], [150.0, 240.0]
    people = [np.stack([person(column) for column in row]) for row in (before, after)]
    assert sorted(columns(track.keypoints) for track in tracks(people)) == [[100.0, 150.0], [190.0, 240.0]]


@pytest.mark.parametrize(("gap", "persons"), [(LONGEST_GAP - 1, 1), (LONGEST_GAP, 2)])
def test_after_a_long_gap_somebody_at_the_same_place_is_another(gap: int, persons: int) -> None:
    nobody = np.zeros((0, 5, 3))
    people = [person(100.0)[None], *[nobody] * gap, person(100.0)[None]]
    assert len(tracks(people)) == persons


def test_somebody_who_is_too_far_away_in_the_next_frame_is_another() -> None:
    far = 0.5 * extent(person(0.0))
    for distance, persons in ((0.9 * far, 1), (1.1 * far, 2)):
        assert len(tracks([person(100.0)[None], person(100.0 + distance)[None]])) == persons


def test_a_few_keypoints_are_nobody() -> None:
    someone = person(100.0)
    someone[FEWEST - 1 :, 2] = SEEN
    assert tracks([someone[None]]) == []
    with pytest.raises(InputError, match="nobody was found in walk.json: give a recording") as refused:
        choose([someone[None]], "walk.json")
    check_remedy(str(refused.value))


def test_frames_without_the_person_have_no_confidence() -> None:
    nobody = np.zeros((0, 5, 3))
    keypoints, notes = choose([nobody, person(100.0)[None], nobody, person(110.0)[None]], "walk.json")
    assert keypoints[:, :, 2].any(axis=1).tolist() == [False, True, False, True]
    assert columns(keypoints[[1, 3]]) == [100.0, 110.0]
    assert notes == ()


def test_a_number_chooses_the_person_and_a_crop_leaves_others_out() -> None:
    people = [np.stack([person(100.0, height=150.0), person(900.0)])] * 2
    assert columns(choose(people, "walk.json")[0]) == [900.0, 900.0]
    assert columns(choose(people, "walk.json", person=2)[0]) == [100.0, 100.0]
    assert columns(choose(people, "walk.json", crop=(0.0, 0.0, 200.0, 1000.0))[0]) == [100.0, 100.0]
    with pytest.raises(InputError, match="has 2 persons, but no number 3: give --person from 1 to 2") as refused:
        choose(people, "walk.json", person=3)
    check_remedy(str(refused.value))
