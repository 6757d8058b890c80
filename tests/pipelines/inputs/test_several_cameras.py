"""Several calibrated cameras see one walk: files, names, frames, persons, the way up, and the motion."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.datasets import human36m_cameras
from data.formats.keypoints import Everybody
from data.keypoints.clip import KeypointClip
from data.keypoints.detection import Detection
from data.keypoints.footage import Footage
from data.keypoints.mirroring import mirror_order
from data.keypoints.people import Crop
from data.keypoints.pose_detector import SearchedVideo
from data.keypoints.sets import NAMES as NAMES_OF_SETS
from data.rotations import from_wxyz
from data.video import Video
from diffphy.metrics import mpjpe_g, mpjpe_pa
from diffphy.physics.scene import ground
from pipelines.config import Body, load
from pipelines.inputs import keypoints, seen_person, video
from pipelines.inputs.keypoints import build_subject_from_keypoints
from pipelines.inputs.prepare import prepare
from pipelines.inputs.recordings import common_frames, match_cameras, recording_of
from pipelines.inputs.subject import Subject
from pipelines.inputs.up_axis import find_up
from pipelines.inputs.visible_frames import SeenPart, take_seen_parts
from tests.messages import check_remedy
from tests.pipelines.conftest import QUICK
from tests.pipelines.inputs.conftest import SIZE, see

NAMES = human36m_cameras.NAMES


@pytest.fixture(scope="module")
def cameras() -> list[CalibratedCamera]:
    return [human36m_cameras.camera("S9", name) for name in NAMES]


def seen_by(cameras: Sequence[CalibratedCamera], truth: MotionClip) -> list[KeypointClip]:
    return [replace(see(truth, camera), name=camera.name) for camera in cameras]


def calibration(cameras: Sequence[CalibratedCamera], names: Sequence[str]) -> str:
    """Return the cameras as Pose2Sim writes them."""
    tables = []
    for camera, name in zip(cameras, names, strict=True):
        (fx, fy), (cx, cy) = camera.focal.tolist(), camera.principal.tolist()
        size = None if camera.size is None else [float(side) for side in camera.size]
        lines = {
            "name": f'"{name}"',
            "size": size,
            "matrix": [[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]],
            "distortions": camera.distortion[:5].tolist(),
            "rotation": from_wxyz(camera.rotation).as_rotvec().tolist(),
            "translation": camera.translation.tolist(),
            "fisheye": "false",
        }
        tables.append(f"[{name}]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items()) + "\n")
    return "\n".join([*tables, "[metadata]\nadjusted = false\nerror = 0.0\n"])


def write_openpose(folder: Path, people: Sequence[KeypointClip], first: int = 0) -> None:
    folder.mkdir(parents=True)
    for frame in range(people[0].num_frames):
        here = [
            {"pose_keypoints_2d": np.column_stack([each.pixel[frame], each.confidence[frame]]).ravel().tolist()}
            for each in people
        ]
        (folder / f"{folder.name}_{first + frame:06d}.json").write_text(json.dumps({"people": here}))


def moved(clip: MotionClip, offset: Sequence[float]) -> MotionClip:
    return replace(clip, positions=clip.positions + np.array(offset))


@pytest.fixture
def room(tmp_path: Path, walk: MotionClip, cameras: list[CalibratedCamera]) -> Path:
    """Return a folder as Pose2Sim has it. The second camera sees somebody else larger, and begins with frame 3."""
    other = moved(walk, [-0.3, 1.2, 0.0])
    for number, camera in enumerate(cameras, start=1):
        first = 3 if number == 2 else 0
        me, them = (each.between(first / walk.fps, None) for each in (walk, other))
        them = them if number == 2 else moved(them, [0.0, 0.0, 50.0])
        people = [see(me, camera), see(them, camera)]
        if number != 2:
            people = people[:1]
        write_openpose(tmp_path / "pose" / f"cam{number:02d}_json", people, first)
    (tmp_path / "Calib.toml").write_text(calibration(cameras, [f"cam_{number}" for number in (1, 2, 3, 4)]))
    return tmp_path


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[SeenPart]:
    """Collect what is given to the fit."""
    given: list[SeenPart] = []
    recorded = prepare(load(None, QUICK))

    def instead(parts: Sequence[SeenPart], *_: object, **__: object) -> Subject:
        given.extend(parts)
        return recorded

    monkeypatch.setattr(keypoints, "build_subject_from_keypoints", instead)
    return given


def test_a_folder_of_keypoints_and_a_calibration_become_one_person(
    room: Path, walk: MotionClip, cameras: list[CalibratedCamera], taken: list[SeenPart]
) -> None:
    settings = {"clip": str(room / "pose"), "camera.file": room / "Calib.toml", "input.fps": walk.fps}
    prepare(load(None, {**QUICK, **settings}))
    for part, camera in zip(taken, cameras, strict=True):
        assert part.keypoints.first == 3
        np.testing.assert_allclose(part.keypoints.pixel, see(walk, camera).pixel[3:], atol=12.0 * 5.0)
        assert np.abs(part.keypoints.pixel - see(walk, camera, noise_px=0.0).pixel[3:]).mean() < 10.0
        np.testing.assert_allclose(part.camera.center, camera.center, atol=1e-6)
    notes = taken[0].keypoints.notes
    assert any("cam01_json by cam_1, cam02_json by cam_2" in note for note in notes)
    assert any("are common to all recordings" in note for note in notes)
    assert "up: z in the cameras' world, as the person stands" in notes
    assert taken[0].keypoints.findings[-1].level == "good"


def crowded(folder: Path, walk: MotionClip, cameras: list[CalibratedCamera], shown: Sequence[str]) -> dict[str, object]:
    """Write what cameras show: "me", somebody "else", or both in this order. Return the settings of a run."""
    other = replace(walk, positions=walk.positions[::-1] + np.array([-0.3, 1.2, 0.0]))
    for number, (camera, who) in enumerate(zip(cameras, shown, strict=True), start=1):
        people = [see({"me": walk, "else": other}[each], camera) for each in who.split()]
        write_openpose(folder / "pose" / f"cam{number:02d}_json", people)
    names = [f"cam_{number}" for number in range(1, len(cameras) + 1)]
    (folder / "Calib.toml").write_text(calibration(cameras, names))
    return {**QUICK, "clip": str(folder / "pose"), "camera.file": folder / "Calib.toml", "input.fps": walk.fps}


def away(part: SeenPart, walk: MotionClip, camera: CalibratedCamera) -> float:
    """Return the median distance from my true keypoints, pixels."""
    seen = part.keypoints.confidence > 0
    return float(np.median(np.linalg.norm(part.keypoints.pixel - see(walk, camera, noise_px=0.0).pixel, axis=-1)[seen]))


@pytest.mark.parametrize("settings", [{}, {"input.person": 2}, {"input.crop": "cam_3:0,0,1000,1000"}])
def test_the_rays_choose_the_person_in_every_recording(
    tmp_path: Path, walk: MotionClip, cameras: list[CalibratedCamera], taken: list[SeenPart], settings: dict
) -> None:
    shown = ("else me", "me else", "me", "me else")
    prepare(load(None, {**crowded(tmp_path, walk, cameras, shown), **settings}))
    assert [part.camera.name for part in taken] == ["cam_1", "cam_2", "cam_3", "cam_4"]
    assert max(away(part, walk, camera) for part, camera in zip(taken, cameras, strict=True)) < 12.0


def test_a_recording_of_somebody_else_is_left_out(
    tmp_path: Path, walk: MotionClip, cameras: list[CalibratedCamera], taken: list[SeenPart]
) -> None:
    settings = crowded(tmp_path, walk, cameras, ("else", "me", "me", "me"))
    prepare(load(None, settings))
    assert [part.camera.name for part in taken] == ["cam_2", "cam_3", "cam_4"]
    (doubt,) = (each for each in taken[0].keypoints.findings if each.level == "doubtful")
    assert doubt.name == "rays of cam01_json"
    check_remedy(doubt.sentence)


def test_a_recording_is_read_later_where_the_user_says_so(
    tmp_path: Path, walk: MotionClip, cameras: list[CalibratedCamera], taken: list[SeenPart]
) -> None:
    prepare(load(None, {**crowded(tmp_path, walk, cameras, ["me"] * 4), "input.shift": "cam_2:4"}))
    assert [part.keypoints.first for part in taken] == [0, 4, 0, 0]
    assert {part.keypoints.num_frames for part in taken} == {walk.num_frames - 4}
    assert any("cam02_json is read 4 frames later, as given (--shift)" in note for note in taken[0].keypoints.notes)
    (doubt,) = (each for each in taken[0].keypoints.findings if each.level == "doubtful")
    assert (doubt.name, doubt.value) == ("step of the cameras", "-4 frames")
    with pytest.raises(InputError, match="is one recording, and --shift is for several: give none"):
        prepare(load(None, {**QUICK, "clip": str(tmp_path / "pose" / "cam01_json"), "input.shift": "cam01:1"}))


def test_keypoints_that_do_not_go_together_are_refused(room: Path, walk: MotionClip, camera: CalibratedCamera) -> None:
    settings = {"clip": str(room / "pose"), "camera.file": room / "Calib.toml"}
    clip = see(walk, camera)
    shutil.rmtree(room / "pose" / "cam03_json")
    pixel, confidence = np.pad(clip.pixel, ((0, 0), (0, 8), (0, 0))), np.pad(clip.confidence, ((0, 0), (0, 8)))
    write_openpose(room / "pose" / "cam03_json", [replace(clip, pixel=pixel, confidence=confidence)])
    with pytest.raises(InputError, match="cam03_json has other keypoints than .*cam01_json: give those") as refused:
        prepare(load(None, {**QUICK, **settings}))
    check_remedy(str(refused.value))


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"camera.file": None}, "holds recordings of 4 cameras: give their calibration with --camera"),
        ({"camera.name": "cam_1"}, "name one of the recordings, or give no --camera-name"),
        ({"camera.height_m": 1.5}, "are for one camera without a pose: give none of them"),
        ({"input.crop": (0, 0, 500, 500)}, "--crop is for one of the 4 recordings, .*: name it"),
        ({"input.crop": {"cam": (0, 0, 500, 500)}}, "--crop names .cam., which is in the names of 4 recordings"),
        ({"input.shift": {"cam_2": 1, "02": 1}}, "--shift names cam02_json twice, also as .02.: name it once"),
        ({"input.shift": {"cam7": 1}}, "--shift names .cam7., which is in the names of 0 recordings"),
        ({"input.image_size": (640, 480)}, "has pictures of 1000 x 1002 pixels, those of"),
    ],
)
def test_what_does_not_fit_several_cameras_is_refused(room: Path, wrong: dict, match: str) -> None:
    settings = {"clip": str(room / "pose"), "camera.file": room / "Calib.toml"}
    with pytest.raises(InputError, match=match) as refused:
        prepare(load(None, {**QUICK, **settings, **wrong}))
    check_remedy(str(refused.value))


def test_cameras_at_one_place_are_refused(room: Path, cameras: list[CalibratedCamera]) -> None:
    """Pose2Sim's file has zeros for the poses where only the lenses are calibrated."""
    lenses = [replace(each, rotation=np.array([1.0, 0.0, 0.0, 0.0]), translation=np.zeros(3)) for each in cameras]
    (room / "Calib.toml").write_text(calibration(lenses, [f"cam_{number}" for number in (1, 2, 3, 4)]))
    with pytest.raises(InputError, match="cameras cam_1 and cam_2 of .*Calib.toml are at the same place") as refused:
        prepare(load(None, {**QUICK, "clip": str(room / "pose"), "camera.file": room / "Calib.toml"}))
    check_remedy(str(refused.value))


def test_a_recording_has_the_name_of_its_camera(cameras: list[CalibratedCamera]) -> None:
    file = Path("Calib.toml")
    named = {name: replace(camera, name=name) for name, camera in zip(("cam_1", "cam_11", "2"), cameras, strict=False)}
    recordings = [Path(name) for name in ("trial2_cam11.mp4", "trial2_cam01.mp4")]
    matched, note = match_cameras(recordings, named, file)
    assert [camera.name for camera in matched] == ["cam_11", "cam_1"]
    assert note == "cameras: of Calib.toml, trial2_cam11.mp4 by cam_11, trial2_cam01.mp4 by cam_1"
    others = [Path(name) for name in ("left.mp4", "middle.mp4", "right.mp4")]
    matched, note = match_cameras(others, named, file)
    assert [camera.name for camera in matched] == ["cam_1", "cam_11", "2"]
    assert "by their order, for the names do not tell: left.mp4 by cam_1" in note
    with pytest.raises(InputError, match="has the cameras cam_1, cam_11, 2, but the recordings are left") as refused:
        match_cameras(others[:2], named, file)
    check_remedy(str(refused.value))
    with pytest.raises(InputError, match="give each recording the name of its camera"):  # no camera 3 is known
        match_cameras([Path("cam_1.mp4"), Path("cam_3.mp4"), Path("cam_11.mp4")], named, file)
    assert recording_of(Path("cam01.mp4"), [Path("cam1_json"), Path("cam2_json")]) == 0
    with pytest.raises(InputError, match="does not have the name of one of the recordings") as refused:
        recording_of(Path("film.mp4"), [Path("cam1_json"), Path("cam2_json")])
    check_remedy(str(refused.value))


def test_the_frames_that_all_have_are_taken(walk: MotionClip, camera: CalibratedCamera) -> None:
    clip = see(walk, camera)
    later = replace(clip, name="later", first=4)
    frames, (note,) = common_frames([clip, later])
    last = walk.num_frames - 1
    assert frames == [slice(4, last + 1), slice(0, last - 3)]
    assert f"frames 4 to {last} are common to all recordings: walk 0 to {last}, later 4 to {last + 4}" in note
    assert common_frames([clip, clip])[1] == ()
    assert common_frames([clip, clip], [None, -3])[1][-1] == "walk is read 3 frames earlier, as given (--shift)"
    for wrong, match in (
        (replace(clip, fps=25.0), "walk has 30 frames a second, walk has 25: give recordings of cameras that run"),
        (replace(clip, fps=1.015 * clip.fps), "give recordings of cameras that run in step"),
        (replace(clip, first=500), "the recordings have no frames in common"),
    ):
        with pytest.raises(InputError, match=match) as refused:
            common_frames([clip, wrong])
        check_remedy(str(refused.value))


@pytest.mark.parametrize(("turn", "up"), [(None, "z"), ([1.0, 0.0, 0.0], "-y"), ([0.0, 1.0, 0.0], "x")])
def test_the_body_tells_which_axis_points_up(
    walk: MotionClip, cameras: list[CalibratedCamera], turn: list[float] | None, up: str
) -> None:
    """The world is turned by a right angle about an axis, and then by 25 degrees, which no axis fits."""
    about = from_wxyz(np.array([1.0, 0.0, 0.0, 0.0])) if turn is None else from_wxyz(np.array([1.0, *turn]))
    for extra, level in ((0.0, "good"), (np.radians(25.0), "doubtful")):
        tilt = from_wxyz(np.array([np.cos(extra / 2), np.sin(extra / 2) / 2**0.5, np.sin(extra / 2) / 2**0.5, 0.0]))
        turned = [
            replace(each, rotation=(from_wxyz(each.rotation) * tilt * about.inv()).as_quat(scalar_first=True))
            for each in cameras[:2]
        ]
        parts = [
            SeenPart(clip, camera, slice(0, clip.num_frames))
            for clip, camera in zip(seen_by(cameras[:2], walk), turned, strict=True)
        ]
        found, finding = find_up(parts)
        assert finding.level == level
        if level == "good":
            assert found == up
        else:
            check_remedy(finding.sentence)


def test_a_body_that_is_seen_from_one_side_only_does_not_tell_what_points_up(
    walk: MotionClip, cameras: list[CalibratedCamera]
) -> None:
    clips = seen_by(cameras[:2], walk)
    unseen = [replace(clip, confidence=0.0 * clip.confidence) for clip in clips]
    for given in (unseen, [clips[0], unseen[1]]):
        parts = [
            SeenPart(replace(clip, pixel=clip.pixel[:1], confidence=clip.confidence[:1]), camera, slice(0, 1))
            for clip, camera in zip(given, cameras, strict=False)
        ]
        with pytest.raises(InputError, match="not seen from two sides") as refused:
            find_up(parts)
        check_remedy(str(refused.value))


@pytest.mark.parametrize("size", [1.0, 0.88])
def test_two_cameras_tell_the_motion_and_the_height(
    walk: MotionClip, cameras: list[CalibratedCamera], monkeypatch: pytest.MonkeyPatch, size: float
) -> None:
    """Keypoints have an error of 5 pixels, which are 2 cm. Nobody says how tall the person is."""
    monkeypatch.setattr(seen_person, "polish_motion", lambda subject, _, __, truth: replace(subject, truth=truth))
    truth = walk.between(0.0, 0.8)
    truth = replace(truth, positions=size * truth.positions)
    parts = take_seen_parts(seen_by(cameras[:2], truth), cameras[:2], None, None)
    found = build_subject_from_keypoints(parts, Body(), ground(), 30.0, floor_m=0.0, truth=truth)
    assert found.clip.name == "54138969 and 1 more"
    assert found.truth is not None
    points = found.clip.positions[:, [found.clip.joint(joint) for joint in found.truth.joint_names]]
    assert mpjpe_g(points, found.truth.positions) < 30.0
    assert mpjpe_pa(points, found.truth.positions) < 25.0
    (height,) = (note for note in found.clip.notes if note.startswith("height: "))
    assert height.endswith("m, measured by the cameras")
    assert float(height.split()[1]) == pytest.approx(1.69 * size, abs=0.06)


@pytest.mark.parametrize("count", [2, 4])
def test_one_more_person_and_exchanged_sides_do_no_harm(
    walk: MotionClip, cameras: list[CalibratedCamera], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The second camera sees somebody else larger; with four cameras, one also takes left for right for a while."""
    monkeypatch.setattr(seen_person, "polish_motion", lambda subject, _, __, truth: replace(subject, truth=truth))
    truth = walk.between(0.0, 0.8)
    other = replace(truth, positions=truth.positions[::-1] + np.array([-0.3, 1.2, 0.0]))
    everybody = []
    for number, (clip, camera) in enumerate(zip(seen_by(cameras[:count], truth), cameras, strict=False)):
        me = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
        if number == 3:
            me[8:14] = me[8:14][:, mirror_order(clip.names)]
        them = see(other, camera, confidence=0.9)
        people = [me[:, None], np.concatenate([them.pixel, them.confidence[..., None]], axis=-1)[:, None]]
        shown = np.concatenate(people if number == 1 else people[:1], axis=1)
        everybody.append(Everybody(Path(camera.name), clip.fps, clip.names, list(shown), (), 0, ()))
    chosen, kept = keypoints._choose_person(everybody, cameras[:count], None, [None] * count, [None] * count)
    assert len(kept) == count
    parts = take_seen_parts(list(chosen.values()), kept, None, None)
    found = build_subject_from_keypoints(parts, Body(), ground(), 30.0, floor_m=0.0, truth=truth)
    assert found.truth is not None
    points = found.clip.positions[:, [found.clip.joint(joint) for joint in found.truth.joint_names]]
    assert mpjpe_g(points, found.truth.positions) < {2: 30.0, 4: 20.0}[count]
    assert mpjpe_pa(points, found.truth.positions) < {2: 25.0, 4: 17.0}[count]


def test_a_film_in_which_the_detector_follows_somebody_else_is_searched_again(
    walk: MotionClip, cameras: list[CalibratedCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The detector follows somebody else in the third film, and me where it is shown nothing else."""
    other = replace(walk, positions=walk.positions[::-1] + np.array([-0.3, 1.2, 0.0]))

    def detections(clip: KeypointClip) -> tuple[Detection, ...]:
        return tuple(Detection(*each) for each in zip(clip.pixel, clip.confidence, strict=True))

    me = [detections(clip) for clip in seen_by(cameras, walk)]
    them = detections(see(other, cameras[2]))
    films = [
        SearchedVideo(
            Path(f"cam{number}.mp4"),
            NAMES_OF_SETS["coco_17"],
            tuple((each,) for each in (them if number == 3 else mine)),
            0,
            Footage(Video(Path(f"cam{number}.mp4"), walk.fps, SIZE, walk.num_frames)),
            (),
        )
        for number, mine in enumerate(me, start=1)
    ]
    searched = []

    def again(film: SearchedVideo, boxes: Sequence[Crop | None], **_: object) -> SearchedVideo:
        searched.append(film.name)
        for box, mine in zip(boxes, me[2], strict=True):
            there = mine.pixel[mine.confidence > 0]
            assert box is not None
            assert (there > box[:2]).all()
            assert (there < box[2:]).all()
        return replace(film, found=tuple((*before, mine) for before, mine in zip(film.found, me[2], strict=True)))

    monkeypatch.setattr(video, "search_again", again)
    detected, kept = video._follow_one_person(films, cameras, [None] * 4)
    assert searched == ["cam3"]
    assert kept == cameras
    for person, clip in zip(detected, seen_by(cameras, walk), strict=True):
        found = clip.confidence > 0
        np.testing.assert_allclose(person.keypoints.pixel[found], clip.pixel[found])
    assert {finding.level for finding in detected[0].keypoints.findings} == {"good"}
