"""Rotations from positions alone: the joints stay where they are, and the limbs are turned as they were."""

import numpy as np
import pytest

from data import formats
from data.clip import InputError, MotionClip
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from data.rigs.retarget import RetargetedMotion, Rig, retarget, retarget_error
from data.rotations import from_wxyz
from tests.messages import check_remedy


def positions_of(clip: MotionClip) -> dict[str, np.ndarray]:
    """The joints' positions by our names, which is all that is left of a clip."""
    joint_map = joint_maps.detect(clip)
    return {
        ours: clip.positions[:, clip.joint(name)]
        for ours, name in joint_map.items()
        if ours not in ("head", "left_hand", "right_hand")
    }


def world_rotations(result: RetargetedMotion) -> list:
    """Of every body, in every frame."""
    world = [from_wxyz(result.rotation[:, 0])]
    for body, parent in enumerate(result.rig.parents[1:], start=1):
        world.append(world[parent] * from_wxyz(result.rotation[:, body]))
    return world


@pytest.fixture(scope="module", params=["walk", "cartwheel", "getup_facedown", "kick"])
def both(request: pytest.FixtureRequest, rig: Rig) -> tuple[RetargetedMotion, RetargetedMotion, MotionClip]:
    """A clip on our body as it was recorded, and from its joints' positions alone; and the clip of these."""
    recorded = formats.read(f"builtin:{request.param}")
    rebuilt = clip_of_joints("rebuilt", recorded.fps, positions_of(recorded))
    first, second = (retarget(clip, rig, joint_maps.detect(clip)) for clip in (recorded, rebuilt))
    return first, second, rebuilt


def test_joints_stay_where_they_were_recorded(both: tuple[RetargetedMotion, RetargetedMotion, MotionClip]) -> None:
    recorded, rebuilt, clip = both
    assert max(retarget_error(rebuilt, clip).values()) < 1e-6
    np.testing.assert_allclose(rebuilt.joint_positions(), recorded.joint_positions(), atol=0.03)


@pytest.mark.parametrize("body", ["pelvis", "thorax", "upper_arm", "forearm", "thigh", "shank"])
def test_bodies_are_turned_as_they_were(both: tuple[RetargetedMotion, RetargetedMotion, MotionClip], body: str) -> None:
    """But for some frames in which an arm is straight: its twist is not in its joints' positions then."""
    recorded, rebuilt, _ = both
    names = recorded.rig.body_names
    for name in (body,) if body in names else (f"left_{body}", f"right_{body}"):
        before, after = (world_rotations(result)[names.index(name)] for result in (recorded, rebuilt))
        apart = np.degrees((before.inv() * after).magnitude())
        assert np.median(apart) < 2.0, name
        assert np.quantile(apart, 0.9) < 15.0, name


def test_the_zero_pose_is_a_t_pose(both: tuple[RetargetedMotion, RetargetedMotion, MotionClip]) -> None:
    recorded, rebuilt, _ = both
    lengths = (np.linalg.norm(result.joint_offset, axis=1) for result in (rebuilt, recorded))
    np.testing.assert_allclose(*lengths, atol=0.02)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        elbow, knee = (rebuilt.joint_offset[rebuilt.rig.keys.index(f"{side}_{joint}")] for joint in ("elbow", "knee"))
        np.testing.assert_allclose(elbow[[0, 2]], 0.0, atol=1e-6)
        np.testing.assert_allclose(knee[:2], 0.0, atol=1e-6)
        assert sign * elbow[1] > 0.2
        assert knee[2] < -0.3


def still(frames: int = 20) -> dict[str, np.ndarray]:
    """Standing straight, facing along x, arms hanging: no hinge is bent."""
    joints = {"pelvis": [0.0, 0.0, 0.95], "neck": [0.0, 0.0, 1.45]}
    for side, y in (("left", 1.0), ("right", -1.0)):
        joints |= {
            f"{side}_hip": [0, 0.09 * y, 0.9],
            f"{side}_knee": [0, 0.09 * y, 0.48],
            f"{side}_ankle": [0, 0.09 * y, 0.08],
        }
        joints |= {
            f"{side}_shoulder": [0, 0.18 * y, 1.4],
            f"{side}_elbow": [0, 0.18 * y, 1.1],
            f"{side}_wrist": [0, 0.18 * y, 0.85],
        }
    return {name: np.tile(np.array(place, float), (frames, 1)) for name, place in joints.items()}


def test_straight_limbs_are_turned_with_the_trunk_and_do_not_shake(rig: Rig) -> None:
    """Millimetres of noise decide the plane of a straight limb; they must not spin it."""
    rng = np.random.default_rng(0)
    noisy = {name: place + rng.normal(scale=0.002, size=place.shape) for name, place in still().items()}
    clip = clip_of_joints("still", 30.0, noisy)
    result = retarget(clip, rig, joint_maps.detect(clip))
    for body in ("left_thigh", "right_shank"):
        turned = world_rotations(result)[rig.body_names.index(body)]
        assert np.degrees(turned.magnitude()).max() < 10.0
    arm = world_rotations(result)[rig.body_names.index("left_upper_arm")]
    assert np.degrees((arm[1:] * arm[:-1].inv()).magnitude()).max() < 10.0


def test_the_head_follows_the_face(rig: Rig) -> None:
    joints = still() | {"head_tip": np.tile([0.0, 0.0, 1.7], (20, 1))}
    angle = np.linspace(0.0, 1.0, 20)
    nose = np.stack([0.1 * np.cos(angle), 0.1 * np.sin(angle), np.full(20, 1.55)], axis=1)
    clip = clip_of_joints("looking to the left", 30.0, joints, ahead=nose)
    head = world_rotations(retarget(clip, rig, joint_maps.detect(clip)))[rig.body_names.index("head")]
    np.testing.assert_allclose(head.as_rotvec(), angle[:, None] * [0.0, 0.0, 1.0], atol=1e-6)


@pytest.mark.parametrize("degrees", [0.0, 15.0, 40.0])
def test_feet_point_where_the_toes_are(degrees: float) -> None:
    joints = still()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        out = np.radians(degrees) * sign
        joints[f"{side}_toe"] = joints[f"{side}_ankle"] + 0.14 * np.array([np.cos(out), np.sin(out), -0.4])
    clip = clip_of_joints("toes out", 30.0, joints)
    assert clip.rotations is not None
    for side, sign in (("left", 1.0), ("right", -1.0)):
        foot = from_wxyz(clip.rotations[:, clip.joint(f"{side}_ankle")])
        np.testing.assert_allclose(foot.as_euler("ZYX", degrees=True)[:, 0], sign * degrees, atol=0.5)


def test_a_joint_that_is_missing_is_named() -> None:
    joints = still()
    del joints["left_knee"]
    with pytest.raises(InputError, match="lacks the joints left_knee") as refused:
        clip_of_joints("half", 30.0, joints)
    check_remedy(str(refused.value))
