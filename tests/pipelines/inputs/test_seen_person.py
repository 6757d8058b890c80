"""A person in front of a camera becomes a subject: root, control rate, truth and detections."""

from dataclasses import replace

import numpy as np
import pytest

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.rigs import joint_maps
from data.rotations import from_wxyz
from diffphy.physics.scene import ground
from diffphy.reconstruction.kinematic_fit import Uncertainty
from pipelines.config import Body
from pipelines.inputs import seen_person
from pipelines.inputs.seen_person import SeenPerson, build_subject_from_seen
from pipelines.inputs.subject import Subject
from tests.messages import check_remedy
from tests.pipelines.inputs.conftest import see

CONTROL_FPS = 15.0


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
    return SeenPerson(keypoints, names, points - points[:, :1], 1.7)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Record what is fitted, instead of fitting."""
    calls: list[tuple] = []

    def instead(subject: Subject, *given: object) -> Subject:
        calls.append(given)
        return subject

    monkeypatch.setattr(seen_person, "fit_motion", instead)
    return calls


def test_points_that_are_right_come_to_where_they_are(
    seen: SeenPerson, walk: MotionClip, camera: CalibratedCamera, fits: list[tuple]
) -> None:
    subject = build_subject_from_seen(seen, camera, Body(), ground(), walk.fps, floor_m=0.0)
    for joint in ("pelvis", "left_ankle", "right_wrist"):
        found = subject.clip.positions[:, subject.clip.joint(joint)]  # smoothing moves the root by 2 cm
        np.testing.assert_allclose(found, walk.positions[:, walk.joint(joint_maps.detect(walk)[joint])], atol=0.03)
    ((detections, scene, truth, uncertainty),) = fits
    assert detections.pixel.shape[0] == subject.clip.num_frames == walk.num_frames
    assert scene.friction == ground().friction
    assert truth is None
    assert uncertainty == Uncertainty()
    assert subject.clip.notes == ("floor: +0.000 m in the camera's world, as given",)


def test_clip_detections_and_truth_have_the_control_rate(
    seen: SeenPerson, walk: MotionClip, camera: CalibratedCamera, fits: list[tuple]
) -> None:
    missing = seen.keypoints.confidence.copy()
    wrist = seen.keypoints.keypoint("left_wrist")
    missing[5, wrist] = 0.0  # between two frames of the control rate
    missing[10, wrist] = 0.0
    seen = replace(seen, keypoints=replace(seen.keypoints, confidence=missing), uncertainty=Uncertainty(joint=0.3))
    subject = build_subject_from_seen(seen, camera, Body(), ground(), CONTROL_FPS, floor_m=0.0, truth=walk)
    ((detections, _, truth, uncertainty),) = fits
    count = (walk.num_frames + 1) // 2
    assert subject.clip.fps == truth.fps == CONTROL_FPS
    assert subject.clip.num_frames == truth.num_frames == len(detections.pixel) == count
    assert truth.joint_names == tuple(subject.clip.joint_names[joint] for joint in sorted(subject.tracked.values()))
    np.testing.assert_allclose(
        truth.positions[:, truth.joint("left_wrist")], walk.positions[::2, walk.joint("left_wrist")]
    )
    column = detections.body.index(subject.retargeted.rig.keys.index("left_wrist"))
    lost = np.flatnonzero(np.asarray(detections.confidence)[:, column] == 0)
    assert lost.tolist() == [5]
    assert uncertainty.joint == 0.3


def test_a_keypoint_between_found_and_not_found_is_not_found(
    seen: SeenPerson, walk: MotionClip, camera: CalibratedCamera, fits: list[tuple]
) -> None:
    """At three times the rate, the four new frames beside frame 10 lose it too."""
    missing = seen.keypoints.confidence.copy()
    missing[10] = 0.0
    seen = replace(seen, keypoints=replace(seen.keypoints, confidence=missing))
    build_subject_from_seen(seen, camera, Body(), ground(), 3 * walk.fps, floor_m=0.0)
    lost = np.flatnonzero(np.asarray(fits[0][0].confidence).max(axis=1) == 0)
    assert lost.tolist() == [28, 29, 30, 31, 32]


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
            build_subject_from_seen(given, camera, Body(), ground(), fps, floor_m=0.0, truth=truth)
        check_remedy(str(refused.value))
    assert not fits
