"""Whether the camera of a film stands still."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.finding import Finding
from data.keypoints.clip import KeypointClip
from data.keypoints.footage import Footage
from data.video import Video
from pipelines.inputs.steady_view import judge_view
from tests.messages import check_remedy

SIZE, FRAMES = (1000, 600), 60


CLIP = KeypointClip("film", 30.0, ("nose",), np.ones((FRAMES, 1, 2)), np.ones((FRAMES, 1)))


def footage(shift: float, cuts: tuple[int, ...] = ()) -> Footage:
    """Return what the pictures tell where the scene moves by `shift` pixels in all."""
    view = np.zeros((FRAMES, 3, 2))
    view[..., 0] = np.linspace(0, shift, FRAMES)[:, None]
    return Footage(Video(Path("film.mp4"), 30.0, SIZE), cuts=cuts, view=view)


def judge(seen: Footage, clip: KeypointClip = CLIP) -> tuple[Finding, ...]:
    return judge_view(seen, clip, moves=False)


@pytest.mark.parametrize(("shift", "level"), [(1.0, "good"), (15.0, "good"), (30.0, "doubtful"), (400.0, "bad")])
def test_a_camera_that_moves_is_said(shift: float, level: str) -> None:
    _, moved = judge(footage(shift))
    assert moved.level == level
    if level != "good":
        check_remedy(moved.sentence)


def test_only_the_part_that_is_used_counts() -> None:
    seen = footage(59.0, cuts=(40,))
    assert {each.level for each in judge(seen.take(slice(0, 15)))} == {"good"}


def test_a_cut_is_said_with_its_time() -> None:
    """Counted from the first frame of the file, as --start and --end are."""
    (cut,) = judge(footage(1.0, cuts=(45,)).take(slice(15, 60)), replace(CLIP, first=15))
    assert cut.level == "doubtful"
    assert "film is cut at 1.5 s" in cut.sentence
    check_remedy(cut.sentence)


def test_poses_that_move_are_believed() -> None:
    assert {each.level for each in judge_view(footage(400.0), CLIP, moves=True)} == {"good"}


def test_a_wall_on_which_nothing_is_seen_leaves_an_assumption() -> None:
    *_, still = judge(replace(footage(0.0), view_unknown=0.8))
    assert still.level == "good"
    assert "the camera of film stands still" in still.sentence


def test_frames_that_come_late_are_said() -> None:
    """As those of a phone that drops frames in the dark. A rate that the user gives is believed."""
    seen = footage(0.0)
    even = np.arange(FRAMES) / 30.0
    assert seen.times is None
    for times, level in ((even + 7.0, "good"), (even + 0.3 * (even > 1.0), "doubtful")):
        judged = {each.name: each for each in judge(replace(seen, times=times))}
        assert judged["frame times"].level == level
    assert "up to 0.30 s" in judged["frame times"].sentence
    assert "export it at a constant rate" in judged["frame times"].sentence
    check_remedy(judged["frame times"].sentence)


def test_another_constant_rate_is_to_be_given() -> None:
    """As where a file of keypoints has a wrong rate, and the film is given beside it."""
    _, times, _ = judge(replace(footage(0.0), times=np.arange(FRAMES) / 25.0))
    assert times.level == "doubtful"
    assert "does not have 30.00 frames a second" in times.sentence
    assert times.sentence.endswith("speeds are as wrong: give --fps 25.00")
    check_remedy(times.sentence)
