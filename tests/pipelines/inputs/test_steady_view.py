"""Whether the camera of a film stands still."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.camera import from_field_of_view
from data.keypoints.clip import KeypointClip
from data.keypoints.pose_detector import DetectedPerson
from data.video import Video
from pipelines.inputs.steady_view import judge_view
from pipelines.inputs.visible_frames import SeenPart
from tests.messages import check_remedy

SIZE, FRAMES = (1000, 600), 60


def person(shift: float, cuts: tuple[int, ...] = ()) -> DetectedPerson:
    """Return somebody before a scene that moves by `shift` pixels in all."""
    clip = KeypointClip("film", 30.0, ("nose",), np.ones((FRAMES, 1, 2)), np.ones((FRAMES, 1)))
    view = np.zeros((FRAMES, 3, 2))
    view[..., 0] = np.linspace(0, shift, FRAMES)[:, None]
    return DetectedPerson(clip, np.zeros((FRAMES, 1, 3)), Video(Path("film.mp4"), 30.0, SIZE), cuts=cuts, view=view)


def part(of: DetectedPerson, frames: slice = slice(0, FRAMES)) -> SeenPart:
    clip = of.keypoints
    shown = replace(clip, pixel=clip.pixel[frames], confidence=clip.confidence[frames])
    return SeenPart(shown, from_field_of_view(60.0, SIZE), frames)


@pytest.mark.parametrize(("shift", "level"), [(1.0, "good"), (15.0, "good"), (30.0, "doubtful"), (400.0, "bad")])
def test_a_camera_that_moves_is_said(shift: float, level: str) -> None:
    seen = person(shift)
    _, moved = judge_view(seen, part(seen))
    assert moved.level == level
    if level != "good":
        check_remedy(moved.sentence)


def test_only_the_part_that_is_used_counts() -> None:
    seen = person(59.0, cuts=(40,))
    assert {each.level for each in judge_view(seen, part(seen, slice(0, 15)))} == {"good"}


def test_a_cut_is_said_with_its_time() -> None:
    seen = person(1.0, cuts=(45,))
    (cut,) = judge_view(seen, part(seen))
    assert cut.level == "doubtful"
    assert "film is cut at 1.5 s" in cut.sentence
    check_remedy(cut.sentence)


def test_poses_that_move_are_believed() -> None:
    seen = person(400.0)
    shown = part(seen)
    turned = np.tile([1.0, 0.0, 0.0, 0.0], (FRAMES, 1))
    moving = replace(shown.camera, rotation=turned, translation=np.zeros((FRAMES, 3)), has_pose=True)
    assert {each.level for each in judge_view(seen, replace(shown, camera=moving))} == {"good"}
