"""From a video to the person who is simulated and the motion to follow."""

import time
from dataclasses import replace
from pathlib import Path

from data.camera import CalibratedCamera
from data.clip import MotionClip
from data.keypoints import placement
from data.keypoints.pose_detector import DetectedPerson, detect
from data.video import open_video
from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.inputs.camera import viewpoint
from pipelines.inputs.keypoints import (
    Seen,
    between,
    check_poses,
    filled,
    found_in,
    in_picture,
    moved_in,
    stature,
    subject_of_seen,
    taken,
    whole,
)
from pipelines.inputs.subject import Film, Subject

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts")


def is_video(source: str | None) -> bool:
    """Whether the name is that of a video."""
    return source is not None and Path(source).suffix.lower() in SUFFIXES


def prepare_video(config: RunConfig) -> Subject:
    """The person in a video, and the most likely motion in a world that stands on the ground.

    Raises InputError where the video, the camera or what is seen cannot be used.
    """
    assert config.clip is not None
    given, started = config.input, time.perf_counter()
    camera, note = viewpoint(config.camera, open_video(Path(config.clip), given.fps).size, config.clip)
    with terminal.counting("looking for a person") as count:
        detected = detect(Path(config.clip), fps=given.fps, crop=given.crop, progress=count)
    detected = replace(detected, keypoints=detected.keypoints.with_notes(note))
    check_poses(camera, detected.keypoints.num_frames)
    subject = subject_from_detected(config, detected, camera)
    return replace(subject, seconds=time.perf_counter() - started)


def subject_from_detected(
    config: RunConfig, detected: DetectedPerson, camera: CalibratedCamera, *, truth: MotionClip | None = None
) -> Subject:
    """The person that was found in a video.

    Args:
        config: what is known besides, and which part is taken.
        detected: the person in all of the video.
        camera: its lens, and its pose in a Z-up world where it is known; one for each frame of the video if it moves.
        truth: the true motion from the video's first frame on, in the camera's world with the floor at z = 0.

    Raises:
        InputError: the person is not seen for long enough.
    """
    given, keypoints = config.input, in_picture(detected.keypoints, detected.video.size)
    part = between(keypoints, given.start_s, given.end_s)
    longest = whole(taken(keypoints, part))
    frames = slice(part.start + longest.start, part.start + longest.stop)
    inside, camera = taken(keypoints, frames), moved_in(camera, frames)
    relative = filled(detected.positions[frames], found_in(keypoints.confidence[frames]))
    relative = placement.turn_to_rays(relative, placement.rays_of_pixels(camera, inside.pixel))
    seen = Seen(inside, keypoints.names, relative)
    height = stature(seen)
    if config.body.height_m is not None:
        seen = replace(seen, relative=relative * (config.body.height_m / height))
    else:
        said = f"height: {height:.2f} m, as the detector has it; give --height where it is known"
        seen = replace(seen, keypoints=inside.with_notes(said))
    true = None if truth is None else truth.between(frames.start / keypoints.fps, None)
    subject = subject_of_seen(config, seen, camera, truth=true)
    return replace(subject, film=Film(detected.video, seen.keypoints.first))
