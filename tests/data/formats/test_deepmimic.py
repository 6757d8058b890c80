"""DeepMimic files and the built-in clips: the same poses as PyBullet's own humanoid, and broken files refused."""

import json
import pathlib

import numpy as np
import pybullet
import pybullet_data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import builtin_clips, formats
from data.clip import InputError
from data.formats import deepmimic
from data.formats.reading import ReadOptions

# Joint and size in a frame, after duration, root position and root rotation (pybullet_envs/deep_mimic).
LAYOUT = (
    *(("chest", 4), ("neck", 4), ("right_hip", 4), ("right_knee", 1), ("right_ankle", 4), ("right_shoulder", 4)),
    *(
        ("right_elbow", 1),
        ("left_hip", 4),
        ("left_knee", 1),
        ("left_ankle", 4),
        ("left_shoulder", 4),
        ("left_elbow", 1),
    ),
)
STANDING = [1 / 30, 0, 0.9, 0, 1, 0, 0, 0] + [v for _, size in LAYOUT for v in ([0.1] if size == 1 else [1, 0, 0, 0])]


@pytest.fixture(scope="module")
def bullet():
    client = pybullet.connect(pybullet.DIRECT)
    urdf = f"{pybullet_data.getDataPath()}/humanoid/humanoid.urdf"
    body = pybullet.loadURDF(urdf, globalScaling=0.25, physicsClientId=client)
    yield client, body
    pybullet.disconnect(client)


def bullet_positions(client: int, body: int, frame: list[float]) -> dict[str, np.ndarray]:
    """Joint positions of PyBullet's humanoid in one frame of a file, Y up."""
    links = range(pybullet.getNumJoints(body, physicsClientId=client))
    of_name = {pybullet.getJointInfo(body, link, physicsClientId=client)[12].decode(): link for link in links}
    pybullet.resetBasePositionAndOrientation(body, frame[1:4], [*frame[5:8], frame[4]], physicsClientId=client)
    column = 8
    for name, size in LAYOUT:
        value = frame[column : column + size]
        column += size
        if size == 4:
            xyzw = [*value[1:], value[0]]
            pybullet.resetJointStateMultiDof(body, of_name[name], xyzw, physicsClientId=client)
        else:
            pybullet.resetJointState(body, of_name[name], value[0], physicsClientId=client)
    return {
        name: np.array(pybullet.getLinkState(body, link, computeForwardKinematics=True, physicsClientId=client)[4])
        for name, link in of_name.items()
    }


@pytest.mark.parametrize("name", ["walk", "cartwheel", "getup_facedown", "walker_turn_left0"])
def test_joints_are_where_pybullet_has_them(bullet, name):
    clip = formats.read(f"builtin:{name}")
    client, body = bullet
    frames = json.loads(builtin_clips.clip_path(name).read_text())["Frames"]
    for number in range(0, len(frames), 20):
        expected = bullet_positions(client, body, frames[number])
        for joint in expected.keys() & set(clip.joint_names):
            z_up = expected[joint][[2, 0, 1]]
            np.testing.assert_allclose(clip.positions[number, clip.joint(joint)], z_up, atol=5e-6)


def test_there_are_15_humanoid_and_5_walker_clips_and_all_load():
    assert len(builtin_clips.humanoid_names()) == 15
    assert len(builtin_clips.clip_paths()) == 20
    for name in builtin_clips.clip_paths():
        clip = formats.read(f"builtin:{name}")
        assert clip.name == name
        assert clip.sole_depth == pytest.approx(0.05)
        assert 0.3 < np.median(clip.positions[..., 2].max(axis=1)) < 1.8


def test_each_file_has_its_own_rate_and_uneven_steps_are_evened():
    rates = {name: formats.read(f"builtin:{name}").fps for name in ("walk", "cartwheel", "backflip", "spin")}
    assert rates == {"walk": 30.0, "cartwheel": 60.0, "backflip": 16.0, "spin": 24.0}
    roll = formats.read("builtin:roll")  # one frame of 121 lasts 32.7 ms, the others 16.7 ms
    assert roll.num_frames == 121
    assert any("resampled" in note for note in roll.notes)


def lasting(durations: list[float]) -> dict[str, object]:
    """A person who moves ahead by 1 m a second, in frames of these durations (s) and a last one."""
    times = np.cumsum([0.0, *durations])
    frames = zip([*durations, 0.0], times, strict=True)
    return {"Loop": "none", "Frames": [[step, float(time), *STANDING[2:]] for step, time in frames]}


@pytest.mark.parametrize(
    ("durations", "fps"),
    [
        ([0.02, 0.02, 0.025, 0.04, 0.04, 0.04, 0.05], 25.0),  # the commonest, 0.04 s, is the median too
        ([0.02, 0.02, 0.02, 0.04, 0.04, 0.05, 0.05], 50.0),  # the median is 0.04 s, the mean 0.034 s
        ([0.05, 0.05, 0.02, 0.02, 0.03, 0.1], 50.0),  # two are equally common: the shorter one
        ([0.03, 0.02, 0.03, 0.04, 0.02], 50.0),  # the last of 7 steps ends 3e-17 s after the file
        ([0.0333333, 0.0333334, 0.025, 0.025, 0.0333332], 30.0),  # alike but for rounding
    ],
)
def test_uneven_frames_are_resampled_to_the_commonest_duration(tmp_path, durations, fps):
    clip = deepmimic.read(write(tmp_path, lasting(durations)))
    assert clip.fps == fps
    assert clip.duration == pytest.approx(sum(durations), abs=1 / fps)
    speed = np.linalg.norm(np.diff(clip.positions[:, 0], axis=0), axis=-1) * fps
    np.testing.assert_allclose(speed, 1.0, rtol=1e-4)


def test_a_given_rate_applies_after_uneven_frames_are_resampled(tmp_path):
    path = write(tmp_path, lasting([0.02, 0.02, 0.02, 0.04, 0.04, 0.05, 0.05]))
    own, given = deepmimic.read(path), deepmimic.read(path, ReadOptions(fps=10.0))
    np.testing.assert_array_equal(given.positions, own.positions)
    assert (own.fps, given.fps) == (50.0, 10.0)
    assert any("resampled to 0.02 s" in note for note in given.notes)
    assert "frame rate: 10 per second, as given" in given.notes
    assert not any("as given" in note for note in own.notes if note.startswith("frame rate"))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match=r"builtin.*'wlak'.*walk.*walker_turn_left0|no built-in clip 'wlak'.*walk"):
        formats.read("builtin:wlak")


def as_text(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(content)


def write(folder: pathlib.Path, content: object) -> pathlib.Path:
    path = folder / "clip.json"
    path.write_text(as_text(content))
    return path


def changed(column: int, value: float) -> dict[str, object]:
    """Three frames, of which the second has another value in a column."""
    frame = list(STANDING)
    frame[column] = value
    return {"Loop": "none", "Frames": [STANDING, frame, STANDING]}


BROKEN = {
    "is not a DeepMimic file, or is cut short": json.dumps(changed(2, 0.9))[:-30],
    'lacks the list "Frames"': {"Loop": "wrap"},
    "its nesting or a number is beyond measure": '{"Frames": [' + "9" * 5000 + "]}",
    "no frames": {"Frames": []},
    "only one frame": {"Frames": [STANDING]},
    "43 values in frame 1": {"Frames": [STANDING[:-1], STANDING]},
    "NaN or absurd value in frame 2": changed(2, float("nan")),
    "frame time of 0 s in frame 2": changed(0, 0.0),
    "no unit quaternion for chest in frame 2": changed(8, 0.0),
}


@pytest.mark.parametrize("complaint", BROKEN)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, complaint):
    with pytest.raises(InputError) as error:
        deepmimic.read(write(tmp_path, BROKEN[complaint]))
    assert complaint in str(error.value)
    assert "clip.json" in str(error.value)
    assert "\n" not in str(error.value)


_VALUES = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3)
_JSON = st.recursive(_VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=6), inner))


@settings(deadline=None, max_examples=100)
@given(st.one_of(_JSON, st.fixed_dictionaries({"Frames": _JSON})))
def test_any_json_raises_nothing_but_input_errors(tmp_path_factory, content):
    with pytest.raises(InputError):
        deepmimic.read(write(tmp_path_factory.mktemp("json"), content))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 43), st.floats(), st.integers(0, 5))
def test_any_value_is_read_or_refused(tmp_path_factory, column, value, cut):
    text = json.dumps(changed(column, value))
    path = write(tmp_path_factory.mktemp("json"), text[: len(text) - cut])
    try:
        clip = deepmimic.read(path)
    except InputError:
        return
    assert np.isfinite(clip.positions).all()
    assert clip.rotations is not None
    np.testing.assert_allclose(np.linalg.norm(clip.rotations, axis=-1), 1.0)
