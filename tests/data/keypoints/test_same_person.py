"""Cameras that look at several persons find out who is who, and take nobody for somebody else."""

import numpy as np
import pytest

from data.keypoints import same_person
from data.keypoints.lines_of_sight import LinesOfSight, apart
from data.keypoints.people import tracks
from data.keypoints.same_person import SamePerson, find_same_person
from tests.data.keypoints.walkers import CAMERAS, EXCHANGE, FPS, FRAMES, NAMES, NOBODY, absent, crowd, see, walker

ME, OTHER = walker(0.0, 0.0), walker(-0.4, 0.9, heading=2.0, start=1.5)


def find(
    *views: list[np.ndarray], cameras: list[int] | None = None, given: list[int | None] | None = None
) -> SamePerson:
    chosen = [CAMERAS[number] for number in (cameras or range(len(views)))]
    return find_same_person(views, [tracks(view, FPS) for view in views], chosen, NAMES, FPS, given)


def both(camera: int, *, me_first: bool, larger: float = 1.0) -> list[np.ndarray]:
    """Return me and somebody else before a camera. Whoever is larger is more prominent."""
    me, other = see(ME, CAMERAS[camera]), see(OTHER, CAMERAS[camera])
    me[..., 2] *= larger
    return crowd(me, other) if me_first else crowd(other, me)


def test_the_rays_of_one_person_meet() -> None:
    """In the first camera somebody else is more prominent, and in the third I am seen for a moment only."""
    me = see(ME, CAMERAS[2])
    same = find(
        both(0, me_first=True, larger=0.6),
        crowd(see(ME, CAMERAS[1])),
        crowd(see(OTHER, CAMERAS[2]), absent(me, slice(3, None))),
        crowd(see(ME, CAMERAS[3])),
    )
    assert same.known.all()
    assert (same.numbers[[0, 1, 3]] == 0).all()
    assert same.numbers[2].tolist() == [1] * 3 + [-1] * (FRAMES - 3)
    assert not same.exchanged.any()
    assert np.linalg.norm(same.points - ME, axis=-1).mean() < 0.03  # the noise leaves 0.02


def test_the_person_can_be_given() -> None:
    """Both are seen by two cameras. Their numbers are those of the tracks, the most prominent first."""
    views = [both(camera, me_first=True, larger=0.6) for camera in (0, 1)]
    assert (find(*views).numbers == 1).all()
    assert (find(*views, given=[1, None]).numbers == 0).all()
    assert (find(*views, given=[None, 1]).numbers == 0).all()


def test_two_cameras_cannot_tell_persons_in_one_plane_but_three_can() -> None:
    """Both persons are in the plane of the first two cameras' axes, so that all of their rays meet."""
    between = CAMERAS[1].center - CAMERAS[0].center
    other = ME + 0.4 * between / np.linalg.norm(between)
    views = [crowd(*(see(each, camera) for each in (ME, other))) for camera in CAMERAS[:3]]
    views[1] = crowd(see(other, CAMERAS[1]), see(ME, CAMERAS[1]))
    same = find(*views)
    assert same.meets.all()
    np.testing.assert_array_equal(same.numbers[1], 1 - same.numbers[0])
    np.testing.assert_array_equal(same.numbers[2], same.numbers[0])


def test_a_camera_that_follows_somebody_else_is_told_for_how_long() -> None:
    """The third detector goes over to somebody else after 15 frames. The track is one, as detectors glide over."""
    mixed = see(ME, CAMERAS[2])
    mixed[15:] = see(OTHER, CAMERAS[2])[15:]
    same = find(*(crowd(see(ME, CAMERAS[number])) for number in (0, 1)), crowd(mixed))
    assert same.meets[:2].all()
    assert same.meets[2].tolist() == [True] * 15 + [False] * (FRAMES - 15)
    assert same.numbers[2].tolist() == [0] * 15 + [-1] * (FRAMES - 15)


@pytest.mark.parametrize("count", [3, 4])
def test_left_and_right_are_exchanged_where_a_detector_takes_one_for_the_other(count: int) -> None:
    """Where the limbs cover each other, nothing tells, and nothing depends on it."""
    swapped = np.zeros((count, FRAMES), bool)
    swapped[1, 10:16] = True
    swapped[0, 25:27] = True
    views = []
    for number, frames in enumerate(swapped):
        seen = see(ME, CAMERAS[number], seed=number)
        seen[frames] = seen[frames][:, EXCHANGE]
        views.append(crowd(seen))
    same = find(*views)
    assert same.known.all()
    assert not same.exchanged[~swapped].any()
    assert same.exchanged[swapped].mean() > 0.8
    assert np.linalg.norm(same.points - ME, axis=-1).mean() < 0.03  # the noise leaves 0.02


def test_a_person_who_is_lost_and_found_again_stays_the_person() -> None:
    """Each camera loses me for a second in turn, which makes two tracks of me."""
    views = [
        crowd(absent(see(ME, camera), slice(5 + 8 * number, 13 + 8 * number))) for number, camera in enumerate(CAMERAS)
    ]
    same = find_same_person(views, [tracks(view, 5.0) for view in views], CAMERAS, NAMES, 5.0)
    assert all(len(tracks(view, 5.0)) == 2 for view in views)
    assert same.known.all()
    assert (same.numbers >= 0).sum() == 4 * (FRAMES - 8)


def test_cameras_that_never_agree_are_left_as_they_are() -> None:
    same = find(crowd(see(ME, CAMERAS[0])), crowd(see(OTHER, CAMERAS[1])))
    assert not same.meets.any()
    assert (same.numbers == 0).all()
    assert np.isnan(same.points).all()


def test_two_and_two_cameras_that_disagree_follow_the_more_prominent_person() -> None:
    views = [crowd(see(each, camera)) for each, camera in zip((ME, ME, OTHER, OTHER), CAMERAS, strict=True)]
    same = find(*views, given=[None, None, 0, None])
    assert same.meets.all(axis=1).tolist() == [False, False, True, True]
    assert (same.numbers[:2] == -1).mean() > 0.9
    same = find(*views, given=[0, None, None, None])
    assert same.meets.all(axis=1).tolist() == [True, True, False, False]


def test_a_camera_that_shows_nobody_changes_nothing() -> None:
    same = find(*(crowd(see(ME, camera)) for camera in CAMERAS[:3]), NOBODY)
    assert same.meets[:3].all()
    assert (same.numbers[3] == -1).all()


@pytest.mark.parametrize("ends", [False, True])
def test_whom_one_camera_sees_alone_is_taken_as_the_detector_found_them(ends: bool) -> None:
    """The limbs swing on while nobody else sees them, and somebody else walks where the person was seen last."""
    alone = slice(12, None) if ends else slice(12, 30)
    me, beside = walker(0.0, 0.0, heading=0.5), walker(0.0, 0.3, heading=np.pi)
    same = find(
        crowd(absent(see(me, CAMERAS[0]), alone)),
        crowd(see(me, CAMERAS[1]), see(beside, CAMERAS[1])),
    )
    assert not same.known[alone].any()
    assert same.known[:12].all()
    assert not same.exchanged[:, alone].any()
    assert (same.numbers[1] == 0).all()


def test_nobody_is_followed_after_their_track_has_ended() -> None:
    """Somebody else walks on where I was seen last."""
    beside = walker(0.0, 0.3, heading=np.pi)
    same = find(
        crowd(absent(see(ME, CAMERAS[0]), slice(12, None))),
        crowd(absent(see(ME, CAMERAS[1]), slice(20, None)), see(beside, CAMERAS[1])),
    )
    late = np.arange(FRAMES) > 20
    assert (same.numbers[1, late] == -1).all()


def test_cameras_of_which_two_are_the_same_agree_about_one_place() -> None:
    """Keypoints have an error of 5 cm, so that now this, now that camera is just too far from those of two others."""
    same = find(*(crowd(see(ME, camera, seed=number, noise_px=12.0)) for number, camera in enumerate(CAMERAS)))
    assert same.known.mean() > 0.95
    assert same.meets.mean() > 0.85
    assert not same.exchanged.any()


def test_the_cost_of_tracks_does_not_grow_with_the_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every track of a camera is compared with all of the others, so only some frames are."""
    seen = []

    def compare(one: LinesOfSight, other: LinesOfSight) -> np.ndarray:
        seen.append(len(one.start))
        return apart(one, other)

    monkeypatch.setattr(same_person, "COMPARED", 8)
    monkeypatch.setattr(same_person, "apart", compare)
    same = find(*(both(camera, me_first=True) for camera in range(3)))
    assert same.known.all()
    assert seen[:12] == [8] * 12
