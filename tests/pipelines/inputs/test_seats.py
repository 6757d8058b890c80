"""Somebody rises from a chair that the file does not describe."""

import pathlib

import pytest

from pipelines.config import load
from pipelines.inputs.mocap import prepare_mocap
from pipelines.scene import build_scene

BOX = {"position": [0.0, 0.0, 0.2], "half_extents": [0.2, 0.2, 0.2]}


def test_a_chair_that_nobody_described_is_placed_and_said(test_data: pathlib.Path) -> None:
    path = test_data / "forces" / "subject4" / "STS1.trc"
    config = load(None, {"clip": str(path), "input.end_s": 2.5})
    subject = prepare_mocap(str(path), config)
    (seat,) = subject.seats
    assert seat.height == pytest.approx(0.38, abs=0.03)
    assert [each.name for each in subject.clip.findings].count("seat") == 1
    assert subject.recorded is not None
    assert subject.recorded.seated.any()
    assert len(build_scene(config.scene, subject.seats).box_position) == 1

    described = prepare_mocap(str(path), load(None, {"clip": str(path), "input.end_s": 2.5, "scene.boxes": [BOX]}))
    assert described.seats == ()
    assert "seat" not in [each.name for each in described.clip.findings]
    assert described.recorded is not None
    assert described.recorded.seated.any()
