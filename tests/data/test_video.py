"""Which files are videos, and their rate by the times of the pictures."""

from pathlib import Path

import numpy as np
import pytest

from data.clip import InputError
from data.video import Video, at_true_rate, open_video, steady_rate
from tests.messages import check_remedy

FILM = Video(Path("walk.mp4"), 59.75, (640, 480))


def test_the_rate_is_that_of_the_times() -> None:
    """Also where they are rounded to milliseconds, and from the middle of a film on."""
    times = np.round(3.7 + np.arange(240) / 60.0, 3)
    film, (note,) = at_true_rate(FILM, times)
    assert film.fps == pytest.approx(60.0, abs=2e-3)
    assert note == "frame rate: 60.00 a second, by the times of the pictures; the file says 59.75"
    assert film.path == FILM.path


@pytest.mark.parametrize(
    "times",
    [
        np.arange(240) / 59.75,
        np.round(np.arange(40) / 59.75, 2),  # rounded to hundredths
        np.arange(240) / 60.0 + 0.3 * (np.arange(240) > 100),  # some are lost
        np.zeros(240),  # the file does not tell
        np.arange(240) / 1e6,  # no camera is so fast
        np.zeros(0),
    ],
)
def test_a_rate_that_the_times_do_not_contradict_stays(times: np.ndarray) -> None:
    assert at_true_rate(FILM, times) == (FILM, ())


def test_lost_pictures_leave_no_rate() -> None:
    times = np.arange(60) / 30.0
    assert steady_rate(times) == pytest.approx(30.0)
    assert steady_rate(np.delete(times, slice(20, 30))) is None


def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(InputError, match="cannot decode") as raised:
        open_video(path)
    check_remedy(str(raised.value))
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"broken.mp4 is empty: record or export it again"):
        open_video(path)
    with pytest.raises(InputError, match="there is no file"):
        open_video(tmp_path / "absent.mp4")
