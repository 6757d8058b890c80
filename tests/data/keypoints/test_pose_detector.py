"""People in video files, and the pictures there."""

from pathlib import Path

import numpy as np
import pytest

from data.clip import InputError
from data.keypoints.pose_detector import detect
from data.video import CutFinder, frames, open_video
from tests.messages import check_remedy
from viz.encode import write_video

SIZE = (96, 64)


def pictures(count: int, brightness: int = 60) -> list[np.ndarray]:
    """A light square that wanders over a dark ground."""
    film = np.full((count, SIZE[1], SIZE[0], 3), brightness, np.uint8)
    for number, picture in enumerate(film):
        picture[20:40, 2 * number : 2 * number + 20] = [250, 120, 40]
    return list(film)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    write_video(path, pictures(12), 25.0, SIZE)
    return path


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


def test_a_cut_is_noticed_and_a_motion_is_not() -> None:
    finder = CutFinder()
    for picture in (*pictures(10), *pictures(10, brightness=200)):
        finder.add(picture)
    assert finder.cuts() == [10]
    calm = CutFinder()
    for picture in pictures(20):
        calm.add(picture)
    assert calm.cuts() == []


def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(InputError, match="cannot decode") as raised:
        open_video(path)
    check_remedy(str(raised.value))
    with pytest.raises(InputError, match="there is no file"):
        open_video(tmp_path / "absent.mp4")


@pytest.mark.parametrize("crop", [(0.0, 0.0, 200.0, 64.0), (50.0, 0.0, 40.0, 64.0), (-1.0, 0.0, 40.0, 64.0)])
def test_a_crop_outside_of_the_pictures_is_said(film: Path, crop: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError, match="is not inside the pictures") as raised:
        detect(film, crop=crop)
    check_remedy(str(raised.value))


def test_nobody_is_said(film: Path) -> None:
    pytest.importorskip("mediapipe", reason="MediaPipe is not installed")
    with pytest.raises(InputError, match="nobody was found") as raised:
        detect(film)
    check_remedy(str(raised.value))
