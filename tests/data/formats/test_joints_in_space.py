"""Positions of joints without rotations: our walk's joints, as pose estimators write them."""

import json
import pathlib

import numpy as np
import pytest

from data import formats
from data.clip import InputError, MotionClip
from data.keypoints.sets import NAMES
from data.rigs import joint_maps
from data.rigs.joint_maps import REQUIRED
from data.rigs.retarget import Rig, retarget, retarget_error
from tests.messages import check_remedy

OURS = (*REQUIRED, "head_tip", "left_toes_tip", "right_toes_tip")


@pytest.fixture(scope="module")
def walk() -> MotionClip:
    return formats.read("builtin:walk")


def joints(walk: MotionClip) -> dict[str, np.ndarray]:
    joint_map = joint_maps.detect(walk)
    return {ours: walk.positions[:, walk.joint(joint_map[ours])] for ours in OURS}


def check(clip: MotionClip, walk: MotionClip, tolerance: float = 1e-6) -> None:
    expected, found = joints(walk), joint_maps.detect(clip)
    for joint in REQUIRED:
        np.testing.assert_allclose(clip.positions[:, clip.joint(found[joint])], expected[joint], atol=tolerance)


@pytest.mark.parametrize(("unit", "scale"), [("m", 1.0), ("mm", 1000.0), (None, 100.0)])
def test_named_joints_become_a_clip_on_our_body(
    tmp_path: pathlib.Path, walk: MotionClip, rig: Rig, unit: str | None, scale: float
) -> None:
    """Without a unit, the body's size tells it."""
    at = joints(walk)
    arrays = {"joints": scale * np.stack(list(at.values()), axis=1), "names": np.array(list(at)), "fps": walk.fps}
    if unit is not None:
        arrays["unit"] = np.array(unit)
    np.savez(tmp_path / "joints.npz", **arrays)  # type: ignore[arg-type]
    clip = formats.read(tmp_path / "joints.npz")
    assert clip.fps == walk.fps
    check(clip, walk)
    assert max(retarget_error(retarget(clip, rig, joint_maps.detect(clip)), clip).values()) < 30.0


NAMINGS = {
    "Pose2Sim": lambda ours: ours.replace("left_", "L").replace("right_", "R").title().replace("_", ""),
    "capitals": lambda ours: "".join(word.capitalize() for word in ours.split("_")),
    "suffixes": lambda ours: f"{ours.split('_', 1)[1]}.{ours[0].upper()}" if "_" in ours[4:6] else ours,
    "prefixes": lambda ours: f"Ann:{ours}",
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_joints_have_the_names_of_any_program(tmp_path: pathlib.Path, walk: MotionClip, naming: str) -> None:
    at = {name: track for name, track in joints(walk).items() if not name.endswith("_tip")}
    names = np.array([NAMINGS[naming](ours) for ours in at])
    np.savez(tmp_path / "joints.npz", positions=np.stack(list(at.values()), axis=1), names=names, fps=walk.fps)
    check(formats.read(tmp_path / "joints.npz"), walk)


def coco(walk: MotionClip) -> np.ndarray:
    at = joints(walk)
    return np.stack([at.get(name, at["head_tip"] - [0, 0, 0.1]) for name in NAMES["coco_17"]], axis=1)


def test_joints_without_names_are_those_of_the_set_whose_limbs_are_a_persons(
    tmp_path: pathlib.Path, walk: MotionClip
) -> None:
    np.savez(tmp_path / "keypoints.npz", keypoints=coco(walk), fps=walk.fps)
    clip = formats.read(tmp_path / "keypoints.npz")
    assert "joints: 17, taken for those of coco_17" in clip.notes
    at = joints(walk)
    np.testing.assert_allclose(clip.positions[:, clip.joint("left_knee")], at["left_knee"], atol=1e-6)


def test_cameras_look_along_z_with_y_down(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    turned = coco(walk) @ np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    np.savez(tmp_path / "camera.npz", joints=turned, fps=walk.fps)
    clip = formats.read(tmp_path / "camera.npz")
    assert "up axis: -y, from the motion" in clip.notes
    heights = clip.positions[:, clip.joint("left_knee"), 2]
    np.testing.assert_allclose(heights, joints(walk)["left_knee"][:, 2], atol=1e-6)


def test_archives_of_videopose3d_hold_several_sequences(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    at = joints(walk) | {"spine": (joints(walk)["pelvis"] + joints(walk)["neck"]) / 2, "head": joints(walk)["head_tip"]}
    poses = np.stack([at.get(name, at["head"]) for name in NAMES["h36m_17"]], axis=1).astype(np.float32)
    path = tmp_path / "data_3d_h36m.npz"
    np.savez(path, positions_3d=np.array({"S9": {"Walking": poses, "Eating 1": poses}}, dtype=object))
    with pytest.raises(InputError, match="holds 2 sequences .*: name one with --sequence, of S9/Walking, S9/Eating 1"):
        formats.read(path)
    clip = formats.read(path, sequence="S9/Walking")
    assert (clip.name, clip.fps) == ("S9/Walking", 50.0)
    check(clip, walk, tolerance=1e-5)


def test_scenes_of_panoptic_are_read_from_their_folder(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    """cm, y down; the person who is seen in most frames."""
    at = joints(walk)
    points = np.stack([at.get(name, at["head_tip"]) for name in NAMES["panoptic_19"]], axis=1)
    points = 100.0 * points @ np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    for frame, place in enumerate(points):
        each = np.concatenate([place, np.full((19, 1), 0.9)], axis=1).ravel().tolist()
        bodies = [{"id": 3, "joints19": each}] + ([{"id": 1, "joints19": each}] if frame < 5 else [])
        file = tmp_path / f"body3DScene_{frame + 100:08d}.json"
        file.write_text(json.dumps({"version": 0.7, "fpsType": "hd_29_97", "bodies": bodies}))
    clip = formats.read(tmp_path)
    assert clip.fps == pytest.approx(29.97)
    assert "person 3 of 2" in clip.notes
    heights = clip.positions[:, clip.joint("right_knee"), 2]
    np.testing.assert_allclose(heights, at["right_knee"][:, 2], atol=1e-6)


BROKEN: dict[str, dict[str, object]] = {
    "holds points: write the arrays joints": {"points": np.zeros(3)},
    "has an array of the shape": {"joints": np.zeros((5, 17))},
    "has no frame rate": {"joints": np.random.default_rng(0).normal(size=(9, 17, 3))},
    "has 17 joints, but 2 names": {"joints": np.zeros((9, 17, 3)), "names": np.array(["a", "b"]), "fps": 30.0},
    "has 21 joints without names": {"joints": np.zeros((9, 21, 3)), "fps": 30.0},
    "lacks pelvis, neck": {"joints": np.zeros((9, 2, 3)), "names": np.array(["a", "b"]), "fps": 30.0},
    "bones of no length": {"joints": np.zeros((9, 17, 3)), "fps": 30.0},
}


@pytest.mark.parametrize("complaint", BROKEN)
def test_what_is_broken_is_refused(tmp_path: pathlib.Path, complaint: str) -> None:
    from data.formats import joints_in_space

    path = tmp_path / "joints.npz"
    np.savez(path, **BROKEN[complaint])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=complaint) as refused:
        joints_in_space.read(path)
    check_remedy(str(refused.value))
