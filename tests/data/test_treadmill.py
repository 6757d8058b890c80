"""Built-in motions as they would be on a treadmill, which goes as fast as their hips do."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from data import formats
from data.clip import MotionClip
from data.rigs import joint_maps
from data.treadmill import belt_velocity, over_the_belt


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
