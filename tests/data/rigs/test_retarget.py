"""Retargeting: our joints lie on the clip's, in a T-pose at zero, whatever the rig."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data import builtin_clips, formats
from data.clip import InputError, MotionClip
from data.datasets import cmu as cmu_dataset
from data.formats import bvh
from data.rigs import joint_maps
from data.rigs.retarget import RetargetedMotion, Rig, retarget, retarget_error
from data.rotations import from_wxyz
from tests.data.conftest import mixamo_skeleton, smooth_rotations


def on_our_joints(clip: MotionClip, rig: Rig) -> RetargetedMotion:
    return retarget(clip, rig, joint_maps.detect(clip))


def offset(result: RetargetedMotion, joint: str) -> np.ndarray:
    return result.joint_offset[result.rig.keys.index(joint)]


def check_t_pose(result: RetargetedMotion) -> None:
    """Legs straight down, arms straight out, toes ahead, spine up, left on the left."""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for joint in ("knee", "ankle"):
            np.testing.assert_allclose(offset(result, f"{side}_{joint}")[:2], 0.0, atol=1e-3)
            assert offset(result, f"{side}_{joint}")[2] < -0.3
        for joint in ("elbow", "wrist"):
            np.testing.assert_allclose(offset(result, f"{side}_{joint}")[[0, 2]], 0.0, atol=1e-3)
            assert sign * offset(result, f"{side}_{joint}")[1] > 0.1
        assert sign * offset(result, f"{side}_hip")[1] > 0.05
        toe = offset(result, f"{side}_toe")
        assert toe[0] > 0.05
        assert abs(toe[1]) < 1e-6
    assert offset(result, "upper_spine")[2] > 0.05
    assert offset(result, "neck")[2] > 0.05


@pytest.mark.parametrize("name", builtin_clips.clip_paths())
def test_built_in_clips_are_followed_exactly(rig, name):
    clip = formats.read(f"builtin:{name}")
    result = on_our_joints(clip, rig)
    errors = retarget_error(result, clip)
    assert len(errors) == 15
    assert max(errors.values()) < 1e-6
    check_t_pose(result)


def test_cmu_recordings_are_followed_exactly(rig, cmu):
    for name, path in cmu_dataset.find_clips(cmu).items():
        clip = formats.read(path)
        result = on_our_joints(clip, rig)
        errors = retarget_error(result, clip)
        assert len(errors) == 20, name
        # The two spine bones of an AMC skeleton, which we have as one, bend against each other.
        assert max(errors.values()) < (1.0 if path.suffix == ".amc" else 1e-6), name
        check_t_pose(result)


def test_a_rig_with_a_joint_more_than_ours_is_followed_closely(rig, person_bvh):
    clip = bvh.read(person_bvh)
    result = on_our_joints(clip, rig)
    errors = retarget_error(result, clip)
    # Spine1 is the joint we lack: the chest comes nearer to the hips as it bends, by 0.12 m x (1 - cos(0.5)) at most.
    assert max(errors.values()) < 5.0
    assert errors["left_hip"] < 1e-3
    assert errors["left_ankle"] < 1e-3
    check_t_pose(result)


def test_the_reported_error_is_the_distance_of_our_forward_kinematics(rig, person_bvh):
    clip = bvh.read(person_bvh)
    result = on_our_joints(clip, rig)
    world = [from_wxyz(result.rotation[:, 0])]
    positions = [result.position]
    for body in range(1, 20):
        parent = rig.parents[body]
        positions.append(positions[parent] + world[parent].apply(result.joint_offset[body]))
        world.append(world[parent] * from_wxyz(result.rotation[:, body]))
    np.testing.assert_allclose(result.joint_positions(), np.stack(positions, axis=1), atol=1e-12)
    wrist = positions[rig.keys.index("left_wrist")] - clip.positions[:, clip.joint("mixamorig:LeftHand")]
    assert retarget_error(result, clip)["left_wrist"] == pytest.approx(1000 * np.linalg.norm(wrist, axis=1).mean())


def test_rotations_are_unit_and_continuous(rig):
    for name in ("cartwheel", "spin", "backflip"):
        rotation = on_our_joints(formats.read(f"builtin:{name}"), rig).rotation
        np.testing.assert_allclose(np.linalg.norm(rotation, axis=-1), 1.0, atol=1e-12)
        assert (np.sum(rotation[1:] * rotation[:-1], axis=-1) > 0).all()
        assert (rotation[0, :, 0] >= 0).all()


def test_knees_and_elbows_bend_the_right_way(rig):
    """In our zero pose knees flex about +y, the left elbow about -z and the right one about +z."""
    result = on_our_joints(formats.read("builtin:walk"), rig)

    def largest(joint: str) -> np.ndarray:
        angles = from_wxyz(result.rotation[:, rig.keys.index(joint)]).as_rotvec(degrees=True)
        return angles[np.abs(angles).sum(axis=1).argmax()]

    assert largest("left_knee")[1] > 50
    assert largest("right_knee")[1] > 50
    assert largest("left_elbow")[2] < -20
    assert largest("right_elbow")[2] > 20


def test_joints_that_a_clip_lacks_stay_at_zero_between_their_neighbours(rig):
    result = on_our_joints(formats.read("builtin:dance_a"), rig)
    lacking = [key for key, source in zip(rig.keys, result.source_joint, strict=True) if source is None]
    assert set(lacking) == {"lower_spine", "left_clavicle", "right_clavicle", "left_toe", "right_toe"}
    for joint in lacking:
        angles = from_wxyz(result.rotation[:, rig.keys.index(joint)]).magnitude()
        np.testing.assert_allclose(angles, 0.0, atol=1e-6)
    # The foot box of humanoid.urdf ends 0.1335 m before the ankle and its sole lies 0.05 m below.
    toe_tip = offset(result, "left_toe") + result.tips["left_toes"]
    np.testing.assert_allclose(toe_tip, [0.1335, 0.0, -0.0225], atol=1e-9)
    assert result.sole_depth == pytest.approx(0.05)
    np.testing.assert_allclose(
        offset(result, "lower_spine") + offset(result, "upper_spine"), [0, 0, 0.236151], atol=1e-9
    )


def test_a_rig_without_toes_gets_feet_of_ordinary_proportions(rig, person_bvh):
    clip = bvh.read(person_bvh)
    joint_map = {ours: name for ours, name in joint_maps.detect(clip).items() if "toe" not in ours}
    result = retarget(clip, rig, joint_map)
    check_t_pose(result)
    foot = offset(result, "left_toe")[0] + result.tips["left_toes"][0]
    assert 0.15 < foot < 0.25
    assert -0.08 < offset(result, "left_toe")[2] < -0.02


def test_tips_are_those_of_the_recording(rig, cmu):
    clip = formats.read(cmu / "in_domain" / "walking_1.bvh")
    result = on_our_joints(clip, rig)
    assert result.tips.keys() == {"head", "left_hand", "right_hand", "left_toes", "right_toes"}
    assert np.linalg.norm(result.tips["left_toes"]) == pytest.approx(0.0628, abs=1e-4)
    assert np.linalg.norm(result.tips["left_hand"]) == pytest.approx(0.0674, abs=1e-4)  # 3.732 + 3.009 cm
    assert result.tips["head"][2] > 0.2


def test_the_zero_pose_does_not_depend_on_the_way_the_file_faces(rig, person_bvh, tmp_path):
    skeleton = mixamo_skeleton()
    quarter = Rotation.from_euler("z", 90, degrees=True)
    still = smooth_rotations(3, len(skeleton.joint_names), 0.0, seed=0)
    path = tmp_path / "sideways.bvh"
    turned = quarter.apply(skeleton.offsets)
    bvh.write(path, skeleton.joint_names, skeleton.parents, turned, np.zeros((3, 3)), still, 30.0)
    ahead, sideways = on_our_joints(bvh.read(person_bvh), rig), on_our_joints(bvh.read(path), rig)
    exact = [rig.keys.index(key) for key in rig.keys if "spine" not in key and "neck" not in key and "clav" not in key]
    np.testing.assert_allclose(ahead.joint_offset[exact], sideways.joint_offset[exact], atol=2e-3)
    np.testing.assert_allclose(
        from_wxyz(sideways.rotation[:, 0]).as_rotvec(degrees=True), np.tile([0, 0, 90.0], (3, 1)), atol=1e-4
    )


def test_our_own_output_is_followed_exactly(rig, tmp_path):
    result = on_our_joints(formats.read("builtin:walk"), rig)
    path = tmp_path / "motion.bvh"
    bvh.write(path, rig.keys, rig.parents, result.joint_offset, result.position, result.rotation, 30.0)
    clip = bvh.read(path)
    again = on_our_joints(clip, rig)
    assert len(retarget_error(again, clip)) == 20
    np.testing.assert_allclose(again.joint_positions(), result.joint_positions(), atol=1e-5)


def test_clips_that_cannot_be_retargeted_say_why(rig, person_bvh):
    clip = bvh.read(person_bvh)
    joint_map = joint_maps.detect(clip)
    with pytest.raises(InputError, match="side by side"):
        retarget(clip, rig, joint_map | {"left_hip": joint_map["right_hip"]})
    with pytest.raises(InputError, match="at one place"):
        retarget(clip, rig, joint_map | {"left_knee": joint_map["left_hip"]})
    with pytest.raises(InputError, match="lacks left_knee"):
        retarget(clip, rig, {ours: name for ours, name in joint_map.items() if ours != "left_knee"})
