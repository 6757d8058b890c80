"""A person in front of a camera becomes a subject: root, control rate, truth and detections."""

from dataclasses import replace

import numpy as np
import pytest

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.rigs import joint_maps
from data.rotations import from_wxyz
from diffphy.physics.scene import ground
from pipelines.config import Body
from pipelines.inputs import seen_person
from pipelines.inputs.seen_by_camera import SeenPerson
from pipelines.inputs.seen_person import build_subject_from_seen
from pipelines.inputs.subject import Subject
from tests.messages import check_remedy
from tests.pipelines.inputs.conftest import see

CONTROL_FPS = 15.0
BODY = Body(height_m=1.69)  # of the walk


@pytest.fixture
def seen(walk: MotionClip, camera: CalibratedCamera) -> SeenPerson:
    """Return the walk about its root, as a detector without errors has it."""
    keypoints = see(walk, camera, noise_px=0.0)
    ours = joint_maps.detect(walk)
    names = ("pelvis", "neck", *(name for name in keypoints.names if name in ours))
    points = from_wxyz(camera.rotation).apply(
        walk.positions[:, [walk.joint(ours[name]) for name in names]].reshape(-1, 3)
    )
    points = points.reshape(walk.num_frames, -1, 3)
    return SeenPerson(keypoints, camera, names, points - points[:, :1], along=0.03, aside=0.03)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Record what is fitted, instead of fitting."""
    calls: list[tuple] = []

    def instead(subject: Subject, *given: object) -> Subject:
        calls.append(given)
        return subject

    monkeypatch.setattr(seen_person, "polish_motion", instead)
    return calls


def test_points_that_are_right_come_to_where_they_are(
    seen: SeenPerson, walk: MotionClip, camera: CalibratedCamera, fits: list[tuple]
) -> None:
    subject = build_subject_from_seen([seen], BODY, ground(), walk.fps, floor_m=0.0)
    for joint in ("pelvis", "left_ankle", "right_wrist"):
        found = subject.clip.positions[:, subject.clip.joint(joint)]
        true = walk.positions[:, walk.joint(joint_maps.detect(walk)[joint])]
        sight = true - camera.center
        along = np.sum((found - true) * sight, axis=1) / np.linalg.norm(sight, axis=1)
        across = found - true - along[:, None] * sight / np.linalg.norm(sight, axis=1, keepdims=True)
        np.testing.assert_allclose(across, 0.0, atol=0.03)
        # Bones that are not those of the mean adult tell a wrong distance: 5 m to 3 %.
        np.testing.assert_allclose(along, 0.0, atol=0.15)
    (((detections,), scene, truth),) = fits
    assert detections.pixel.shape[0] == subject.clip.num_frames == walk.num_frames
    assert scene.friction == ground().friction
    assert truth is None
    assert subject.clip.notes == ("floor: +0.000 m in the camera's world, as given",)


def test_objects_that_the_fit_does_not_know_are_said(seen: SeenPerson, walk: MotionClip, fits: list[tuple]) -> None:
    scene = ground().with_box([0.0, 0.0, 0.2], [0.2, 0.2, 0.2]).with_sphere([1.0, 0.0, 0.1], 0.1)
    for given, said in ((scene, ["2 left out of the fit"]), (ground(), [])):
        subject = build_subject_from_seen([seen], BODY, given, walk.fps, floor_m=0.0)
        assert [each.value for each in subject.clip.findings if each.name == "objects"] == said


def test_clip_detections_and_truth_have_the_control_rate(
    seen: SeenPerson, walk: MotionClip, camera: CalibratedCamera, fits: list[tuple]
) -> None:
    missing = seen.keypoints.confidence.copy()
    wrist = seen.keypoints.keypoint("left_wrist")
    missing[5, wrist] = 0.0  # between two frames of the control rate
    missing[10, wrist] = 0.0
    seen = replace(seen, keypoints=replace(seen.keypoints, confidence=missing))
    subject = build_subject_from_seen([seen], Body(), ground(), CONTROL_FPS, floor_m=0.0, truth=walk)
    (((detections,), _, truth),) = fits
    count = (walk.num_frames + 1) // 2
    assert subject.clip.fps == truth.fps == CONTROL_FPS
    assert subject.clip.num_frames == truth.num_frames == len(detections.pixel) == count
    assert truth.joint_names == tuple(subject.clip.joint_names[joint] for joint in sorted(subject.tracked.values()))
    np.testing.assert_allclose(
        truth.positions[:, truth.joint("left_wrist")], walk.positions[::2, walk.joint("left_wrist")]
    )
    column = detections.body.index(subject.retargeted.rig.keys.index("left_wrist"))
    # A frame is the mean of itself and its neighbours: half, a quarter and a quarter.
    np.testing.assert_allclose(detections.confidence[1:7, column], [1.0, 0.75, 0.75, 1.0, 0.5, 1.0])
    beside = seen.keypoints.pixel[[9, 11], wrist].mean(axis=0)
    np.testing.assert_allclose(detections.pixel[5, column], beside, atol=1e-3)


def test_a_keypoint_between_found_and_not_found_is_less_certain(
    seen: SeenPerson, walk: MotionClip, camera: CalibratedCamera, fits: list[tuple]
) -> None:
    """At three times the rate, the four new frames beside frame 10 know less of it."""
    missing = seen.keypoints.confidence.copy()
    missing[10] = 0.0
    seen = replace(seen, keypoints=replace(seen.keypoints, confidence=missing))
    build_subject_from_seen([seen], Body(), ground(), 3 * walk.fps, floor_m=0.0)
    certain = np.asarray(fits[0][0][0].confidence).max(axis=1)
    np.testing.assert_allclose(certain[27:34], [1.0, 2 / 3, 1 / 3, 0.0, 1 / 3, 2 / 3, 1.0], atol=1e-6)


def test_what_is_too_short_is_said(
    seen: SeenPerson, walk: MotionClip, camera: CalibratedCamera, fits: list[tuple]
) -> None:
    brief = replace(
        seen,
        keypoints=replace(seen.keypoints, pixel=seen.keypoints.pixel[:3], confidence=seen.keypoints.confidence[:3]),
        relative=seen.relative[:3],
    )
    for given, fps, truth, match in (
        (brief, 10.0, None, "walk shows a person for less than two control frames: give a longer recording"),
        (seen, 30.0, walk.between(0.0, 0.5), "but its true motion lasts 0.50 s: give both of one recording"),
    ):
        with pytest.raises(InputError, match=match) as refused:
            build_subject_from_seen([given], Body(), ground(), fps, floor_m=0.0, truth=truth)
        check_remedy(str(refused.value))
    assert not fits
