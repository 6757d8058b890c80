"""The errors of a made-up detector are as large as it says."""

import numpy as np
import pytest

from data.keypoints.synthetic_detections import BURST_S, Detector, detect_keypoints, rough_positions

FPS, FRAMES = 25.0, 4000
NONE = Detector(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
PIXELS = np.random.default_rng(1).uniform(0.0, 1000.0, (FRAMES, 6, 2))
LIMBS = [([0, 1], [2, 3])]


def test_a_perfect_detector_finds_everything() -> None:
    pixel, confidence = detect_keypoints(NONE, PIXELS, LIMBS, FPS, np.random.default_rng(0))
    np.testing.assert_array_equal(pixel, PIXELS)
    assert (confidence == 1).all()
    positions = PIXELS[..., [0, 1, 0]]
    np.testing.assert_array_equal(
        rough_positions(NONE, positions, np.eye(3)[0], FPS, np.random.default_rng(0)), positions
    )


def test_noise_and_losses_are_as_said() -> None:
    detector = Detector(noise_px=5.0, dropout=0.1, swap=0.0)
    pixel, confidence = detect_keypoints(detector, PIXELS, LIMBS, FPS, np.random.default_rng(0))
    lost = confidence == 0
    assert (pixel - PIXELS)[~lost].std() == pytest.approx(5.0, rel=0.02)
    assert lost.mean() == pytest.approx(0.1, abs=0.015)
    ends = (lost[:-1] & ~lost[1:]).sum()
    assert lost.sum() / ends / FPS == pytest.approx(BURST_S, rel=0.1)


def test_the_sides_of_a_limb_are_exchanged_as_often_as_said() -> None:
    detector = Detector(noise_px=0.0, dropout=0.0, swap=0.2)
    pixel, _ = detect_keypoints(detector, PIXELS, LIMBS, FPS, np.random.default_rng(0))
    swapped = (pixel[:, 0] != PIXELS[:, 0]).all(axis=-1)
    assert swapped.mean() == pytest.approx(0.2, abs=0.05)
    np.testing.assert_array_equal(pixel[swapped][:, [0, 1, 2, 3]], PIXELS[swapped][:, [2, 3, 0, 1]])
    np.testing.assert_array_equal(pixel[:, 4:], PIXELS[:, 4:])


def test_the_rough_motion_errs_along_the_axis_and_around_the_root() -> None:
    axis = np.array([0.6, 0.8, 0.0])
    still = np.zeros((40_000, 3, 3))
    root_only = Detector(depth_m=0.08, side_m=0.02, joint_m=0.0, shake_m=0.0)
    error = rough_positions(root_only, still, axis, FPS, np.random.default_rng(0))
    np.testing.assert_array_equal(error, np.broadcast_to(error[:, :1], error.shape))
    assert (error[:, 0] @ axis).std() == pytest.approx(0.08, rel=0.1)
    assert (error[:, 0] @ np.array([-0.8, 0.6, 0.0])).std() == pytest.approx(0.02, rel=0.1)
    joints = rough_positions(Detector(depth_m=0.0, side_m=0.0), still, axis, FPS, np.random.default_rng(0))
    np.testing.assert_array_equal(joints[:, 0], 0.0)
    around = joints[:, 1:] - joints[:, :1]
    assert around.std() == pytest.approx(np.hypot(0.03, 0.01), rel=0.05)
    assert np.diff(around, axis=0).std() > 0.01 * 2**0.5
