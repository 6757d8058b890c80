"""C3D, on files that are written here with another library, and on a real one of a walk."""

import pathlib
import struct
from collections.abc import Mapping

import ezc3d
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError, MotionClip
from data.formats import c3d, marker_recording
from data.markers import joints, recipes
from data.markers.names import find_landmarks
from data.rigs import joint_maps
from data.rigs.retarget import Rig, retarget
from data.rotations import from_wxyz
from tests.messages import check_remedy

RATE = 100.0
SIDES = {"left": 1.0, "right": -1.0}
Points = dict[str, np.ndarray]


def write(
    path: pathlib.Path, points: Mapping[str, np.ndarray], unit: str = "mm", screen: str | None = None, first: int = 0
) -> pathlib.Path:
    """Points in the file's own unit; NaN is written as not seen."""
    file = ezc3d.c3d()
    file["header"]["points"]["first_frame"] = first
    file["parameters"]["POINT"]["RATE"]["value"] = [RATE]
    file["parameters"]["POINT"]["UNITS"]["value"] = [unit] if unit else []
    file["parameters"]["POINT"]["LABELS"]["value"] = list(points)
    if screen is not None:
        file.add_parameter("POINT", "Y_SCREEN", [screen])
    values = np.stack(list(points.values()), axis=1)  # (T, N, 3)
    file["data"]["points"] = np.concatenate([values, np.ones((*values.shape[:2], 1))], axis=-1).transpose(2, 1, 0)
    file.write(str(path))
    return path


@pytest.fixture(scope="module")
def walk() -> MotionClip:
    """A walk whose knees are hinges; its zero pose faces +y."""
    return formats.read("builtin:walk")


def body(walk: MotionClip) -> tuple[Points, Points]:
    """Joint centres by our names, and the directions to the left of shanks and forearms, m."""
    joint_map = joint_maps.detect(walk)
    assert walk.rotations is not None
    centres = {ours: walk.positions[:, walk.joint(name)] for ours, name in joint_map.items()}
    left = {
        joint: from_wxyz(walk.rotations[:, walk.joint(joint_map[joint])]).apply([-1.0, 0.0, 0.0])
        for side in SIDES
        for joint in (f"{side}_knee", f"{side}_elbow")
    }
    return centres, left


def leg_centres(walk: MotionClip, scale: float = 1000.0) -> Points:
    """As a model's output has them, with the toe and heel markers left out."""
    centres, _ = body(walk)
    short = {"hip": "HJC", "knee": "KJC", "ankle": "AJC"}
    return {
        f"{side[0].upper()}{name}": scale * centres[f"{side}_{joint}"]
        for side in SIDES
        for joint, name in short.items()
    }


def full_centres(walk: MotionClip) -> Points:
    centres, _ = body(walk)
    arms = {"shoulder": "SJC", "elbow": "EJC", "wrist": "WJC"}
    return leg_centres(walk) | {
        f"{side[0].upper()}{name}": 1000.0 * centres[f"{side}_{joint}"]
        for side in SIDES
        for joint, name in arms.items()
    }


def check_legs(clip: MotionClip, walk: MotionClip, frames: slice = slice(None), tolerance: float = 1e-5) -> None:
    centres, _ = body(walk)
    for joint in recipes.LEGS:
        np.testing.assert_allclose(clip.positions[:, clip.joint(joint)], centres[joint][frames], atol=tolerance)


def test_joint_centres_become_a_clip_on_our_body(tmp_path: pathlib.Path, walk: MotionClip, rig: Rig) -> None:
    clip = formats.read(write(tmp_path / "walk.c3d", full_centres(walk)))
    assert (clip.name, clip.fps, clip.num_frames) == ("walk", RATE, walk.num_frames)
    check_legs(clip, walk)
    assert not clip.assumed
    followed = retarget(clip, rig, joint_maps.detect(clip)).source_joint
    assert {"left_elbow", "right_wrist", "neck"} <= set(followed)
    assert "hips, ankles, knees, shoulders, wrists, elbows: joint centres of the recording" in clip.notes


@pytest.mark.parametrize(("unit", "scale"), [("mm", 1000.0), ("cm", 100.0), ("m", 1.0), ("inch", 1 / 0.0254)])
def test_the_files_unit_counts(tmp_path: pathlib.Path, walk: MotionClip, unit: str, scale: float) -> None:
    check_legs(formats.read(write(tmp_path / "walk.c3d", leg_centres(walk, scale), unit)), walk)


PARAMETERS = 512  # where the section of parameters begins


def patch(path: pathlib.Path, at: int, content: bytes) -> pathlib.Path:
    """Write some bytes over a file."""
    data = bytearray(path.read_bytes())
    data[at : at + len(content)] = content
    path.write_bytes(data)
    return path


def test_the_parameters_win_over_a_careless_header(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    """ezc3d writes another scale when it saves a file of Vicon's; others count the frames from 0."""
    path = patch(write(tmp_path / "walk.c3d", leg_centres(walk)), 12, struct.pack("<f", -0.01))
    check_legs(formats.read(path), walk)
    patch(path, 6, struct.pack("<HH", 0, walk.num_frames))
    check_legs(formats.read(path), walk)
    path.write_bytes(path.read_bytes()[: PARAMETERS * (path.read_bytes()[16] - 1) + 4 * 4 * 6 * walk.num_frames])
    clip = formats.read(path)  # a file that ends with its last frame
    assert f"frames: {walk.num_frames}, though the header says {walk.num_frames + 1}" in clip.notes
    check_legs(clip, walk)


def test_a_header_that_makes_a_person_of_a_millimetre_is_not_believed(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    clip = formats.read(write(tmp_path / "walk.c3d", leg_centres(walk, 1.0), unit="mm"))
    assert "unit: m, from the body's size" in clip.notes
    assert [(finding.level, finding.name) for finding in clip.findings] == [("doubtful", "unit")]
    check_legs(clip, walk)


@pytest.mark.parametrize(("axis", "up"), [("z", "-z"), ("y", "-y")])
def test_an_axis_may_point_down(tmp_path: pathlib.Path, walk: MotionClip, axis: str, up: str) -> None:
    turn = Rotation.from_euler("x", 180, degrees=True)
    down = {
        name: np.roll(turn.apply(track), {"z": 0, "y": 2}[axis], axis=1) for name, track in full_centres(walk).items()
    }
    clip = formats.read(write(tmp_path / "walk.c3d", down))
    assert f"up axis: {up}, from the motion" in clip.notes
    heights = {joint: clip.positions[:, clip.joint(joint), 2] for joint in recipes.LEGS}
    centres, _ = body(walk)
    for joint, height in heights.items():
        np.testing.assert_allclose(height, centres[joint][:, 2], atol=1e-5)


def test_a_marker_that_freezes_or_jumps_is_a_gap_and_named(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    points = leg_centres(walk)
    points["LKJC"][10:13] += [0.0, 0.0, 500.0]
    points["RAJC"][20:30] = points["RAJC"][19]
    clip = formats.read(write(tmp_path / "walk.c3d", points))
    assert "filled by interpolation, by frame: LKJC 11-13; RAJC 21-30" in clip.notes
    ((level, sentence),) = ((finding.level, finding.sentence) for finding in clip.findings)
    assert level == "doubtful"
    assert "LKJC is elsewhere in frames 11-13" in sentence
    assert "RAJC stands still in frames 21-30" in sentence
    check_remedy(sentence)
    check_legs(clip, walk, tolerance=0.1)


def test_a_given_unit_and_rate_win(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    path = write(tmp_path / "walk.c3d", leg_centres(walk), unit="")
    with pytest.raises(InputError, match="no unit for its points: give it with --units") as refused:
        formats.read(path)
    check_remedy(str(refused.value))
    clip = formats.read(path, unit="mm", fps=50.0)
    assert clip.fps == 50.0
    check_legs(clip, walk)


@pytest.mark.parametrize("up", ["x", "y"])
def test_the_up_axis_is_found_from_the_motion(tmp_path: pathlib.Path, walk: MotionClip, up: str) -> None:
    turned = {name: np.roll(track, {"x": 1, "y": 2}[up], axis=1) for name, track in leg_centres(walk).items()}
    clip = formats.read(write(tmp_path / "walk.c3d", turned))
    assert f"up axis: {up}, from the motion" in clip.notes
    check_legs(clip, walk)
    assert f"up axis: {up}, as given" in formats.read(tmp_path / "walk.c3d", up_axis=up).notes


def test_the_screen_tells_what_is_up_where_nobody_stands(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    lean = Rotation.from_euler("y", 50, degrees=True)
    lying = {name: lean.apply(track) for name, track in leg_centres(walk).items()}
    clip = c3d.read(write(tmp_path / "a.c3d", lying))
    assert "up axis: z, assumed, as most laboratories have it" in clip.notes
    assert [(finding.level, finding.name) for finding in clip.findings] == [("doubtful", "up axis")]
    path = write(tmp_path / "b.c3d", lying, screen="+Y")
    assert "up axis: y, assumed, as on the file's screen" in c3d.read(path).notes


def test_what_a_gait_file_lacks_is_assumed(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    """The trunk upright, the arms hanging beside it; errors are not measured there."""
    clip = formats.read(write(tmp_path / "walk.c3d", leg_centres(walk)))
    arms = {f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "elbow", "wrist")}
    assert clip.assumed == arms | {"neck"}
    at = {name: clip.positions[:, clip.joint(name)] for name in clip.joint_names}
    assert np.abs(at["neck"] - at["pelvis"])[:, :2].max() < 1e-9
    trunk = (at["neck"] - at["pelvis"])[0, 2]
    leg = np.linalg.norm(at["left_hip"] - at["left_knee"], axis=1)[0] * 2
    assert 0.5 < trunk / leg < 0.75
    for side in SIDES:
        shoulder, elbow, wrist, hip = (at[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist", "hip"))
        assert (shoulder[:, 2] > elbow[:, 2] + 0.2).all()
        assert (elbow[:, 2] > wrist[:, 2] + 0.15).all()
        across = at["left_hip"] - at["right_hip"]
        outside = SIDES[side] * np.einsum("ti,ti->t", wrist - hip, across)
        assert (outside > 0).all()
    assert any("not recorded" in note and "the trunk upright, the arms hanging" in note for note in clip.notes)


def test_short_gaps_are_filled_and_named(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    points = leg_centres(walk)
    points["LKJC"][10:15] = np.nan
    points["RAJC"][20] = 0.0  # as some programs write what was not seen
    clip = formats.read(write(tmp_path / "walk.c3d", points, first=40))
    assert clip.num_frames == walk.num_frames
    check_legs(clip, walk, tolerance=0.01)
    assert "filled by interpolation, by frame: LKJC 51-55; RAJC 61" in clip.notes


def test_what_lies_beyond_a_long_gap_is_cut_away(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    gap = int(marker_recording.LONGEST_GAP_S * RATE) + 1
    points = {name: np.concatenate([track[:30], track[:30][::-1]]) for name, track in leg_centres(walk).items()}
    points["LKJC"][5 : 5 + gap] = np.nan
    clip = formats.read(write(tmp_path / "walk.c3d", points))
    first = 5 + gap
    assert clip.num_frames == 60 - first
    assert f"frames {first + 1} to 60: those in which all of these joints were seen" in clip.notes
    np.testing.assert_allclose(clip.positions[0, clip.joint("left_knee")], points["LKJC"][first] / 1000, atol=1e-6)


def test_a_joint_that_is_seldom_seen_is_left_out_rather_than_the_motion(
    tmp_path: pathlib.Path, walk: MotionClip
) -> None:
    points = full_centres(walk)
    points["LWJC"][: walk.num_frames * 3 // 4] = np.nan
    clip = formats.read(write(tmp_path / "walk.c3d", points))
    assert clip.num_frames == walk.num_frames
    assert clip.assumed == {"left_wrist"}
    assert "left wrist: left out, as its markers are not seen for most of the time" in clip.notes


def test_the_subject_with_most_markers_is_taken(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    points = {f"Bob:{name}": track for name, track in leg_centres(walk).items()}
    alone = formats.read(write(tmp_path / "alone.c3d", points | {"*12": points["Bob:LHJC"] + 100}))
    check_legs(alone, walk)
    assert not [note for note in alone.notes if note.startswith("subject")]
    ann = {"Ann:LHJC": points["Bob:LHJC"] + 500, "Ann:RHJC": points["Bob:RHJC"] + 500}
    both = formats.read(write(tmp_path / "both.c3d", ann | points))
    check_legs(both, walk)
    assert "subject: Bob, of Ann, Bob" in both.notes


def plug_in_gait(walk: MotionClip) -> Points:
    """Markers of the lower body where they belong to the walk's joints, m, the pelvis by Harrington."""
    centres, left = body(walk)
    leg = (
        np.linalg.norm(centres["left_hip"] - centres["left_knee"], axis=1)[0]
        + (np.linalg.norm(centres["left_knee"] - centres["left_ankle"], axis=1)[0])
    )
    across = centres["left_hip"] - centres["right_hip"]
    hips = float(np.linalg.norm(across, axis=1)[0])
    across = across / hips
    up = np.cross(np.cross(across, [0.0, 0.0, 1.0]), across)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    ahead = np.cross(across, up)
    width, depth = (hips / 2 - 0.0073) / 0.33, 0.16
    middle = (centres["left_hip"] + centres["right_hip"]) / 2
    front = middle + (0.24 * depth + 0.0099) * ahead + (0.30 * width + 0.0109) * up
    markers = {"SACR": front - depth * ahead}
    for side, sign in SIDES.items():
        s = side[0].upper()
        markers[f"{s}ASI"] = front + sign * width / 2 * across
        markers[f"{s}PSI"] = front - depth * ahead + sign * 0.04 * across
        knee, ankle = centres[f"{side}_knee"], centres[f"{side}_ankle"]
        hinge = sign * left[f"{side}_knee"]
        markers[f"{s}KNE"] = knee + recipes.BESIDE["knee"] * leg * hinge
        markers[f"{s}ANK"] = ankle + recipes.BESIDE["ankle"] * leg * hinge
        shank = (knee - ankle) / np.linalg.norm(knee - ankle, axis=1, keepdims=True)
        forwards = np.cross(left[f"{side}_knee"], shank)
        markers[f"{s}TOE"] = ankle - 0.05 * shank + 0.13 * forwards
        markers[f"{s}HEE"] = ankle - 0.05 * shank - 0.05 * forwards
    return markers


@pytest.mark.parametrize("without", [(), ("LPSI", "RPSI"), ("SACR",)])
def test_joints_follow_from_markers(tmp_path: pathlib.Path, walk: MotionClip, without: tuple[str, ...]) -> None:
    """Where the knees are hinges, which they are in this walk, exactly."""
    markers = {name: 1000 * track for name, track in plug_in_gait(walk).items() if name not in without}
    clip = formats.read(write(tmp_path / "walk.c3d", markers))
    check_legs(clip, walk, tolerance=5e-3)
    back = "sacrum" if without == ("LPSI", "RPSI") else "PSIS"
    assert f"hips: by the regression of Harrington et al., 2007, from ASIS and {back}" in clip.notes
    for side in SIDES:
        ball, ankle = (clip.positions[:, clip.joint(f"{side}_{joint}")] for joint in ("toe", "ankle"))
        assert (np.linalg.norm(ball - ankle, axis=1) > 0.1).all()


def test_trunk_arms_and_head_follow_from_markers(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    centres, left = body(walk)
    markers = plug_in_gait(walk)
    leg = sum(
        float(np.linalg.norm((centres[f"left_{a}"] - centres[f"left_{b}"])[0]))
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    )
    shoulders = centres["left_shoulder"] - centres["right_shoulder"]
    apart = float(np.linalg.norm(shoulders, axis=1).mean())
    pelvis = (centres["left_hip"] + centres["right_hip"]) / 2
    neck = (centres["left_shoulder"] + centres["right_shoulder"]) / 2 + [0.0, 0.0, 0.05]
    trunk = (neck - pelvis) / np.linalg.norm(neck - pelvis, axis=1, keepdims=True)
    ahead = np.cross(shoulders / apart, trunk)
    markers |= {"CLAV": neck + 0.06 * ahead, "C7": neck - 0.06 * ahead}
    markers |= {"STRN": neck - 0.2 * trunk + 0.1 * ahead, "T10": neck - 0.2 * trunk - 0.1 * ahead}
    for side, sign in SIDES.items():
        s = side[0].upper()
        markers[f"{s}SHO"] = centres[f"{side}_shoulder"] + 0.17 * apart * trunk
        markers[f"{s}ELB"] = centres[f"{side}_elbow"] + sign * 0.047 * leg * left[f"{side}_elbow"]
        markers |= {f"{s}WR{end}": centres[f"{side}_wrist"] + off * ahead for end, off in (("A", 0.03), ("B", -0.03))}
        markers |= {f"{s}{end}HD": neck + 0.2 * trunk + off * ahead for end, off in (("F", 0.1), ("B", -0.1))}
    clip = formats.read(write(tmp_path / "walk.c3d", {name: 1000 * track for name, track in markers.items()}))
    assert not clip.assumed
    for side in SIDES:
        for joint in ("shoulder", "elbow", "wrist"):
            away = clip.positions[:, clip.joint(f"{side}_{joint}")] - centres[f"{side}_{joint}"]
            assert np.linalg.norm(away, axis=1).max() < 5e-3, joint
    np.testing.assert_allclose(clip.positions[:, clip.joint("neck")], neck, atol=1e-6)
    np.testing.assert_allclose(clip.positions[:, clip.joint("upper_spine")], neck - 0.2 * trunk, atol=1e-6)
    np.testing.assert_allclose(clip.positions[:, clip.joint("neck_end")], neck + 0.26 * trunk, atol=1e-6)


def test_feet_are_flat_where_heel_and_forefoot_are_level(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    """Both markers are 5 cm below the ankle, the heel's 5 cm behind it."""
    markers = plug_in_gait(walk)
    clip = formats.read(write(tmp_path / "walk.c3d", {name: 1000 * track for name, track in markers.items()}))
    assert clip.heel_length == pytest.approx(0.05 - recipes.MARKER_RADIUS, abs=1e-3)
    assert clip.rotations is not None
    for side in SIDES:
        s = side[0].upper()
        forwards = markers[f"{s}TOE"] - markers[f"{s}HEE"]
        forwards /= np.linalg.norm(forwards, axis=1, keepdims=True)
        foot = from_wxyz(clip.rotations[:, clip.joint(f"{side}_ankle")])
        assert np.degrees(np.arccos(np.einsum("ti,ti->t", foot.apply([1.0, 0.0, 0.0]), forwards))).max() < 2.0
        hip, knee, ankle, toe = (
            clip.rest_positions[clip.joint(f"{side}_{joint}")] for joint in ("hip", "knee", "ankle", "toe")
        )
        leg = float(np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle))
        below = recipes.BALL_BELOW_MARKER * leg
        np.testing.assert_allclose(toe - ankle, [0.13, 0.0, -0.05 - below], atol=5e-3)
        assert clip.sole_depth == pytest.approx(0.05 + 2 * below, abs=5e-3)


def test_names_of_other_sets_are_known(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    """Those of OpenSim's gait models, and medial markers."""
    centres, left = body(walk)
    points: Points = {}
    for side in SIDES:
        s = side[0].upper()
        points[f"{s}.ASIS"], points["V.Sacral"] = (
            1000 * plug_in_gait(walk)[f"{s}ASI"],
            1000 * plug_in_gait(walk)["SACR"],
        )
        for joint, name in (("knee", "Knee"), ("ankle", "Ankle")):
            offset = SIDES[side] * 0.05 * left[f"{side}_knee"]
            points[f"{s}.{name}.Lat"] = 1000 * (centres[f"{side}_{joint}"] + offset)
            points[f"{s}.{name}.Med"] = 1000 * (centres[f"{side}_{joint}"] - offset)
    clip = formats.read(write(tmp_path / "walk.c3d", points))
    check_legs(clip, walk)
    assert {"ankles: the middle of the malleoli", "knees: the middle of the epicondyles"} <= set(clip.notes)


def _damaged(path: pathlib.Path, walk: MotionClip) -> None:
    whole = write(path, leg_centres(walk)).read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])


def _rotations_only(path: pathlib.Path, walk: MotionClip) -> None:
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [RATE]
    file.add_parameter("ROTATION", "LABELS", ["pelvis_4X4"])
    file.add_parameter("ROTATION", "RATE", [RATE])
    file["data"]["points"] = np.zeros((4, 0, 10))
    file["data"]["rotations"] = np.tile(np.eye(4)[:, :, None, None], (1, 1, 1, 10))
    file.write(str(path))


def _few_points(path: pathlib.Path, walk: MotionClip) -> None:
    write(path, {name: track for name, track in leg_centres(walk).items() if name != "LAJC"})


def _unseen(path: pathlib.Path, walk: MotionClip) -> None:
    points = leg_centres(walk)
    points["LAJC"][: walk.num_frames // 2] = np.nan
    points["RAJC"][walk.num_frames // 2 :] = np.nan
    write(path, points)


BAD = {
    "text": (lambda path, walk: path.write_text("no recording\n" * 100), "is not a C3D file, or is damaged"),
    "nothing": (lambda path, walk: path.write_bytes(b""), "is not a C3D file, or is damaged"),
    "cut off": (_damaged, "ends after .* of its"),
    "of MIPS": (
        lambda path, walk: patch(write(path, leg_centres(walk)), PARAMETERS + 3, bytes([86])),
        r"was written for a MIPS \(SGI\) processor, and cannot be read",
    ),
    "of no processor": (
        lambda path, walk: patch(write(path, leg_centres(walk)), PARAMETERS + 3, bytes([99])),
        "was written for the unknown processor 99",
    ),
    "rotations only": (_rotations_only, "has only rotations, and no points"),
    "no points": (lambda path, walk: write(path, {"": np.zeros((5, 3))}), "no point that was seen"),
    "unknown markers": (
        lambda path, walk: write(path, {f"M{i}": leg_centres(walk)["LHJC"] + i for i in range(20)}),
        "no known marker set, only the points M0, .* and 8 more: rename them",
    ),
    "no ankle": (_few_points, "lacks left_ankle: it needs LAJC or .*, but has, of the known points, .*HJC"),
    "never whole": (_unseen, "has no frame in which the whole legs are seen"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_said_of_a_bad_file_names_it_and_a_remedy(tmp_path: pathlib.Path, walk: MotionClip, bad: str) -> None:
    make, said = BAD[bad]
    path = tmp_path / "bad.c3d"
    make(path, walk)
    with pytest.raises(InputError, match=said) as refused:
        formats.read(path)
    assert str(path) in str(refused.value)
    check_remedy(str(refused.value))


@pytest.fixture(scope="module")
def recorded(test_data: pathlib.Path) -> pathlib.Path:
    path = test_data / "mocap" / "c3d" / "walking2.c3d"
    if not path.is_file():
        pytest.skip("OpenSim's walking2.c3d is not among the recordings")
    return path


def test_a_real_walk_is_read_as_another_library_does(recorded: pathlib.Path) -> None:
    clip = formats.read(recorded)
    assert (clip.fps, clip.num_frames) == (250.0, 414)
    file = ezc3d.c3d(str(recorded))
    labels = file["parameters"]["POINT"]["LABELS"]["value"]
    for name, joint in (("LHJC", "left_hip"), ("RKJC", "right_knee"), ("LAJC", "left_ankle")):
        theirs = file["data"]["points"][:3, labels.index(name), 423:837].T / 1000
        np.testing.assert_allclose(clip.positions[:, clip.joint(joint)], theirs, atol=1e-6)
    assert clip.assumed == {f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "elbow", "wrist")}


def test_a_real_walks_markers_lead_near_its_joint_centres(recorded: pathlib.Path) -> None:
    """Knees and ankles from the outer markers alone, held against the middle of outer and inner ones."""
    clip = formats.read(recorded)
    file = ezc3d.c3d(str(recorded))
    labels = file["parameters"]["POINT"]["LABELS"]["value"]
    inner = ("KJC", "AJC", "MFC", "MMAL")
    points = {
        name: file["data"]["points"][:3, index].T for index, name in enumerate(labels) if not name.endswith(inner)
    }
    tracks = {name: track / 1000 for name, track in points.items()}
    found = joints.find_joints(
        {landmark: tracks[name] for landmark, name in find_landmarks(tracks).items()}, "the walk"
    )
    for side in SIDES:
        for joint in (f"{side}_knee", f"{side}_ankle"):
            away = found.positions[joint][423:837] - clip.positions[:, clip.joint(joint)]
            assert np.linalg.norm(away, axis=1).mean() < 0.025
