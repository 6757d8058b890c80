"""Windows of a recording."""

import numpy as np
import pytest

from diffphy.reconstruction.camera import Camera
from diffphy.reconstruction.observation import Detections, Keyframes


@pytest.mark.parametrize("moving", [False, True], ids=["standing", "moving"])
def test_a_window_beyond_the_end_repeats_the_last_frame_without_weight(moving: bool) -> None:
    rng = np.random.default_rng(0)
    frames = (5,) if moving else ()
    camera = Camera(rng.normal(size=(*frames, 4)), rng.normal(size=(*frames, 3)), np.ones(2), np.zeros(2), np.zeros(8))
    seen = Detections(camera, rng.normal(size=(5, 2, 2)), rng.uniform(size=(5, 2)), np.zeros((2, 3)), (0, 3))
    observed = Keyframes(
        rng.normal(size=(5, 3)),
        rng.normal(size=(5, 4, 4)),
        rng.normal(size=(5, 4, 3)),
        np.ones(4),
        np.ones(5),
        detections=(seen, seen),
    )
    window = observed.window(3, 4)
    expected = [3, 4, 4, 4]
    np.testing.assert_array_equal(window.frame_weight, [1, 1, 0, 0])
    np.testing.assert_array_equal(window.joint_position, observed.joint_position[expected])
    assert len(window.detections) == 2
    np.testing.assert_array_equal(window.detections[1].pixel, seen.pixel[expected])
    np.testing.assert_array_equal(window.detections[1].confidence, seen.confidence[expected])
    rotation = window.detections[1].camera.rotation
    np.testing.assert_array_equal(rotation, camera.rotation[expected] if moving else camera.rotation)
