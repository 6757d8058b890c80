"""A walk in front of a camera, for the tests of keypoints."""

import numpy as np
import pytest

from data.camera import CalibratedCamera
from data.clip import MotionClip
from data.datasets import human36m_cameras
from data.keypoints.clip import KeypointClip
from data.keypoints.sets import NAMES
from data.rigs import joint_maps
from diffphy.reconstruction.camera import project
from pipelines.config import load
from pipelines.inputs.kinematic_fit import physics_camera
from pipelines.inputs.prepare import prepare
from tests.pipelines.conftest import QUICK

SIZE = (1000, 1002)  # of the camera's pictures, pixels


@pytest.fixture(scope="session")
def walk() -> MotionClip:
    return prepare(load(None, {**QUICK, "clip": "builtin:walk"})).clip


@pytest.fixture(scope="session")
def camera() -> CalibratedCamera:
    return human36m_cameras.camera("S9", "54138969")


def see(truth: MotionClip, camera: CalibratedCamera, confidence: float = 1.0, noise_px: float = 5.0) -> KeypointClip:
    """Return the twelve keypoints of COCO that are joints, with noise; the face is not found."""
    ours = joint_maps.detect(truth)
    names = NAMES["coco_17"]
    pixel, found = np.zeros((truth.num_frames, 17, 2)), np.zeros((truth.num_frames, 17))
    joints = [name for name in names if name in ours]
    columns = [names.index(name) for name in joints]
    points = truth.positions[:, [truth.joint(ours[name]) for name in joints]]
    noise = np.random.default_rng(0).normal(scale=noise_px, size=(truth.num_frames, len(joints), 2))
    pixel[:, columns] = np.asarray(project(physics_camera(camera), points), float) + noise
    found[:, columns] = confidence
    return KeypointClip("walk", truth.fps, names, pixel, found)
