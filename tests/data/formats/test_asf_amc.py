"""ASF/AMC: the skeleton's axes and units are applied as the format says, and broken files are refused."""

import contextlib
import pathlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError
from data.formats import asf_amc
from data.formats.reading import ReadOptions
from data.rotations import from_wxyz

ASF = """:version 1.10
:units
  mass 1.0
  length 0.5
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name thigh
    direction 0 -1 0
    length 10
    axis 0 0 30 XYZ
    dof rx rz
  end
  begin
    id 2
    name shank
    direction 1 0 0
    length 8
    axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root thigh
    thigh shank
  end
"""
AMC = """:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 0 0 0
thigh 20 40
2
root 1 2 3 0 90 0
thigh 20 40
"""
METRES = 0.0254 / 0.5


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "07.asf").write_text(ASF)
    (tmp_path / "07_01.amc").write_text(AMC)
    return tmp_path


def rotation(axis: str, degrees: float) -> np.ndarray:
    return Rotation.from_euler(axis, degrees, degrees=True).as_matrix()


def test_bones_turn_about_their_own_axes(folder):
    clip = asf_amc.read(folder / "07_01.amc", ReadOptions(up_axis="z"))
    assert clip.joint_names == ("root", "thigh", "shank", "shank_end")
    # L = C M C^-1 with C the bone's axis frame and M its angles, the first listed turning first.
    axis = rotation("z", 30)
    thigh = axis @ rotation("z", 40) @ rotation("x", 20) @ axis.T
    root = np.array([1.0, 2.0, 3.0])
    knee = root + thigh @ [0, -10, 0]
    end = knee + thigh @ [8, 0, 0]
    np.testing.assert_allclose(clip.positions[0], METRES * np.array([root, root, knee, end]), atol=1e-12)
    turned = rotation("y", 90)
    np.testing.assert_allclose(clip.positions[1, 3], METRES * (root + turned @ (end - root)), atol=1e-12)


def test_the_unit_comes_from_the_header_and_can_be_overridden(folder):
    assert any(f"{METRES:.6g} m, from the file's header" in note for note in asf_amc.read(folder / "07_01.amc").notes)
    in_cm = asf_amc.read(folder / "07_01.amc", ReadOptions(unit="inch"))
    np.testing.assert_allclose(in_cm.rest_positions[3] @ in_cm.rest_positions[3], (100 + 64) * 0.0254**2)


def test_the_frame_rate_is_assumed_until_it_is_given(folder):
    assumed, given = asf_amc.read(folder / "07_01.amc"), asf_amc.read(folder / "07_01.amc", ReadOptions(fps=60.0))
    assert (assumed.fps, given.fps) == (120.0, 60.0)
    assert [note for note in assumed.notes if "frame rate" in note] == [
        "frame rate: 120 per second, assumed, as AMC files have none"
    ]
    assert [note for note in given.notes if "frame rate" in note] == ["frame rate: 60 per second, as given"]


def test_the_skeleton_is_the_subjects_the_only_one_or_the_given_one(folder, tmp_path_factory):
    (folder / "08.asf").write_text("nonsense")
    assert asf_amc.read(folder / "07_01.amc").num_frames == 2
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (folder / "07_01.amc").rename(elsewhere / "walk.amc")
    with pytest.raises(InputError, match="--asf"):
        formats.read(elsewhere / "walk.amc")
    assert formats.read(elsewhere / "walk.amc", asf=folder / "07.asf").num_frames == 2


def test_of_several_skeletons_the_one_that_begins_like_the_motion_is_taken(folder):
    for other in ("08.asf", "70.asf"):
        (folder / other).write_text("nonsense")
    (folder / "07_01.amc").rename(folder / "07_01_cut.amc")
    assert any("07.asf" in note for note in asf_amc.read(folder / "07_01_cut.amc").notes)
    (folder / "07_01.asf").write_text(ASF.replace("length 0.5", "length 0.6"))  # nearer to the motion's own name
    assert any("07_01.asf" in note for note in asf_amc.read(folder / "07_01_cut.amc").notes)


def test_skeletons_that_may_all_be_meant_are_listed(folder):
    (folder / "08.asf").write_text(ASF)
    (folder / "07_01.amc").rename(folder / "walk.amc")
    with pytest.raises(InputError) as error:
        asf_amc.read(folder / "walk.amc")
    assert "several are beside it (07.asf, 08.asf): name one with --asf" in str(error.value)
    for number in range(10, 40):
        (folder / f"{number}.asf").write_text(ASF)
    with pytest.raises(InputError, match=r"\(07.asf, 08.asf, 10.asf, 11.asf, 12.asf and 27 more\): name one"):
        asf_amc.read(folder / "walk.amc")


def test_the_frames_may_begin_with_any_number(folder):
    text = AMC.replace("\n2\n", "\n118\n").replace("\n1\n", "\n117\n")
    (folder / "07_01.amc").write_text(text)
    assert asf_amc.read(folder / "07_01.amc").num_frames == 2
    for bad in ("x", "nan", ""):
        (folder / "07_01.amc").write_text(text[: -len("40\n")] + f"{bad}\n")
        with pytest.raises(InputError, match="in frame 118"):
            asf_amc.read(folder / "07_01.amc")


BROKEN_AMC = {
    "not an AMC file": "HIERARCHY\nROOT Hips\n",
    "no frames": ":FULLY-SPECIFIED\n:DEGREES\n",
    "only one frame": AMC.split("2\nroot")[0],
    "thigh has 1 values in frame 2": AMC[: -len(" 40\n")],
    "thigh has 0 values in frame 2": AMC.rsplit("thigh", 1)[0],
    "cut short: it ends within the line 'thi'": AMC.rsplit("gh", 1)[0],
    "lacks (tail)": AMC + "tail 1\n",
    "NaN or absurd value in frame 1": AMC.replace("20 40", "nan 40", 1),
    "'2o' for bone thigh in frame 1, which is not a number: correct it": AMC.replace("20 40", "2o 40", 1),
    "'0,5' for bone root in frame 2, which is not a number: export it with decimal points": AMC.replace(
        "0 90 0", "0 0,5 0"
    ),
    "frame 4 after frame 1": AMC.replace("\n2\n", "\n4\n"),
    "frame 1 after frame 1": AMC.replace("\n2\n", "\n1\n"),
    "frame 0 after frame 1": AMC.replace("\n2\n", "\n0\n"),
}


@pytest.mark.parametrize("complaint", BROKEN_AMC)
def test_a_broken_motion_is_refused_in_one_sentence(folder, complaint):
    (folder / "07_01.amc").write_text(BROKEN_AMC[complaint])
    with pytest.raises(InputError) as error:
        asf_amc.read(folder / "07_01.amc")
    assert complaint in str(error.value)
    assert "07_01.amc" in str(error.value)
    assert "\n" not in str(error.value)


BROKEN_ASF = {
    "lacks :hierarchy": ASF.split(":hierarchy")[0],
    "'shank'": ASF.replace("name shank", "name shin"),
    "not all bones hang on the root": ASF.replace("root thigh", "pelvis thigh"),
    "the root hangs on a bone": ASF.replace("thigh shank", "thigh shank root"),
    "3 numbers expected": ASF.replace("direction 0 -1 0", "direction 0 -1"),
    "degrees of freedom": ASF.replace("dof rx rz", "dof rx wz"),
    "the length '0' in its :units": ASF.replace("length 0.5", "length 0"),
    "the length '-0.45' in its :units": ASF.replace("length 0.5", "length -0.45"),
    "the length 'nan' in its :units": ASF.replace("length 0.5", "length nan"),
    "the length 'inf' in its :units": ASF.replace("length 0.5", "length inf"),
    "the length '1e-320' in its :units": ASF.replace("length 0.5", "length 1e-320"),
    "the length '0,45' in its :units": ASF.replace("length 0.5", "length 0,45"),
    "the angle 'grad' in its :units": ASF.replace("angle deg", "angle grad"),
    "bone thigh has the length -10": ASF.replace("length 10", "length -10"),
}


@pytest.mark.parametrize("complaint", BROKEN_ASF)
def test_a_broken_skeleton_is_refused_in_one_sentence(folder, complaint):
    (folder / "07.asf").write_text(BROKEN_ASF[complaint])
    with pytest.raises(InputError) as error:
        asf_amc.read(folder / "07_01.amc")
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("angle", ["deg", "DEG", "degrees", "rad", "Radians"])
def test_angles_are_in_the_unit_of_the_header(folder, angle):
    (folder / "07.asf").write_text(ASF.replace("angle deg", f"angle {angle}"))
    (folder / "07_01.amc").write_text(AMC.replace(":DEGREES\n", ""))
    clip = asf_amc.read(folder / "07_01.amc", ReadOptions(up_axis="z"))
    turned = Rotation.from_euler("y", 90, degrees=angle.lower().startswith("deg"))
    assert clip.rotations is not None
    np.testing.assert_allclose(from_wxyz(clip.rotations[1, 0]).as_matrix(), turned.as_matrix(), atol=1e-12)


@pytest.mark.parametrize(("skeleton", "header"), [("deg", ":RADIANS"), ("rad", ":DEGREES"), ("rad", ":RADIANS")])
def test_small_angles_are_radians_where_either_header_says_so(folder, skeleton, header):
    """Motion and skeleton contradict each other in files of several programs."""
    (folder / "07.asf").write_text(ASF.replace("angle deg", f"angle {skeleton}"))
    (folder / "07_01.amc").write_text(
        AMC.replace(":DEGREES", header).replace("90", f"{np.pi / 2:.9f}").replace("20 40", "0 1")
    )
    clip = asf_amc.read(folder / "07_01.amc", ReadOptions(up_axis="z"))
    assert clip.rotations is not None
    turned = Rotation.from_euler("y", 90, degrees=True).as_matrix()
    np.testing.assert_allclose(from_wxyz(clip.rotations[1, 0]).as_matrix(), turned, atol=1e-8)


@settings(deadline=None, max_examples=200)
@given(data=st.data(), suffix=st.sampled_from(["asf", "amc"]))
def test_random_damage_raises_nothing_but_input_errors(tmp_path_factory, data, suffix):
    folder = tmp_path_factory.mktemp("damage")
    texts = {"asf": ASF, "amc": AMC}
    text = texts[suffix]
    start, length = data.draw(st.integers(0, len(text))), data.draw(st.sampled_from([0, 1, 4, 30, 500]))
    insertion = data.draw(st.sampled_from(["", "nan", "-", " 1e300 ", ":", "begin", "root", "\n", "#", "é", "\x00"]))
    texts[suffix] = text[:start] + insertion + text[start + length :]
    (folder / "07.asf").write_text(texts["asf"], encoding="utf-8")
    (folder / "07_01.amc").write_text(texts["amc"], encoding="utf-8")
    with contextlib.suppress(InputError):
        assert np.isfinite(formats.read(folder / "07_01.amc").positions).all()


def test_cmu_subject_02_is_an_adult_who_stands_on_the_floor(cmu):
    clip = formats.read(cmu / "asf_amc" / "02_05.amc")
    height = clip.positions[..., 2]
    assert 1.5 < np.median(height.max(axis=1)) < 1.9
    assert abs(np.median(height.min(axis=1))) < 0.06
    legs = [("lfemur", "ltibia", 0.429), ("ltibia", "lfoot", 0.411)]  # 7.594 and 7.287 x 0.0254 / 0.45
    for upper, lower, length in legs:
        bone = clip.positions[:, clip.joint(lower)] - clip.positions[:, clip.joint(upper)]
        np.testing.assert_allclose(np.linalg.norm(bone, axis=-1), length, atol=5e-4)
