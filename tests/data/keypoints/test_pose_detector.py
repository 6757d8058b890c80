"""People in video files, and the pictures there."""

import contextlib
import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from data.clip import InputError
from data.keypoints import pose_detector
from data.keypoints.detection import Detection
from data.keypoints.pose_detector import DetectedPerson, detect, search, search_again
from data.keypoints.sets import NAMES
from data.video import frame_times, frames, open_video
from tests.messages import check_remedy
from viz.encode import write_video

SIZE = (96, 64)


def pictures(count: int, brightness: int = 60, start: int = 0) -> list[np.ndarray]:
    """A light square that wanders over a dark ground."""
    film = np.full((count, SIZE[1], SIZE[0], 3), brightness, np.uint8)
    for number, picture in enumerate(film):
        picture[20:40, start + 2 * number : start + 2 * number + 20] = [250, 120, 40]
    return list(film)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    write_video(path, pictures(12), 25.0, SIZE)
    return path


class SquareDetector:
    """Follows a light square as if it were a person who faces the camera. It errs to the right of what it is shown.

    It begins with the leftmost square, and goes on with the nearest. It finds nothing in the pictures `blind`.
    """

    keypoint_set = "coco_17"
    bias = 3.0

    def __init__(self, blind: tuple[int, ...] = ()) -> None:
        self.blind, self.shown, self._middle = blind, [], None

    def find(self, picture: np.ndarray) -> Detection | None:
        self.shown.append(picture)
        columns = np.flatnonzero((picture[..., 0] > picture[..., 2] + 100.0).any(axis=0))
        middles = [each.mean() for each in np.split(columns, 1 + np.flatnonzero(np.diff(columns) > 1)) if len(each)]
        if not middles or len(self.shown) - 1 in self.blind:
            self._middle = None
            return None
        self._middle = min(middles, key=lambda x: x if self._middle is None else abs(x - self._middle))
        side = 8.0 * np.array([("left" in name) - ("right" in name) for name in NAMES[self.keypoint_set]])
        rows = np.linspace(20.0, 39.0, len(side))
        positions = np.column_stack([(side + self.bias) / 100, 0 * side, 0 * side + 0.1])
        pixel = np.column_stack([self._middle + side + self.bias, rows])
        return Detection(pixel, np.full(len(side), 0.9), positions)


def see(
    film: Path, *blind: tuple[int, ...], fps: float | None = None, part: slice = slice(None)
) -> tuple[DetectedPerson, list[SquareDetector]]:
    """What `detect` makes of the squares, and the detectors that it opened. `blind`: for each of them."""
    opened: list[SquareDetector] = []

    @contextlib.contextmanager
    def open_detector() -> Iterator[SquareDetector]:
        opened.append(SquareDetector(blind[len(opened)] if blind else ()))
        yield opened[-1]

    return detect(film, open_detector=open_detector, fps=fps, part=part), opened


def errors(person: DetectedPerson, start: int = 0) -> np.ndarray:
    """Pixels, to the right, from where the keypoints are on the square that begins at the column `start`."""
    side = 8.0 * np.array([("left" in name) - ("right" in name) for name in person.keypoints.names])
    middle = start + 9.5 + 2 * np.arange(person.keypoints.num_frames)
    return person.keypoints.pixel[..., 0] - middle[:, None] - side


def test_pictures_come_in_order_and_in_rgb(film: Path) -> None:
    video = open_video(film)
    assert video.fps == pytest.approx(25.0)
    assert video.size == SIZE
    read = list(frames(video))
    assert len(read) == 12
    for picture, written in zip(read, pictures(12), strict=True):
        assert np.abs(picture.astype(int) - written).mean() < 6  # what compression costs


def test_a_given_rate_counts_more_than_the_file(film: Path) -> None:
    assert open_video(film, fps=50.0).fps == 50.0


def convert(film: Path, filters: str, *more: str) -> Path:
    """Return the film after ffmpeg's filters."""
    path = film.with_name("converted.mp4")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-i", str(film), "-vf", filters, *more, str(path)]
    subprocess.run(command, check=True)
    return path


def test_pixels_that_are_not_square_are_refused(film: Path) -> None:
    with pytest.raises(InputError, match="has pixels that are 1.33 times as wide as high") as raised:
        open_video(convert(film, "setsar=4/3"))
    check_remedy(str(raised.value))


def test_the_file_tells_when_a_picture_was_taken(film: Path) -> None:
    """The fifth picture comes 0.4 s late, and all others with it."""
    late = convert(film, "setpts=PTS+gte(N\\,5)*0.4/TB", "-fps_mode", "vfr")
    person, _ = see(late)
    assert person.footage.times is not None
    taken = np.arange(12) / 25.0 + 0.4 * (np.arange(12) >= 5)
    np.testing.assert_allclose(person.footage.times - person.footage.times[0], taken, atol=2e-3)
    assert see(late, fps=25.0)[0].footage.times is None


@pytest.mark.parametrize("crop", [(0.0, 0.0, 200.0, 64.0), (50.0, 0.0, 40.0, 64.0), (-1.0, 0.0, 40.0, 64.0)])
def test_a_crop_outside_of_the_pictures_is_said(film: Path, crop: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError, match="is not inside the pictures") as raised:
        detect(film, crop=crop)
    check_remedy(str(raised.value))


def test_only_the_part_that_is_used_is_searched(film: Path) -> None:
    person, (plain, mirrored) = see(film, part=slice(3, 9))
    assert len(plain.shown) == len(mirrored.shown) == 3
    assert (person.keypoints.first, person.keypoints.num_frames) == (3, 6)
    np.testing.assert_allclose(errors(person, start=6)[1:-1], 0, atol=0.6)
    assert person.footage.times == pytest.approx(np.arange(3, 9) / 25.0, abs=2e-3)
    assert [still.frame for still in person.footage.stills] == list(range(6))


def test_pictures_that_a_file_lacks_are_said_and_counted(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = open_video(film)
    assert len(frame_times(video)) == video.frames == 12
    assert not [note for note in see(film)[0].keypoints.notes if "frames" in note]
    longer = dataclasses.replace(video, frames=15)
    monkeypatch.setattr(pose_detector, "open_video", lambda *_: longer)
    assert "the file says that it has 15 frames, and 12 can be read: these count" in see(film)[0].keypoints.notes
    assert not see(film, part=slice(0, 5))[0].keypoints.notes  # nobody has looked


def test_the_rate_of_the_pictures_counts(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = dataclasses.replace(open_video(film), fps=24.0)
    monkeypatch.setattr(pose_detector, "open_video", lambda *_: slow)
    person, _ = see(film)
    assert person.keypoints.fps == person.footage.video.fps == pytest.approx(25.0)
    assert any(note.startswith("frame rate: 25.00 a second") for note in person.keypoints.notes)
    assert see(film, fps=24.0)[0].keypoints.fps == 24.0  # the user knows better


def test_nobody_is_said(film: Path) -> None:
    pytest.importorskip("mediapipe", reason="MediaPipe is not installed")
    with pytest.raises(InputError, match="nobody was found") as raised:
        detect(film)
    check_remedy(str(raised.value))


def test_every_second_picture_is_mirrored_and_errors_to_one_side_cancel(film: Path) -> None:
    person, (plain, mirrored) = see(film)
    written = pictures(12)
    for seen, numbers, step in ((plain.shown, range(0, 12, 2), 1), (mirrored.shown, range(1, 12, 2), -1)):
        assert len(seen) == 6
        for picture, number in list(zip(seen, numbers, strict=True))[1:]:  # the first may show the person only
            assert np.abs(picture.astype(int) - written[number][:, ::step]).mean() < 6
    np.testing.assert_allclose(errors(person)[1:-1], 0, atol=0.6)
    np.testing.assert_allclose(errors(person)[[0, -1]], [[3.0] * 17, [-3.0] * 17], atol=0.6)  # no neighbour
    left = person.keypoints.names.index("left_wrist")
    right = person.keypoints.names.index("right_wrist")
    np.testing.assert_allclose(person.positions[1:-1, [left, right]], [[[0.08, 0, 0.1], [-0.08, 0, 0.1]]] * 10)
    assert person.keypoints.confidence == pytest.approx(np.full((12, 17), 0.9))
    assert [still.frame for still in person.footage.stills] == list(range(12))


def test_nothing_is_averaged_over_a_picture_without_the_person(film: Path) -> None:
    person, _ = see(film, (2,), ())  # picture 4. The first detector looks for the person in picture 5
    found = person.keypoints.confidence.any(axis=1)
    assert np.flatnonzero(~found).tolist() == [4]
    assert np.isnan(person.positions[4]).all()
    np.testing.assert_allclose(errors(person)[[1, 2, 6, 7]], 0, atol=0.6)
    np.testing.assert_allclose(errors(person)[[3, 5]], [[-3.0] * 17, [3.0] * 17], atol=0.6)
    assert "a person was found in 11 of 12 frames" in person.keypoints.notes


def test_what_is_not_found_in_the_mirror_is_found_without(film: Path) -> None:
    person, (plain, _) = see(film, (), (1,))  # picture 3
    assert len(plain.shown) == 6 + 1
    assert person.keypoints.confidence.all()
    np.testing.assert_allclose(errors(person)[[2, 3]], 3.0, atol=0.6)
    np.testing.assert_allclose(errors(person)[[1, 4, 5]], 0, atol=0.6)


def test_pictures_before_and_after_a_cut_are_not_averaged(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    write_video(path, [*pictures(10), *pictures(10, brightness=140, start=10)], 25.0, SIZE)
    person, _ = see(path)
    assert person.footage.cuts == (10,)
    assert person.take(slice(4, 12)).footage.cuts == (6,)
    np.testing.assert_allclose(errors(person)[[8, 9]], [[0.0] * 17, [-3.0] * 17], atol=0.6)
    np.testing.assert_allclose(errors(person, start=-10)[[10, 11]], [[3.0] * 17, [0.0] * 17], atol=0.6)


def test_in_slow_films_nothing_is_mirrored(film: Path) -> None:
    person, (only,) = see(film, fps=10.0)
    assert len(only.shown) == 12
    np.testing.assert_allclose(errors(person), 3.0, atol=0.6)


def test_both_detectors_follow_one_person(tmp_path: Path) -> None:
    """Each would begin with the person on the left of what it is shown, which is another one in the mirror."""
    film = pictures(12)
    for picture in film:
        picture[20:40, 76:] = [250, 120, 40]
    path = tmp_path / "two.mp4"
    write_video(path, film, 25.0, SIZE)
    person, (plain, mirrored) = see(path)
    assert len(plain.shown) == len(mirrored.shown) == 6
    np.testing.assert_allclose(errors(person)[1:-1], 0, atol=0.6)


def test_somebody_else_in_the_mirror_does_not_count(film: Path) -> None:
    """The mirrored detector finds another person, who is far off, in whatever it is shown."""

    class Astray(SquareDetector):
        def find(self, picture: np.ndarray) -> Detection | None:
            found = super().find(picture)
            return found and Detection(found.pixel + np.array([-60.0, 0.0]), found.confidence, found.positions)

    opened = iter([SquareDetector(), Astray()])
    person = detect(film, open_detector=lambda: contextlib.nullcontext(next(opened)))
    assert person.keypoints.confidence.all()
    np.testing.assert_allclose(errors(person), 3.0, atol=0.6)


@pytest.mark.parametrize("exchanged", [False, True])
def test_a_film_is_searched_again_in_a_box_that_moves(tmp_path: Path, exchanged: bool) -> None:
    """The detector begins with the square on the left. The box shows it nothing but the other one."""
    film = pictures(12)
    for number, picture in enumerate(film):
        picture[20:40, 70 - 2 * number : 90 - 2 * number] = [250, 120, 40]
    path = tmp_path / "two.mp4"
    write_video(path, film[:8], 25.0, SIZE)

    def open_detector() -> contextlib.AbstractContextManager[SquareDetector]:
        return contextlib.nullcontext(SquareDetector())

    first = search(path, open_detector=open_detector, part=slice(1, 8))
    boxes = [(66.0 - 2 * number, 10.0, 94.0 - 2 * number, 50.0) for number in range(1, 7)]
    both = search_again(first, [*boxes, None], open_detector=open_detector)
    assert [len(here) for here in both.people] == [2] * 6 + [1]
    swapped = np.full(7, exchanged)
    person = both.follow(np.array([1] * 6 + [-1]), swapped, ("the other",), ()).keypoints
    assert person.first == 1
    assert person.notes[0] == "the other"
    side = 8.0 * np.array([("left" in name) - ("right" in name) for name in person.names])
    middle = 79.5 - 2 * np.arange(1, 7)
    away = person.pixel[:6, :, 0] - middle[:, None] - (-side if exchanged else side)
    np.testing.assert_allclose(away[1:-1], 0, atol=0.6)
    assert not person.confidence[6].any()
