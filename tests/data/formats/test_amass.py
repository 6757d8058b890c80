"""AMASS's files, with body models in the form of SMPL's, all made up here: nothing of either is in them."""

import pathlib
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError
from data.formats import amass, body_model
from data.rigs import joint_maps, smpl
from data.rigs.retarget import Rig, retarget, retarget_error
from tests.data.body_models import arrays, upright_poses, write_npz
from tests.messages import check_remedy

FRAMES = 24


def motion(joints: int = 52, betas: int = 16) -> dict[str, Any]:
    poses, walk = upright_poses(FRAMES, joints)
    shape = np.random.default_rng(2).normal(0, 1, betas)
    return {"poses": poses, "trans": walk, "betas": shape, "gender": "male", "mocap_framerate": 120.0}


def write(path: pathlib.Path, content: dict[str, Any]) -> pathlib.Path:
    np.savez(path, **content)
    return path


@pytest.fixture
def model(tmp_path: pathlib.Path) -> pathlib.Path:
    return write_npz(tmp_path / "SMPLH.npz", arrays(52, 16))


@pytest.fixture
def clip_file(tmp_path: pathlib.Path) -> pathlib.Path:
    return write(tmp_path / "walk_poses.npz", motion())


def places(model: dict[str, np.ndarray], content: dict[str, Any], shapes: int) -> np.ndarray:
    """World positions of all joints of a model (T, J, 3), by the definition: 4 x 4 matrices along the tree."""
    skin = model["v_template"] + np.einsum("vcs,s->vc", model["shapedirs"][..., :shapes], content["betas"][:shapes])
    rest = model["J_regressor"] @ skin
    parents = model["kintree_table"][0].astype(np.int64)
    poses = content["poses"].reshape(FRAMES, -1, 3)
    result = np.zeros((FRAMES, len(rest), 3))
    for frame in range(FRAMES):
        world: list[np.ndarray] = []
        for joint in range(len(rest)):
            local = np.eye(4)
            angle = float(np.linalg.norm(poses[frame, joint]))
            x, y, z = poses[frame, joint] / max(angle, 1e-12)
            cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
            local[:3, :3] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
            local[:3, 3] = rest[joint] - (rest[parents[joint]] if joint else 0.0)
            world.append(world[parents[joint]] @ local if joint else local)
        result[frame] = [each[:3, 3] + content["trans"][frame] for each in world]
    return result


@pytest.mark.parametrize(("joints", "shapes"), [(24, 10), (52, 16), (55, 20), (55, 400)])
def test_joints_are_where_the_models_definition_has_them(tmp_path: pathlib.Path, joints: int, shapes: int) -> None:
    """Of SMPL-X's 20 shapes 10, and of its 400, 100 are expressions."""
    content, model = motion(joints), arrays(joints, shapes)
    clip = formats.read(write(tmp_path / "a.npz", content), body_model=write_npz(tmp_path / "m.npz", model))
    expected = places(model, content, 16 if shapes in (16, 400) else 10)
    names = [clip.joint(name) for name in smpl.JOINTS]
    np.testing.assert_allclose(clip.positions[:, names], expected[:, :22], atol=1e-9)
    assert clip.fps == 120.0
    assert clip.rotations is not None
    wrist = clip.joint("left_wrist")
    chain = ["pelvis", "spine1", "spine2", "spine3", "left_collar", "left_shoulder", "left_elbow", "left_wrist"]
    poses = content["poses"].reshape(FRAMES, -1, 3)
    turn = Rotation.identity(FRAMES)
    for name in chain:
        turn = turn * Rotation.from_rotvec(poses[:, smpl.JOINTS.index(name)])
    apart = Rotation.from_quat(clip.rotations[:, wrist], scalar_first=True).inv() * turn
    assert apart.magnitude().max() < 1e-9


def test_a_motion_is_on_our_body(clip_file: pathlib.Path, model: pathlib.Path, rig: Rig) -> None:
    clip = formats.read(clip_file, body_model=model)
    joint_map = joint_maps.detect(clip)
    assert joint_map["upper_spine"] == "spine3"
    assert joint_map["left_toes_tip"] == "left_foot_end"
    result = retarget(clip, rig, joint_map)
    assert None not in result.source_joint
    errors = retarget_error(result, clip)
    # Rotations are known and bones are rigid, but the spine, on which the arms hang, has a joint more than ours.
    legs = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle", "toe")]
    assert max(errors[joint] for joint in legs) < 1e-6
    assert max(errors.values()) < 5.0
    assert result.sole_depth == pytest.approx(0.08, abs=0.02)
    assert {"head", "left_hand", "right_toes"} <= result.tips.keys()


def test_a_body_at_rest_is_in_our_zero_pose(tmp_path: pathlib.Path, model: pathlib.Path, rig: Rig) -> None:
    """A T-pose that faces +x once it is upright."""
    content = motion() | {"betas": np.zeros(10)}  # which have the two sides alike
    stand = Rotation.from_euler("x", 90, degrees=True)
    content["poses"] = np.zeros_like(content["poses"])
    content["poses"][:, :3] = (Rotation.from_euler("z", 90, degrees=True) * stand).as_rotvec()
    clip = formats.read(write(tmp_path / "rest.npz", content), body_model=model)
    result = retarget(clip, rig, joint_maps.detect(clip))
    assert Rotation.from_quat(result.rotation[:, 0], scalar_first=True).magnitude().max() < 1e-9
    at = {name: clip.positions[0, clip.joint(name)] - clip.positions[0, 0] for name in clip.joint_names}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        assert sign * at[f"{side}_wrist_end"][1] > sign * at[f"{side}_wrist"][1] > 0.5
        assert at[f"{side}_foot_end"][0] > at[f"{side}_foot"][0] > at[f"{side}_ankle"][0]
    assert at["head_end"][2] > at["head"][2] > 0.4


@pytest.mark.parametrize(
    "change",
    [
        {"poses": motion()["poses"].astype(np.float32), "trans": motion()["trans"].astype(np.float32)},
        {"betas": motion()["betas"][None]},
        {"betas": np.tile(motion()["betas"], (FRAMES, 1))},
        {"gender": np.array(b"male")},
        {"gender": np.array(["male"])},
        {"gender": np.array("male", dtype=object)},
        {"mocap_framerate": np.array([120])},
    ],
    ids=["float32", "row of betas", "betas of each frame", "bytes", "array", "object", "rate in an array"],
)
def test_files_differ_in_how_they_say_it(
    tmp_path: pathlib.Path, clip_file: pathlib.Path, model: pathlib.Path, change: dict[str, Any]
) -> None:
    plain = formats.read(clip_file, body_model=model)
    other = formats.read(write(tmp_path / "walk_poses.npz", motion() | change), body_model=model)
    np.testing.assert_allclose(other.positions, plain.positions, atol=1e-6)
    assert other.notes == plain.notes
    assert "body model: SMPLH.npz, 16 shape parameters, recorded of a male body" in plain.notes


def test_poses_in_parts_are_those_in_one(tmp_path: pathlib.Path, clip_file: pathlib.Path, model: pathlib.Path) -> None:
    content = motion()
    poses = content.pop("poses")
    content["mocap_frame_rate"] = content.pop("mocap_framerate")
    parts = {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "pose_hand": poses[:, 66:]}
    clip = formats.read(write(tmp_path / "stageii.npz", content | parts), body_model=model)
    np.testing.assert_allclose(clip.positions, formats.read(clip_file, body_model=model).positions, atol=1e-12)


def test_estimators_of_poses_have_other_names_and_matrices(
    tmp_path: pathlib.Path, clip_file: pathlib.Path, model: pathlib.Path
) -> None:
    content = motion()
    matrices = Rotation.from_rotvec(content["poses"].reshape(-1, 3)).as_matrix().reshape(FRAMES, -1, 3, 3)
    others = {"global_orient": matrices[:, :1], "body_pose": matrices[:, 1:22], "transl": content["trans"], "fps": 120}
    expected = formats.read(clip_file, body_model=model).positions
    for each in (others, {"poses": matrices, "trans": content["trans"], "fps": 120}):
        path = write(tmp_path / "estimated.npz", {"betas": content["betas"], **each})
        np.testing.assert_allclose(formats.read(path, body_model=model).positions, expected, atol=1e-6)


def test_angles_in_degrees_are_refused(tmp_path: pathlib.Path, model: pathlib.Path) -> None:
    content = motion()
    path = write(tmp_path / "degrees.npz", content | {"poses": np.degrees(content["poses"])})
    with pytest.raises(InputError, match=r"turns a joint by \d+ degrees in half of its frames") as refused:
        formats.read(path, body_model=model)
    check_remedy(str(refused.value))


def test_cameras_coordinates_have_y_down(tmp_path: pathlib.Path, clip_file: pathlib.Path, model: pathlib.Path) -> None:
    """As WHAM and 4DHumans write them: the whole motion is turned, and nothing in the file says so."""
    content = motion()
    turn = Rotation.from_euler("x", 90, degrees=True)  # Z up becomes -Y up
    root = (turn * Rotation.from_rotvec(content["poses"][:, :3])).as_rotvec()
    pelvis = places(arrays(52, 16), content, 16)[0, 0] - content["trans"][0]
    shifted = turn.apply(content["trans"] + pelvis) - pelvis
    poses = np.concatenate([root, content["poses"][:, 3:]], axis=1)
    path = write(tmp_path / "camera.npz", content | {"poses": poses, "trans": shifted})
    clip, upright = formats.read(path, body_model=model), formats.read(clip_file, body_model=model)
    assert "up axis: -y, from the motion" in clip.notes
    np.testing.assert_allclose(clip.positions[..., 2], upright.positions[..., 2], atol=1e-6)


def test_more_shape_parameters_than_the_model_has_are_left_out(tmp_path: pathlib.Path, clip_file: pathlib.Path) -> None:
    clip = formats.read(clip_file, body_model=write_npz(tmp_path / "SMPL.npz", arrays(24, 10)))
    assert any("the first 10 of 16 shape parameters" in note for note in clip.notes)


def test_up_rate_and_unit_can_be_given(tmp_path: pathlib.Path, clip_file: pathlib.Path, model: pathlib.Path) -> None:
    plain = formats.read(clip_file, body_model=model)
    assert "up axis: z, from the motion" in plain.notes
    content = motion()
    del content["mocap_framerate"]
    to_y_up = Rotation.from_matrix([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    rest = arrays(52, 16)
    pelvis = rest["J_regressor"][0] @ (rest["v_template"] + rest["shapedirs"] @ content["betas"])
    content["trans"] = 100 * (to_y_up.apply(content["trans"] + pelvis) - pelvis)
    roots = Rotation.from_rotvec(content["poses"][:, :3])
    content["poses"][:, :3] = (to_y_up * roots).as_rotvec()
    path = write(tmp_path / "y_up.npz", content)
    with pytest.raises(InputError, match="has no frame rate, such as mocap_framerate: give it with --fps"):
        formats.read(path, body_model=model)
    clip = formats.read(path, body_model=model, unit="cm", fps=60.0)
    assert clip.fps == 60.0
    assert "up axis: y, from the motion" in clip.notes
    np.testing.assert_allclose(clip.positions, plain.positions, atol=1e-9)
    assert clip.rotations is not None
    assert plain.rotations is not None
    theirs, ours = (Rotation.from_quat(each[:, 5], scalar_first=True) for each in (clip.rotations, plain.rotations))
    assert (theirs.inv() * ours).magnitude().max() < 1e-9


# How the official files hold their arrays, under their names.


class Ch:
    """An array of chumpy, with what it keeps beside it."""

    def __init__(self, x: np.ndarray):
        self.__dict__ |= {"x": x, "_dirty_vars": {"x"}, "_itr": None, "_depends_on_deps": {}}


class Select:
    def __init__(self, a: Ch, idxs: np.ndarray, preferred_shape: tuple[int, ...]):
        self.__dict__ |= {"a": a, "idxs": idxs, "preferred_shape": preferred_shape}


class Multiply:
    def __init__(self, a: Ch):
        self.a = a


@pytest.fixture
def chumpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickles these classes under chumpy's names."""
    import sys
    import types

    for kind, module in ((Ch, "chumpy.ch"), (Select, "chumpy.reordering"), (Multiply, "chumpy.ch_ops")):
        stand_in = types.ModuleType(module)
        setattr(stand_in, kind.__name__, kind)
        monkeypatch.setitem(sys.modules, module, stand_in)
        monkeypatch.setattr(kind, "__module__", module)
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("matrix", [np.asarray, scipy.sparse.csc_matrix, scipy.sparse.csr_matrix])
def test_official_pickles_are_read_without_running_them(
    tmp_path: pathlib.Path, clip_file: pathlib.Path, model: pathlib.Path, chumpy: None, protocol: int, matrix: Any
) -> None:
    content: dict[str, Any] = arrays(52, 16)
    shapes, template = content["shapedirs"], content["v_template"]
    content["J_regressor"] = matrix(content["J_regressor"])
    content["shapedirs"] = Ch(shapes)
    backwards = np.arange(template.size).reshape(template.shape)[::-1].ravel()
    content["v_template"] = Select(Ch(np.append(template[::-1], 7.0)), backwards, template.shape)
    content["J"] = Multiply(Ch(np.zeros(3)))  # of no use to us, and nothing that could be read
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(content, protocol))
    np.testing.assert_array_equal(
        formats.read(clip_file, body_model=path).positions, formats.read(clip_file, body_model=model).positions
    )


def test_what_only_a_program_could_read_is_refused(
    tmp_path: pathlib.Path, clip_file: pathlib.Path, chumpy: None
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(arrays(52, 16) | {"shapedirs": Multiply(Ch(np.zeros(3)))}))
    with pytest.raises(
        InputError, match=r"shapedirs as chumpy.ch_ops.Multiply, which .*: export it as .npz"
    ) as refused:
        formats.read(clip_file, body_model=path)
    check_remedy(str(refused.value))


def test_indices_beyond_a_sparse_matrix_are_refused(tmp_path: pathlib.Path) -> None:
    regressor = scipy.sparse.csc_matrix(arrays(52, 16)["J_regressor"])
    regressor.indices[3] = 10**6
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(arrays(52, 16) | {"J_regressor": regressor}))
    with pytest.raises(InputError, match="damaged") as refused:
        body_model.read(path)
    check_remedy(str(refused.value))


def test_without_a_body_model_it_is_said_where_there_is_one(clip_file: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"with --body-model; get it from smpl.is.tue.mpg.de.* licence") as refused:
        formats.read(clip_file)
    check_remedy(str(refused.value))


def _without(model: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in model.items() if name != key}


BAD_MODELS: dict[str, Any] = {
    "lacks a key": (_without(arrays(), "J_regressor"), "lacks J_regressor"),
    "another tree": (arrays() | {"kintree_table": np.zeros((2, 24))}, "not a body model of the SMPL family, with"),
    "another skin": (arrays() | {"v_template": np.zeros((7, 3))}, "not a body model of the SMPL family, with"),
    "a hand": ({key: value[:16] for key, value in arrays().items()}, "not a body model of the SMPL family"),
}


@pytest.mark.parametrize("bad", BAD_MODELS)
def test_what_is_said_of_a_bad_model_names_it_and_a_remedy(tmp_path: pathlib.Path, bad: str) -> None:
    content, said = BAD_MODELS[bad]
    with pytest.raises(InputError, match=said) as refused:
        body_model.read(write_npz(tmp_path / "bad_model.npz", content))
    assert "bad_model.npz" in str(refused.value)
    check_remedy(str(refused.value))


def test_what_is_said_of_other_files_in_place_of_a_model_names_a_remedy(tmp_path: pathlib.Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1, 2]))
    (tmp_path / "model.fbx").write_text("Kaydara")
    for name in ("text.npz", "list.pkl", "model.fbx", "absent.npz"):
        with pytest.raises(InputError, match=name) as refused:
            body_model.read(tmp_path / name)
        check_remedy(str(refused.value))


def _nan() -> np.ndarray:
    poses = motion()["poses"]
    poses[7, 4] = np.nan
    return poses


BAD_MOTIONS: dict[str, Any] = {
    "no motion": ({"keypoints": np.zeros((4, 17, 3))}, "holds keypoints, not poses and trans"),
    "poses of a hand": (motion() | {"poses": np.zeros((FRAMES, 45))}, "45 numbers for a pose, not 156"),
    "fewer translations": (motion() | {"trans": np.zeros((5, 3))}, r"trans of the shape \(5, 3\) for 24 poses"),
    "no numbers": (motion() | {"poses": np.array(["a", "b"])}, r"an array of the shape \(2,\) for poses"),
    "a NaN": (motion() | {"poses": _nan()}, "NaN or absurd value in frame 8"),
    "one frame": ({k: v[:1] if k in ("poses", "trans") else v for k, v in motion().items()}, "only one frame"),
    "no rate": (motion() | {"mocap_framerate": "fast"}, "frame rate that is not a number"),
    "betas of no shape": (motion() | {"betas": np.zeros((2, 3, 4))}, "betas of the shape"),
}


@pytest.mark.parametrize("bad", BAD_MOTIONS)
def test_what_is_said_of_a_bad_motion_names_it_and_a_remedy(
    tmp_path: pathlib.Path, model: pathlib.Path, bad: str
) -> None:
    content, said = BAD_MOTIONS[bad]
    with pytest.raises(InputError, match=said) as refused:
        formats.read(write(tmp_path / "bad.npz", content), body_model=model)
    assert "bad.npz" in str(refused.value)
    check_remedy(str(refused.value))


def test_the_keys_tell_what_a_file_is() -> None:
    assert amass.is_motion(["poses", "trans", "betas"])
    assert amass.is_motion(["root_orient", "pose_body", "trans"])
    assert not amass.is_motion(["keypoints", "fps"])
    assert not amass.is_motion(["poses", "betas"])
