from dataclasses import replace
from pathlib import Path

import numpy as np

from data.camera import from_field_of_view
from data.video import Video
from diffphy.reconstruction.observation import Detections
from pipelines.config import RunConfig
from pipelines.inputs.kinematic_fit import physics_camera
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Film
from pipelines.reconstruction.measure import _film_part, _is_seen_by_camera


def test_a_film_says_when_the_motion_begins(quick_config: RunConfig) -> None:
    subject = prepare(quick_config)
    assert _film_part(subject) == {}
    filmed = replace(subject, film=Film(Video(Path("walk.mp4"), 25.0, (640, 480)), first=50))
    assert _film_part(filmed) == {"film_start_s": 2.0}


def test_a_recording_is_not_judged_as_a_film(quick_config: RunConfig) -> None:
    """Markers show how the load is shared between the feet, and a camera does not."""
    subject = prepare(quick_config)
    assert not _is_seen_by_camera(subject)
    offset = np.zeros((1, 3), np.float32)
    camera = physics_camera(from_field_of_view(60.0, (640, 480)))
    found = Detections(camera, np.zeros((1, 1, 2), np.float32), np.ones((1, 1), np.float32), offset, (0,))
    assert _is_seen_by_camera(replace(subject, detections=(found,)))
