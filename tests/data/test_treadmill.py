"""Built-in motions as they would be on a treadmill, which goes as fast as their hips do."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from data import formats
from data.clip import MotionClip
from data.rigs import joint_maps
from data.treadmill import belt_velocity, judge_belt, over_the_belt
from tests.messages import check_remedy


def of(name: str) -> tuple[MotionClip, Mapping[str, str], np.ndarray]:
    """Return a clip, its joints, and the mean velocity of its hips over the floor."""
    clip = formats.read(f"builtin:{name}")
    joints = joint_maps.detect(clip, None)
    hips = clip.positions[:, clip.joint(joints["left_hip"]), :2]
    return clip, joints, (hips[-1] - hips[0]) / clip.duration


def test_the_feet_of_a_walk_on_a_treadmill_tell_its_belt() -> None:
    clip, joints, velocity = of("walk")
    on_treadmill = over_the_belt(clip, velocity)
    found = belt_velocity(on_treadmill, joints)
    assert found is not None
    np.testing.assert_allclose(found, -velocity, atol=0.05 * float(np.linalg.norm(velocity)))
    back = over_the_belt(on_treadmill, -velocity)
    np.testing.assert_allclose(back.positions, clip.positions, atol=1e-9)
    np.testing.assert_array_equal(on_treadmill.positions[0], clip.positions[0])


@pytest.mark.parametrize("name", ["walk", "run", "jump", "backflip", "kick", "dance_b", "crawl", "roll"])
def test_there_is_no_treadmill_where_the_hips_move_over_the_floor(name: str) -> None:
    clip, joints, _ = of(name)
    assert belt_velocity(clip, joints) is None


def test_an_animation_without_the_path_of_its_root_is_no_treadmill() -> None:
    """Its hips do not move at all, up and down neither: the file lacks something."""
    clip, joints, _ = of("walk")
    hips = np.mean([clip.positions[:, clip.joint(joints[f"{side}_hip"])] for side in ("left", "right")], axis=0)
    still = replace(clip, positions=clip.positions - hips[:, None] + hips[0])
    assert belt_velocity(still, joints) is None


def test_a_second_of_a_walk_is_too_short() -> None:
    clip, joints, velocity = of("walk")
    assert belt_velocity(over_the_belt(clip, velocity).between(0.0, 0.9), joints) is None


def joints_in_circles(height: float) -> tuple[MotionClip, Mapping[str, str]]:
    """Somebody on a bicycle, whose feet go round once a second, up and down by a height, m."""
    clip, joints, _ = of("walk")
    time = np.arange(300) / clip.fps
    turn = 2 * np.pi * time
    positions = np.repeat(clip.positions[:1], len(time), axis=0)
    positions[..., 2] += 0.005 * np.sin(2 * turn)[:, None]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name in (f"{side}_toe", f"{side}_ankle"):
            if name in joints:
                foot = clip.positions[0, clip.joint(joints["left_hip"])] - [0.0, 0.0, 0.7]
                around = np.stack([0 * turn, 0.17 * np.cos(turn), -height * np.sin(turn)], axis=1)
                positions[:, clip.joint(joints[name])] = foot + sign * around
    return replace(clip, positions=positions, rotations=None), joints


def test_feet_that_go_round_are_on_no_belt() -> None:
    clip, joints = joints_in_circles(0.17)
    assert belt_velocity(clip, joints) is None


def strides(count: int, standing_s: float) -> tuple[MotionClip, Mapping[str, str], np.ndarray]:
    """The walk on a treadmill again and again, after standing for a while on the belt at rest, and its belt."""
    clip, joints, velocity = of("walk")
    walk = over_the_belt(clip, velocity).positions
    stand = np.repeat(walk[:1], round(standing_s * clip.fps), axis=0)
    return replace(clip, positions=np.concatenate([stand, *[walk] * count]), rotations=None), joints, -velocity


def test_who_stands_before_the_belt_goes_is_told() -> None:
    """The belt's velocity is that of the walk. Seen from there, who stands before would glide over the floor."""
    clip, joints, velocity = strides(6, standing_s=2.0)
    belt = belt_velocity(clip, joints)
    assert belt is not None
    np.testing.assert_allclose(belt, velocity, atol=0.05 * float(np.linalg.norm(velocity)))
    finding = judge_belt(clip, joints, belt)
    assert finding.level == "doubtful"
    assert "from 0.0 s" in finding.sentence
    check_remedy(finding.sentence)
    assert judge_belt(clip.between(2.1, None), joints, belt).level == "good"


def test_a_belt_that_rises_is_told() -> None:
    clip, joints, belt = strides(3, standing_s=0.0)
    time = np.arange(clip.num_frames) / clip.fps
    sinking = 0.12 * float(np.linalg.norm(belt)) * (time % 0.4)  # a foot goes down with the belt while it stands
    rising = replace(clip, positions=clip.positions - sinking[:, None, None] * [0.0, 0.0, 1.0])
    finding = judge_belt(rising, joints, belt)
    assert finding.level == "doubtful"
    check_remedy(finding.sentence)
