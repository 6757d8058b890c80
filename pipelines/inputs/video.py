"""From the videos of one or several cameras to the subject."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.camera import CalibratedCamera
from data.clip import MotionClip
from data.film.vertical_edges import MeasuredVertical, find_vertical
from data.keypoints.people import Crop, box_around
from data.keypoints.pose_detector import DetectedPerson, detect
from data.keypoints.rays import rays_of_pixels, turn_to_rays
from data.video import open_video
from diffphy.physics.scene import Scene
from pipelines import terminal
from pipelines.config import Body, RunConfig
from pipelines.inputs.camera import build_cameras
from pipelines.inputs.keypoints import guess_in_space
from pipelines.inputs.recordings import common_frames
from pipelines.inputs.seen_by_camera import SeenPerson
from pipelines.inputs.seen_person import build_subject_from_seen
from pipelines.inputs.steady_view import judge_view
from pipelines.inputs.subject import Film, Subject
from pipelines.inputs.up_axis import stand_upright
from pipelines.inputs.visible_frames import SeenPart, frames_with_person, interpolate_unseen, take_seen_parts
from pipelines.scene import build_scene


def prepare_video(recordings: Sequence[Path], config: RunConfig) -> Subject:
    """Return the person in a video, or in the videos of several cameras, and their most likely motion.

    Args:
        recordings: The video file of each camera.
        config: The configuration of the run.

    Raises:
        InputError: A video or a camera cannot be used, or the person is seen too briefly.
    """
    started, given = time.perf_counter(), config.input
    sizes = [open_video(path, given.fps).size for path in recordings]
    cameras, note = build_cameras(config.camera, recordings, sizes)
    everywhere = [detect_person(path, given.fps, given.crop) for path in recordings]
    frames, notes = common_frames([each.keypoints for each in everywhere])
    detected = [each.take(common) for each, common in zip(everywhere, frames, strict=True)]
    clips = [each.keypoints.with_notes(note, *notes) for each in detected]
    parts = stand_upright(take_seen_parts(clips, cameras, given.start_s, given.end_s), config.camera.up)
    subject = build_subject_from_video(
        detected, parts, config.body, build_scene(config.scene), config.simulation.control_fps, floor_m=given.floor_m
    )
    return replace(subject, seconds=time.perf_counter() - started)


def detect_person(path: Path, fps: float | None = None, crop: Crop | None = None) -> DetectedPerson:
    """Find the person in all of a video, and show the progress.

    Args:
        path: The video file.
        fps: Frame rate in place of the file's own, 1/s.
        crop: Left, top, right, bottom, pixels: look only inside.

    Raises:
        InputError: The video cannot be read, nobody is found, or MediaPipe is not installed.
    """
    with terminal.counting("looking for a person") as count:
        return detect(path, fps=fps, crop=crop, progress=count)


def build_subject_from_video(
    detected: Sequence[DetectedPerson],
    parts: Sequence[SeenPart],
    body: Body,
    scene: Scene,
    control_fps: float,
    *,
    floor_m: float | None = None,
    truth: MotionClip | None = None,
) -> Subject:
    """Return the person that was found in the video of each camera.

    Args:
        detected: The person in all of each video.
        parts: The part of it that is used, and the camera. All parts have the same frames.
        body: What the user knows of the person.
        scene: What the person can touch.
        control_fps: Frame rate of the subject's motion, 1/s.
        floor_m: Height of the floor in the cameras' world, m. None: it is found.
        truth: The true motion from the parts' first frame on, in the cameras' world with the floor at z = 0.

    Raises:
        InputError: The person is seen too briefly, or a floor is given for a camera without a pose.
    """
    seen = [_see(person, part, body.height_m) for person, part in zip(detected, parts, strict=True)]
    subject = build_subject_from_seen(seen, body, scene, control_fps, floor_m=floor_m, truth=truth)
    return replace(subject, film=Film(detected[0].video, parts[0].keypoints.first))


def _see(detected: DetectedPerson, part: SeenPart, height_m: float | None) -> SeenPerson:
    """Return the person as a camera sees them. A detector without depth leaves it to poses of known people."""
    findings = (*part.keypoints.findings, *judge_view(detected, part))
    keypoints = replace(part.keypoints, findings=findings)
    if np.isnan(detected.positions).all():
        return guess_in_space(keypoints, part.camera, height_m)
    relative = _turn_to_camera(detected.positions[part.frames], part)
    vertical = None if part.camera.has_pose else _find_vertical(detected, part.camera)
    return SeenPerson(keypoints, part.camera, keypoints.names, relative, vertical=vertical)


def _turn_to_camera(positions: Float[np.ndarray, "T 33 3"], part: SeenPart) -> Float[np.ndarray, "T 33 3"]:
    """Fill gaps in the detector's positions, and turn them to the camera's axes."""
    relative = interpolate_unseen(positions, frames_with_person(part.keypoints.confidence))
    return turn_to_rays(relative, rays_of_pixels(part.camera, part.keypoints.pixel))


def _find_vertical(detected: DetectedPerson, camera: CalibratedCamera) -> MeasuredVertical | None:
    """Return where the edges of the scene say that up is. Those of the person are left out."""
    clip = detected.keypoints
    person = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    boxes = [box_around(person[still.frame]) for still in detected.stills]
    return find_vertical([still.grey for still in detected.stills], camera, boxes)
