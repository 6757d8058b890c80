"""A made-up camera sees a recording. The motion to follow is nearer to the recording than the rough motion is."""

import json
import pathlib
from typing import Any

import numpy as np
import pytest

from data.clip import InputError
from diffphy.reconstruction.camera import project
from pipelines.config import RunConfig, load
from pipelines.inputs import synthetic_camera
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.measure import COUNTS
from pipelines.reconstruction.reconstruct import reconstruct
from tests.pipelines.conftest import QUICK


def through(**settings: object) -> RunConfig:
    return load(None, {**QUICK, "through": {}, **settings})


@pytest.fixture(scope="module")
def subject() -> Subject:
    return prepare(through())


def errors(subject: Subject, of: str) -> tuple[float, float]:
    """Return the mean distance of a clip's joints from the true ones, m, in the world and about the root."""
    truth, clip = subject.truth, getattr(subject, of)
    assert truth is not None
    assert clip.joint_names == truth.joint_names
    apart = clip.positions - truth.positions
    world, around = (float(np.linalg.norm(each, axis=-1).mean()) for each in (apart, apart - apart[:, :1]))
    return world, around


def pixels(subject: Subject, of: str) -> float:
    """Return the mean distance of a clip's joints from the true ones in the pictures, pixels, where they were seen."""
    (seen,), truth = subject.detections, subject.truth
    assert truth is not None
    joints = [subject.tracked[body] for body in seen.body]
    found, true = (project(seen.camera, each.positions[:, joints]) for each in (getattr(subject, of), truth))
    return float(np.linalg.norm(found - true, axis=-1)[np.asarray(seen.confidence) > COUNTS].mean())


def test_the_motion_to_follow_is_nearer_to_the_truth_than_the_rough_one(subject: Subject) -> None:
    """A mean of three draws: how far away a rough root is, and so how much there is to gain, is chance."""
    drawn = [subject, *(prepare(through(seed=seed)) for seed in (1, 2))]
    (before, before_around), (after, after_around) = (
        np.mean([errors(each, of) for each in drawn], axis=0) for of in ("rough", "clip")
    )
    assert before_around > 0.04
    assert after_around < 0.7 * before_around
    assert after < 0.9 * before
    before_px, after_px = (np.mean([pixels(each, of) for each in drawn]) for of in ("rough", "clip"))
    assert after_px < before_px


def test_errors_that_are_known_leave_no_doubt(subject: Subject) -> None:
    """Neither the noise of the keypoints nor the errors of the rough motion say that something else is wrong."""
    found = {finding.name: finding for finding in subject.clip.findings}
    assert [found[name].level for name in ("keypoints", "pose")] == ["good", "good"]


def test_larger_errors_of_the_rough_motion_are_known_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic_camera, "polish_motion", lambda subject, *_: subject)
    subject = prepare(through(**{"through.errors.joint_m": 0.1, "through.errors.noise_px": 10.0}))
    found = {finding.name: finding for finding in subject.clip.findings}
    assert [found[name].level for name in ("keypoints", "pose")] == ["good", "good"]


def test_the_bones_are_not_those_of_the_recording(subject: Subject) -> None:
    """They are measured on the rough motion, not on the recording."""
    recorded = prepare(load(None, QUICK))
    lengths = [np.linalg.norm(each.retargeted.joint_offset, axis=1) for each in (subject, recorded)]
    known = lengths[1] > 0.1
    assert (lengths[0] != lengths[1])[known].all()
    np.testing.assert_allclose(lengths[0][known], lengths[1][known], atol=0.05)  # slow errors remain over a second


def test_keypoints_are_where_the_camera_sees_the_true_joints_but_for_the_noise(subject: Subject) -> None:
    (seen,), truth = subject.detections, subject.truth
    assert truth is not None
    joints = [subject.tracked[body] for body in seen.body]
    apart = np.linalg.norm(np.asarray(project(seen.camera, truth.positions[:, joints])) - seen.pixel, axis=-1)
    found = np.asarray(seen.confidence) > 0
    assert 0.6 < found.mean() < 0.98
    assert ((seen.pixel >= -30) & (seen.pixel <= 1030))[found].all()
    # The median length of a vector of two normal numbers is sqrt(2 ln 2) of their deviation.
    assert np.median(apart[found]) == pytest.approx(5.0 * np.sqrt(2 * np.log(2)), rel=0.15)


def test_the_seed_decides_the_errors(subject: Subject) -> None:
    same, other = (prepare(through(seed=seed)) for seed in (0, 1))
    for again, equal in ((same, True), (other, False)):
        assert again.rough is not None
        assert subject.rough is not None
        assert np.array_equal(again.rough.positions, subject.rough.positions) is equal
    np.testing.assert_array_equal(same.clip.positions, subject.clip.positions)


def test_metrics_compare_with_the_truth_and_tell_of_the_rough_motion(subject: Subject, tmp_path: pathlib.Path) -> None:
    metrics: dict[str, Any] = {**reconstruct(through(), folder=tmp_path / "run").metrics}
    assert metrics == json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["rough"]["mpjpe_g_mm"] > 50.0
    assert metrics["rough"]["mpjpe_2d_px"] == pytest.approx(pixels(subject, "rough"), rel=1e-3)
    assert metrics["retargeting"]["mpjpe_2d_px"] == pytest.approx(pixels(subject, "clip"), rel=1e-3)
    assert 5.0 < metrics["detections_2d_px"] < 15.0  # 6.3 without swapped sides
    assert metrics["evaluations"] > 40  # those of the most likely motion count: the windows have three each
    assert metrics["rough"]["tv"] > 4 * metrics["result"]["tv"]


@pytest.mark.parametrize("key", ["subject", "camera"])
def test_cameras_that_there_are_not_are_refused(key: str) -> None:
    with pytest.raises(InputError, match="Human3.6M has no"):
        prepare(through(**{f"through.{key}": "none"}))
