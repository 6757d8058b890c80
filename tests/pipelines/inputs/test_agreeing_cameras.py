"""What is said of cameras that show one person, different people, or the same at different times."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from data.camera import CalibratedCamera
from data.clip import InputError
from data.finding import Finding
from pipelines.inputs.agreeing_cameras import Followed, boxes_around, find_in_all, judge_agreement, poses_in
from tests.data.keypoints.walkers import CAMERAS, EXCHANGE, FPS, FRAMES, NAMES, NOBODY, absent, crowd, see, walker
from tests.messages import check_remedy

ME, OTHER = walker(0.0, 0.0), walker(-0.4, 0.9, heading=2.0, start=1.5)
REMEDY = "give --crop"


@dataclass(frozen=True)
class Room:
    """What a camera shows."""

    path: Path
    people: list[np.ndarray]
    fps: float = FPS
    first: int = 10
    names: tuple[str, ...] = NAMES

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def num_frames(self) -> int:
        return len(self.people)


def rooms(*views: list[np.ndarray]) -> list[Room]:
    return [Room(Path(f"cam{number}.mp4"), view) for number, view in enumerate(views, start=1)]


def me(*cameras: int) -> list[list[np.ndarray]]:
    return [crowd(see(ME, CAMERAS[number], seed=number)) for number in cameras]


def judge(
    *views: list[np.ndarray], cameras: list[CalibratedCamera] | None = None
) -> tuple[list[Followed], dict[str, Finding]]:
    recordings, cameras = rooms(*views), cameras or CAMERAS[: len(views)]
    same = find_in_all(recordings, cameras, [None] * len(views))
    used = judge_agreement(recordings, cameras, same, REMEDY)
    found = {finding.name: finding for finding in used[0].findings}
    for finding in found.values():
        if finding.level != "good":
            check_remedy(finding.sentence)
    assert not any(each.findings for each in used[1:])
    return used, found


def test_cameras_that_show_one_person_have_nothing_to_say() -> None:
    used, found = judge(*me(0, 1, 2, 3))
    assert [each.recording for each in used] == [0, 1, 2, 3]
    assert {finding.level for finding in found.values()} == {"good"}
    assert not any(each.notes for each in used)


def test_a_camera_that_shows_somebody_else_is_left_out_and_the_verdict_says_so() -> None:
    used, found = judge(crowd(see(OTHER, CAMERAS[0])), *me(1, 2))
    assert [each.recording for each in used] == [1, 2]
    assert [name for name, finding in found.items() if finding.level == "doubtful"] == ["rays of cam1"]
    assert "cam1 does not show the person whom the other cameras show" in found["rays of cam1"].sentence


def test_a_camera_that_shows_others_when_the_person_is_not_in_its_picture_is_kept() -> None:
    """I walk out of the picture of the last camera, which is narrow, and somebody stays in it."""
    seen = see(ME, CAMERAS[2])
    edge, backwards = np.median(seen[12, :, 0]), seen[-1, 0, 0] < seen[0, 0, 0]
    narrow = replace(
        CAMERAS[2], principal=CAMERAS[2].principal - [edge if backwards else 0.0, 0.0], size=(round(edge), 1002)
    )
    seen = see(ME, narrow)
    inside = ((seen[..., 0] > 0) & (seen[..., 0] < edge)).any(axis=1)
    assert FRAMES // 4 < inside.sum() < FRAMES // 2
    bystander = np.repeat(see(ME, narrow, seed=5)[:1], FRAMES, axis=0)
    used, found = judge(*me(0, 1), crowd(absent(seen, ~inside), bystander), cameras=[*CAMERAS[:2], narrow])
    assert [each.recording for each in used] == [0, 1, 2]
    assert {finding.level for finding in found.values()} == {"good"}
    assert (used[2].numbers[~inside] == -1).all()


def test_cameras_that_never_show_the_person_together_prove_nothing() -> None:
    first, second = (see(ME, CAMERAS[number]) for number in (0, 1))
    used, found = judge(crowd(absent(first, slice(20, None))), crowd(absent(second, slice(0, 20))))
    assert [each.recording for each in used] == [0, 1]
    assert found["rays of the cameras"].level == "bad"
    third = absent(see(ME, CAMERAS[2]), slice(20, None))
    late = [crowd(absent(see(ME, CAMERAS[number]), slice(0, 24))) for number in (0, 1)]
    used, found = judge(*late, crowd(third))
    assert [each.recording for each in used] == [0, 1]
    assert found["rays of cam3"].level == "doubtful"


def test_a_camera_that_shows_nobody_is_left_out() -> None:
    used, found = judge(*me(0, 1), NOBODY)
    assert [each.recording for each in used] == [0, 1]
    assert found["rays of cam3"].level == "doubtful"
    with pytest.raises(InputError, match=r"nobody is in cam2.mp4 in these frames: use only") as refused:
        judge(*me(0), NOBODY)
    check_remedy(str(refused.value))


def test_where_two_cameras_disagree_nobody_is_believed() -> None:
    used, found = judge(*me(0), crowd(see(OTHER, CAMERAS[1])))
    assert [each.recording for each in used] == [0, 1]
    assert all((each.numbers == 0).all() for each in used)
    assert found["rays of the cameras"].level == "bad"
    assert "no two of cam1, cam2 show one person within 10 cm in 100 % of the frames" in (
        found["rays of the cameras"].sentence
    )


def test_where_now_these_cameras_agree_and_now_those_all_are_kept() -> None:
    """Six recordings of which every two agree for a third of the time."""
    agree = np.zeros((6, FRAMES), bool)
    for start in range(3):
        agree[2 * start : 2 * start + 2, start::3] = True
    recordings = rooms(*[view for _ in range(3) for view in me(0, 1)])
    same = find_in_all(recordings, [*CAMERAS[:2]] * 3, [None] * 6)
    used = judge_agreement(recordings, [*CAMERAS[:2]] * 3, replace(same, meets=agree), REMEDY)
    assert [each.recording for each in used] == [0, 1, 2, 3, 4, 5]
    assert used[0].findings[0].level == "bad"


def test_what_is_left_out_or_exchanged_is_said_with_its_frames() -> None:
    astray, swapped = see(ME, CAMERAS[2]), see(ME, CAMERAS[1])
    astray[5:9] = see(OTHER, CAMERAS[2])[5:9]
    swapped[30:33] = swapped[30:33][:, EXCHANGE]
    used, found = judge(*me(0), crowd(swapped), crowd(astray, see(OTHER, CAMERAS[2])), *me(3))
    assert {finding.level for finding in found.values()} == {"good"}
    assert used[1].notes == (
        "left and right are exchanged in frames 40-42: then the rays meet those of the other cameras",
    )
    assert used[2].notes == (
        "frames 15-18 are left out: the rays do not meet those of the other cameras",
        "of up to 2 people in a picture, the one whose rays meet those of the other cameras is taken",
    )
    assert np.flatnonzero(used[2].numbers < 0).tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize("count", [2, 4])
def test_a_camera_that_began_at_another_time_is_doubted_and_not_shifted(count: int) -> None:
    """Frame 6 of the last camera shows what frame 0 of the others does."""
    late = see(ME, CAMERAS[count - 1])[(np.arange(FRAMES) - 6).clip(0)]
    _, found = judge(*me(*range(count - 1)), crowd(late))
    step = found["step of the cameras"]
    assert step.level == "doubtful"
    assert f"give --shift cam{count}:{step.value.split()[0]}" in step.sentence
    assert int(step.value.split()[0]) == pytest.approx(6, abs=1)


def test_the_box_is_where_the_other_cameras_see_the_person() -> None:
    for camera in CAMERAS:
        seen = see(ME, camera, noise_px=0.0)
        for box, here in zip(boxes_around(camera, ME), seen, strict=True):
            assert box is not None
            assert (here[:, :2] > box[:2]).all()
            assert (here[:, :2] < box[2:]).all()
            assert box[3] - box[1] < 2 * np.ptp(here[:, 1])
        far = boxes_around(camera, ME + 50.0 * np.cross(camera.center - ME.mean(axis=(0, 1)), [0.0, 0.0, 1.0]))
        assert far == [None] * FRAMES
        assert boxes_around(camera, 2 * camera.center - ME) == [None] * FRAMES


def test_a_moving_camera_needs_a_pose_for_each_frame() -> None:
    fixed = CAMERAS[0]
    moving = replace(
        fixed, rotation=np.tile(fixed.rotation, (FRAMES, 1)), translation=np.tile(fixed.translation, (FRAMES, 1))
    )
    cameras: list[CalibratedCamera] = [moving, CAMERAS[1]]
    recordings = rooms(*me(0, 1))
    taken = poses_in([slice(3, 9), slice(0, 6)], cameras, recordings)
    assert len(taken[0].rotation) == 6
    short = replace(moving, rotation=moving.rotation[:5], translation=moving.translation[:5])
    with pytest.raises(InputError, match="has 5 poses for 40 frames") as refused:
        poses_in([slice(0, 6)] * 2, [short, CAMERAS[1]], recordings)
    check_remedy(str(refused.value))
