"""Who is who, for people of five keypoints. They are made up here, so that it is known."""

import numpy as np
import pytest

from data.clip import InputError
from data.keypoints.clip import FOUND
from data.keypoints.people import FEWEST, LONGEST_GAP_S, box_around, choose, extent, tracks
from tests.messages import check_remedy

FPS = 30.0
SHAPE = np.array([[0.0, -1.0], [-0.5, 0.0], [0.5, 0.0], [-0.5, 1.0], [0.5, 1.0]])


def person(column: float, row: float = 500.0, height: float = 200.0, confidence: float = 0.9) -> np.ndarray:
    """Return column, row and confidence of somebody's keypoints (5, 3)."""
    return np.column_stack([np.array([column, row]) + height / 2 * SHAPE, np.full(5, confidence)])


def columns(keypoints: np.ndarray) -> list[float]:
    return keypoints[:, 0, 0].tolist()


def test_the_box_around_somebody_holds_what_was_seen_and_a_border() -> None:
    somebody = person(300.0)
    somebody[3] = 0.0, 0.0, FOUND  # not seen
    border = 0.1 * extent(somebody)
    assert box_around(somebody, margin=0.1) == pytest.approx((250 - border, 400 - border, 350 + border, 600 + border))
    assert box_around(person(300.0, confidence=0.0)) is None


def test_people_keep_their_names_whatever_their_order_in_a_frame() -> None:
    """Two walk towards each other and past each other, 400 pixels apart in height, listed in an order that changes."""
    left_to_right = [person(100.0 + 20 * frame, row=300.0) for frame in range(30)]
    right_to_left = [person(700.0 - 20 * frame, row=700.0, height=150.0) for frame in range(30)]
    pairs = list(zip(left_to_right, right_to_left, strict=True))
    people = [np.stack(pair[:: 1 if frame % 3 else -1]) for frame, pair in enumerate(pairs)]
    first, second = tracks(people, FPS)
    np.testing.assert_array_equal(first.keypoints, left_to_right)
    np.testing.assert_array_equal(second.keypoints, right_to_left)
    assert first.prominence > second.prominence


def test_the_sum_of_distances_decides_not_the_nearest() -> None:
    """In a row that moves by almost its spacing, everybody is nearest to where the neighbour was."""
    before, after = [100.0, 190.0], [150.0, 240.0]
    people = [np.stack([person(column) for column in row]) for row in (before, after)]
    assert sorted(columns(track.keypoints) for track in tracks(people, FPS)) == [[100.0, 150.0], [190.0, 240.0]]


@pytest.mark.parametrize("fps", [30.0, 240.0])
@pytest.mark.parametrize(("longer", "persons"), [(-1, 1), (0, 2)])
def test_after_a_long_gap_somebody_at_the_same_place_is_another(longer: int, persons: int, fps: float) -> None:
    """Half a second is as long in a fast film as in a slow one."""
    nobody = np.zeros((0, 5, 3))
    people = [person(100.0)[None], *[nobody] * (round(LONGEST_GAP_S * fps) + longer), person(100.0)[None]]
    assert len(tracks(people, fps)) == persons


def test_a_person_who_comes_back_and_is_left_out_is_said() -> None:
    """Not if somebody else is there all the time, or if the user says who it is."""
    nobody, back = np.zeros((0, 5, 3)), [person(400.0)[None]] * 15
    people = [*[person(100.0)[None]] * 30, *[nobody] * 20, *back]
    *_, (finding,) = choose(people, FPS, "walk.mp4")
    assert (finding.level, finding.value) == ("doubtful", "0.5 s of somebody who may be the person")
    assert "somebody is in walk.mp4 from 1.7 to 2.1 s" in finding.sentence
    check_remedy(finding.sentence)
    assert choose(people, FPS, "walk.mp4", person=1)[2] == ()
    both = [np.concatenate([person(900.0)[None], each]) for each in people]
    *_, (finding,) = choose(both, FPS, "walk.mp4")
    assert finding.level == "good"


def test_somebody_who_is_too_far_away_in_the_next_frame_is_another() -> None:
    far = 0.5 * extent(person(0.0))
    for distance, persons in ((0.9 * far, 1), (1.1 * far, 2)):
        assert len(tracks([person(100.0)[None], person(100.0 + distance)[None]], FPS)) == persons


def test_a_few_keypoints_are_nobody() -> None:
    someone = person(100.0)
    someone[FEWEST - 1 :, 2] = FOUND
    assert tracks([someone[None]], FPS) == []
    with pytest.raises(InputError, match="nobody was found in walk.json: give a recording") as refused:
        choose([someone[None]], FPS, "walk.json")
    check_remedy(str(refused.value))


def test_frames_without_the_person_have_no_confidence() -> None:
    nobody = np.zeros((0, 5, 3))
    people = [nobody, person(100.0)[None], nobody, person(110.0)[None]]
    keypoints, notes, _ = choose(people, FPS, "walk.json")
    assert keypoints[:, :, 2].any(axis=1).tolist() == [False, True, False, True]
    assert columns(keypoints[[1, 3]]) == [100.0, 110.0]
    assert notes == ()


def test_a_number_chooses_the_person_and_a_crop_leaves_others_out() -> None:
    people = [np.stack([person(100.0, height=150.0), person(900.0)])] * 2
    assert columns(choose(people, FPS, "walk.json")[0]) == [900.0, 900.0]
    assert columns(choose(people, FPS, "walk.json", person=2)[0]) == [100.0, 100.0]
    assert columns(choose(people, FPS, "walk.json", crop=(0.0, 0.0, 200.0, 1000.0))[0]) == [100.0, 100.0]
    with pytest.raises(
        InputError, match=r"has 2 persons \(.*\), but no number 3: give --person from 1 to 2"
    ) as refused:
        choose(people, FPS, "walk.json", person=3)
    check_remedy(str(refused.value))


def test_a_crop_without_anybody_is_said() -> None:
    with pytest.raises(InputError, match="nobody was found in walk.mp4 inside the crop: give other edges") as refused:
        choose([person(100.0)[None]] * 3, FPS, "walk.mp4", crop=(500.0, 0.0, 600.0, 700.0))
    check_remedy(str(refused.value))


def test_where_and_when_each_person_is_is_said() -> None:
    """The edges are those that --crop takes: they choose that person."""
    wide, narrow = [person(900.0 + frame) for frame in range(61)], person(100.0, height=100.0)
    people = [np.stack([narrow, each] if frame < 45 else [each]) for frame, each in enumerate(wide)]
    _, (note, *_), _ = choose(people, FPS, "walk.json", first=30)
    assert note.startswith(
        "person 1 of 2, the most prominent, in 61 of 61 frames; person 1 inside 853,400,1007,600 from 1.0 to 3.0 s, "
        "person 2 inside 75,450,125,550 from 1.0 to 2.5 s; "
    )
    with pytest.raises(InputError, match="person 2 inside 75,450,125,550 from 0.0 to 1.5 s"):
        choose(people, FPS, "walk.json", person=3)
    for column, crop in ((850.0, (853.0, 400.0, 1007.0, 600.0)), (75.0, (75.0, 450.0, 125.0, 550.0))):
        assert choose(people, FPS, "walk.json", crop=crop)[0][0, 1, 0] == column


def test_of_a_crowd_the_most_prominent_are_listed() -> None:
    people = [np.stack([person(300.0 * number) for number in range(9)])] * 3
    _, (note, *_), _ = choose(people, FPS, "walk.json")
    assert ", 3 less prominent ones; " in note
    assert "person 7" not in note
