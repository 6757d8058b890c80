from dataclasses import replace
from pathlib import Path

from data.video import Video
from pipelines.config import RunConfig
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Film
from pipelines.reconstruction.measure import _film_part


def test_a_film_says_when_the_motion_begins(quick_config: RunConfig) -> None:
    subject = prepare(quick_config)
    assert _film_part(subject) == {}
    filmed = replace(subject, film=Film(Video(Path("walk.mp4"), 25.0, (640, 480)), first=50))
    assert _film_part(filmed) == {"film_start_s": 2.0}
