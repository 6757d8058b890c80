"""BVH: what is read is what the format says, what is written is read back, and broken files are refused."""

import contextlib
import pathlib
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError
from data.formats import bvh
from data.formats.reading import ReadOptions
from tests.data.conftest import mixamo_skeleton, smooth_rotations
from tests.data.formats.walk_files import change_rows, write_walk

ARM = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Upper Arm
  {
    OFFSET 0 30 0
    CHANNELS 4 Yposition Xrotation Zrotation Yrotation
    End Site
    {
      OFFSET 70 0 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0083333
10 20 30 90 0 0 40 0 0 0
10 20 30 90 0 0 40 90 0 90
"""


def write(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "clip.bvh"
    path.write_text(text)
    return path


def read_arm(folder: pathlib.Path, text: str = ARM) -> np.ndarray:
    """World positions (T, 3 joints, 3) in m, in the file's axes."""
    return bvh.read(write(folder, text), ReadOptions(unit="cm", up_axis="z")).positions


def test_channels_apply_in_file_order_about_moving_axes(tmp_path):
    positions = read_arm(tmp_path)
    # Frame 1: the root turned by 90 degrees about z takes the arm's (0, 40, 0) to (-40, 0, 0) and its x to y.
    np.testing.assert_allclose(positions[0], [[0.1, 0.2, 0.3], [-0.3, 0.2, 0.3], [-0.3, 0.9, 0.3]], atol=1e-12)
    # Frame 2: the arm turns by 90 degrees about its x, then about its new y; (70, 0, 0) becomes the root's (0, 70, 0).
    np.testing.assert_allclose(positions[1, 2] - positions[1, 1], [-0.7, 0.0, 0.0], atol=1e-12)


def test_position_channels_replace_the_offset(tmp_path):
    positions = read_arm(tmp_path)
    np.testing.assert_allclose(positions[0, 1] - positions[0, 0], [-0.4, 0.0, 0.0], atol=1e-12)


def test_names_may_hold_spaces_and_rounded_rates_are_whole(tmp_path):
    clip = bvh.read(write(tmp_path, ARM), ReadOptions(unit="cm"))
    assert clip.joint_names == ("Hips", "Upper Arm", "Upper Arm_end")
    assert clip.fps == 120.0


def test_a_given_rate_replaces_the_files_own_whatever_that_is(tmp_path):
    for frame_time in ("0.0083333", "0", "nan"):
        clip = bvh.read(write(tmp_path, ARM.replace("0.0083333", frame_time)), ReadOptions(unit="cm", fps=25.0))
        assert clip.fps == 25.0
        assert "frame rate: 25 per second, as given" in clip.notes


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.0, 0.8), st.sampled_from([24.0, 29.97, 60.0]))
def test_a_written_motion_is_read_back(tmp_path_factory, seed, amplitude, fps):
    skeleton = mixamo_skeleton()
    rotations = smooth_rotations(120, len(skeleton.joint_names), amplitude, seed)
    root = np.cumsum(np.random.default_rng(seed).normal(0, 0.01, (120, 3)), axis=0)
    positions, _ = skeleton.forward_kinematics(
        np.concatenate([root[:, None], np.tile(skeleton.offsets[1:], (120, 1, 1))], axis=1), rotations
    )
    path = tmp_path_factory.mktemp("bvh") / "written.bvh"
    bvh.write(path, skeleton.joint_names, skeleton.parents, skeleton.offsets, root, rotations, fps)

    clip = bvh.read(path)
    assert clip.fps == pytest.approx(fps, rel=1e-6)
    same = [clip.joint(name) for name in skeleton.joint_names]
    np.testing.assert_allclose(clip.positions[:, same], positions, atol=2e-7)
    np.testing.assert_allclose(clip.rest_positions[same], skeleton.rest_positions, atol=2e-8)


def test_end_sites_are_written_where_they_are_given(tmp_path):
    skeleton, tip = mixamo_skeleton(), np.array([0.07, 0.01, -0.02])
    path, still = tmp_path / "ends.bvh", smooth_rotations(3, len(skeleton.joint_names), 0.0, 0)
    ends = {"mixamorig:LeftToeBase": tip}
    bvh.write(
        path, skeleton.joint_names, skeleton.parents, skeleton.offsets, np.zeros((3, 3)), still, 30.0, end_sites=ends
    )
    clip = bvh.read(path)
    toe, end = clip.joint("mixamorig:LeftToeBase"), clip.joint("mixamorig:LeftToeBase_end")
    np.testing.assert_allclose(clip.rest_positions[end] - clip.rest_positions[toe], tip, atol=1e-8)


def test_a_written_file_is_y_up_centimetres_and_faces_z(tmp_path):
    skeleton = mixamo_skeleton()
    path, still = tmp_path / "still.bvh", smooth_rotations(2, len(skeleton.joint_names), 0.0, 0)
    root = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    bvh.write(path, skeleton.joint_names, skeleton.parents, skeleton.offsets, root, still, 30.0)
    lines = path.read_text().splitlines()
    assert lines[-1].split()[:3] == ["200.000000", "300.000000", "100.000000"]
    left_leg = lines.index(next(line for line in lines if "LeftLeg" in line))
    assert lines[left_leg + 2].split()[1:] == ["1.000000", "-42.000000", "0.000000"]


BROKEN = {
    "is not a BVH file": ":FULLY-SPECIFIED\n1\nroot 0 0 0\n",
    "has no MOTION": ARM.split("MOTION")[0],
    "lacks 'Frames:'": ARM.split("Frames:")[0],
    "lacks 'Frames:' or 'Frame Time:'": ARM.replace("Frame Time: 0.0083333\n", ""),
    "'Frames: many', which is not a whole number": ARM.replace("Frames: 2", "Frames: many"),
    "'Frames: 2.5', which is not a whole number": ARM.replace("Frames: 2", "Frames: 2.5"),
    "'Frame Time: abc', which is not a number": ARM.replace("0.0083333", "abc"),
    "'Frame Time: 0,0083333', which is not a number": ARM.replace("0.0083333", "0,0083333"),
    "has no frames": ARM.replace("Frames: 2", "Frames: 0").rsplit("10 20", 2)[0],
    "only one frame": ARM.replace("Frames: 2", "Frames: 1").rsplit("10 20", 1)[0],
    "holds 19": ARM.rsplit(" ", 3)[0] + "\n90 90",
    "has 9 values in a frame": ARM.replace("40 0 0 0", "40 0 0").replace("40 90 0 90", "40 90 0"),
    "has 9 values in frame 1": ARM.replace("40 0 0 0", "40 0 0"),
    "has 9 values in frame 2": ARM.rsplit(" ", 1)[0] + "\n",
    "has 11 values in frame 1": ARM.replace("40 0 0 0", "40 0 0 0 0").replace("40 90 0 90", "40 90 0"),
    "frame time of 0 s": ARM.replace("0.0083333", "0"),
    "frame time of nan s": ARM.replace("0.0083333", "nan"),
    "NaN or absurd value in frame 2": ARM.replace("40 90 0 90", "40 90 nan 90"),
    "'zero' in frame 2, which is not a number: correct it": ARM.replace("40 90 0 90", "40 90 zero 90"),
    "'24,8384' in frame 2, which is not a number: export it with decimal points": ARM.replace(
        "40 90 0 90", "40 90 24,8384 90"
    ),
    "an absurd scale": ARM.replace("70 0 0", "70000 0 0"),
    "out of place": ARM.replace("CHANNELS 6", "CHANNELS 5"),
    "second ROOT": ARM.replace("JOINT Upper", "ROOT Upper"),
    "braces": ARM.replace("}\n}\nMOTION", "}\nMOTION"),
    "broken HIERARCHY": ARM.replace("OFFSET 70 0 0", "OFFSET 70 0"),
    "'0,5' at joint Upper Arm_end, which is not a number: export it with decimal points": ARM.replace(
        "OFFSET 70 0 0", "OFFSET 70 0,5 0"
    ),
    "channels Xrotation Wrotation": ARM.replace("4 Yposition Xrotation Zrotation Yrotation", "2 Xrotation Wrotation"),
    "joint Upper Arm an absurd OFFSET": ARM.replace("OFFSET 0 30 0", "OFFSET 0 1e30 0"),
    "several joints alike": ARM.replace("Upper Arm", "Hips"),
}


@pytest.mark.parametrize("complaint", BROKEN)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, complaint):
    with pytest.raises(InputError) as error:
        bvh.read(write(tmp_path, BROKEN[complaint]), ReadOptions(unit="cm"))
    assert complaint in str(error.value)
    assert "clip.bvh" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_numbers_of_a_frame_may_stand_on_several_lines(tmp_path):
    broken_up = ARM.replace("30 90", "30\n90").replace("0 0 40", "0 0\n\n40")
    np.testing.assert_array_equal(read_arm(tmp_path, broken_up), read_arm(tmp_path))


def test_a_frame_in_which_the_person_is_elsewhere_is_refused(person_bvh, tmp_path):
    lines = person_bvh.read_text().splitlines()
    frame = lines.index("MOTION") + 3 + 29  # the 30th
    lines[frame] = " ".join(["99999", *lines[frame].split()[1:]])
    with pytest.raises(InputError, match=r"clip\.bvh: the root jumps 99\d\.\d\d m from frame 29 to frame 30: "):
        bvh.read(write(tmp_path, "\n".join(lines)))


DAMAGE = ["", "{", "}", "nan", "-", " 1e400 ", "\x00", "JOINT x", "CHANNELS 99", "é", "\n"]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_random_damage_raises_nothing_but_input_errors(person_bvh, tmp_path_factory, data):
    text = person_bvh.read_text()
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.sampled_from([0, 1, 5, 200, 100_000]))
    insertion = data.draw(
        st.sampled_from(["", "{", "}", "nan", "-", " 1e400 ", "\x00", "JOINT x", "CHANNELS 99", "é", "\n"])
    )
    path = tmp_path_factory.mktemp("damage") / "damaged.bvh"
    path.write_text(text[:start] + insertion + text[start + length :], encoding="utf-8")
    with contextlib.suppress(InputError):
        assert np.isfinite(formats.read(path).positions).all()


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_raise_nothing_but_input_errors(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "noise.bvh"
    path.write_bytes(b"HIERARCHY\n" + content)
    with pytest.raises(InputError):
        bvh.read(path)


def test_real_recordings_are_read_fast(cmu):
    salsa = cmu / "out_of_domain" / "salsa_02.bvh"
    started = time.perf_counter()
    clip = bvh.read(salsa)
    assert time.perf_counter() - started < 5.0  # 0.4 s on one free core
    assert clip.num_frames > 2000
    assert clip.fps == 120.0


@pytest.fixture(scope="module")
def walk(tmp_path_factory, rig) -> str:
    return write_walk(tmp_path_factory.mktemp("walk") / "walk.bvh", rig).read_text()


_KEYWORDS = r"HIERARCHY|ROOT|JOINT|End Site|OFFSET|CHANNELS|MOTION|Frames|Frame Time"
CARELESS = {
    "lower-case keywords": lambda text: re.sub(_KEYWORDS, lambda found: found[0].lower(), text),
    "upper-case channels": lambda text: re.sub(r"([XYZ])(position|rotation)", lambda found: found[0].upper(), text),
    "comments": lambda text: "# made by hand\n// twice\n" + text.replace("MOTION", "# here it moves\nMOTION"),
    "old line ends": lambda text: text.replace("\n", "\r"),
    "too few frames in the header": lambda text: text.replace("Frames: 39", "Frames: 20"),
    "too many frames in the header": lambda text: text.replace("Frames: 39", "Frames: 238"),
    "a prop": lambda text: text.replace("  JOINT", f"  JOINT Sword\n{{\nOFFSET 900 0 0\n{END_SITE}}}\n  JOINT", 1),
    "a bad end site": lambda text: text.replace(
        "  JOINT", f"  JOINT Twist\n{{\nOFFSET 0 0 0\n{END_SITE}}}\n  JOINT", 1
    ),
}
END_SITE = "End Site\n{\nOFFSET 0 300 0\n}\n"


@pytest.mark.parametrize("how", CARELESS)
def test_what_programs_write_carelessly_is_read_all_the_same(tmp_path, walk, how):
    expected, found = (formats.read(write(tmp_path, text)) for text in (walk, CARELESS[how](walk)))
    joints = [found.joint(name) for name in expected.joint_names]
    np.testing.assert_allclose(found.positions[:, joints], expected.positions, atol=1e-9)
    assert ([finding.name for finding in found.findings] == ["frames"]) == (how == "too many frames in the header")
    assert any("though the header says" in note for note in found.notes) == ("header" in how)


def with_joint_positions(text: str, differences: bool) -> str:
    """The file with position channels in every joint: the OFFSETs, or zeros."""
    head = text.split("MOTION")[0]
    offsets = [[float(word) for word in found.split()[1:]] for found in re.findall(r"OFFSET .*(?=\n *CHANNELS)", head)]
    text = text.replace("CHANNELS 3 ", "CHANNELS 6 Xposition Yposition Zposition ")

    def insert(rows: np.ndarray) -> np.ndarray:
        joints = [rows[:, :6]]
        for index, offset in enumerate(offsets[1:], start=1):
            place = np.tile([0.0] * 3 if differences else offset, (len(rows), 1))
            joints += [place, rows[:, 3 + 3 * index : 6 + 3 * index]]
        return np.concatenate(joints, axis=1)

    return change_rows(text, insert)


@pytest.mark.parametrize("differences", [False, True])
def test_positions_of_joints_are_places_or_differences_from_their_offsets(tmp_path, walk, differences):
    expected = formats.read(write(tmp_path, walk))
    found = formats.read(write(tmp_path, with_joint_positions(walk, differences)))
    np.testing.assert_allclose(found.positions, expected.positions, atol=1e-5)
    assert any("differences from their OFFSET" in note for note in found.notes) == differences


def test_angles_in_radians_are_taken_as_such_and_said(tmp_path, walk):
    def in_radians(rows: np.ndarray) -> np.ndarray:
        return np.concatenate([rows[:, :3], np.radians(rows[:, 3:])], axis=1)

    expected = formats.read(write(tmp_path, walk))
    found = formats.read(write(tmp_path, change_rows(walk, in_radians)))
    np.testing.assert_allclose(found.positions, expected.positions, atol=1e-4)
    assert [(finding.level, finding.name) for finding in found.findings] == [("doubtful", "angles")]
    assert not expected.findings


def test_small_angles_in_degrees_stay_degrees(tmp_path, rig):
    """A person who stands and sways by 3 degrees, on a rig whose arms hang in the zero pose."""
    text = write_walk(tmp_path / "walk.bvh", rig).read_text()

    def sway(rows: np.ndarray) -> np.ndarray:
        turn = 3.0 * np.sin(np.linspace(0, 6, len(rows)))[:, None] * np.ones(rows.shape[1] - 3)
        return np.concatenate([np.tile(rows[:1, :3], (len(rows), 1)), turn], axis=1)

    assert not formats.read(write(tmp_path, change_rows(text, sway))).findings


def test_a_zero_pose_that_the_motion_contradicts_gives_way(tmp_path, walk):
    """As Blender writes it: the zero pose along y, the motion along z."""

    def turn(rows: np.ndarray) -> np.ndarray:
        angles = Rotation.from_euler("x", 90, degrees=True) * Rotation.from_euler("ZXY", rows[:, 3:6], degrees=True)
        return np.concatenate([rows[:, [0, 2, 1]] * [1, -1, 1], angles.as_euler("ZXY", degrees=True), rows[:, 6:]], 1)

    expected, found = (formats.read(write(tmp_path, text)) for text in (walk, change_rows(walk, turn)))
    assert "up axis: z, from the motion, against the zero pose, which stands along y" in found.notes
    assert [(finding.level, finding.name) for finding in found.findings] == [("doubtful", "up axis")]
    np.testing.assert_allclose(found.positions[..., 2], expected.positions[..., 2], atol=1e-5)


def test_a_character_of_any_size_is_a_person_of_an_adults_size(tmp_path, walk):
    huge = re.sub(r"OFFSET (.*)", lambda o: "OFFSET " + " ".join(str(2 * float(w)) for w in o[1].split()), walk)
    huge = change_rows(huge, lambda rows: np.concatenate([2 * rows[:, :3], rows[:, 3:]], axis=1))
    expected, found = (formats.read(write(tmp_path, text)) for text in (walk, huge))
    np.testing.assert_allclose(found.positions, expected.positions, rtol=0.02, atol=0.02)
    ((name, sentence),) = ((finding.name, finding.sentence) for finding in found.findings)
    assert name == "unit"
    assert re.search(r"by the unit cm the person would be 3\.\d+ m tall, and an adult's 1.7 m is taken", sentence)
    assert formats.read(write(tmp_path, huge), unit="0.005").findings == ()
