import numpy as np
import pytest

from data.keypoints.joints import CROWN_FROM_EARS, joint_positions
from data.keypoints.sets import NAMES

POSITIONS = np.random.default_rng(0).normal(size=(4, 140, 3))


def found_in(names: tuple[str, ...]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray | None]:
    """Return the joints, the keypoints by name, and the nose."""
    positions = POSITIONS[:, : len(names)]
    joints, nose = joint_positions(names, positions)
    return joints, {name: positions[:, index] for index, name in enumerate(names)}, nose


@pytest.mark.parametrize("name", NAMES)
def test_every_set_has_the_joints_that_a_body_needs(name: str) -> None:
    joints, at, nose = found_in(NAMES[name])
    limbs = {
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    }
    assert {*limbs, "pelvis", "neck", "head_tip"} <= joints.keys()
    for joint in limbs:
        np.testing.assert_array_equal(joints[joint], at[joint])
    np.testing.assert_array_equal(nose, at["nose"])


def test_joints_that_a_set_lacks_are_between_others() -> None:
    joints, at, _ = found_in(NAMES["coco_17"])
    np.testing.assert_allclose(joints["pelvis"], (at["left_hip"] + at["right_hip"]) / 2)
    neck = (at["left_shoulder"] + at["right_shoulder"]) / 2
    np.testing.assert_allclose(joints["neck"], neck)
    ears = (at["left_ear"] + at["right_ear"]) / 2
    np.testing.assert_allclose(joints["head_tip"] - neck, CROWN_FROM_EARS * (ears - neck))
    assert not {"upper_spine", "left_toes_tip"} & joints.keys()


def test_joints_that_a_set_has_are_not_made_up() -> None:
    joints, at, _ = found_in(NAMES["halpe_26"])
    for joint, keypoint in (("pelvis", "pelvis"), ("neck", "neck"), ("head_tip", "head")):
        np.testing.assert_array_equal(joints[joint], at[keypoint])
    np.testing.assert_array_equal(joints["right_toes_tip"], at["right_big_toe"])


def test_what_does_not_follow_is_left_out() -> None:
    joints, _, nose = found_in(("left_hip", "left_shoulder", "right_shoulder"))
    assert joints.keys() == {"left_hip", "left_shoulder", "right_shoulder", "neck"}
    assert nose is None
