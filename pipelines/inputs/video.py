"""From a video to the subject."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import MotionClip
from data.keypoints import placement
from data.keypoints.clip import KeypointClip
from data.keypoints.joints import joint_positions
from data.keypoints.people import Crop
from data.keypoints.pose_detector import DetectedPerson, detect
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from data.video import open_video
from diffphy.physics.scene import Scene
from pipelines import terminal
from pipelines.config import Body, RunConfig
from pipelines.inputs.camera import build_camera
from pipelines.inputs.seen_person import SeenPerson, build_subject_from_seen
from pipelines.inputs.subject import Film, Subject, build_subject
from pipelines.inputs.visible_frames import SeenPart, frames_with_person, interpolate_unseen, take_seen_part
from pipelines.scene import build_scene

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts")


def is_video(source: str | None) -> bool:
    """Return whether the name is one of a video."""
    return source is not None and Path(source).suffix.lower() in SUFFIXES


def prepare_video(source: str, config: RunConfig) -> Subject:
    """Return the person in a video, and their most likely motion.

    Args:
        source: The video file.
        config: The configuration of the run.

    Raises:
        InputError: The video or the camera cannot be used, or the person is seen too briefly.
    """
    started, given = time.perf_counter(), config.input
    camera, note = build_camera(config.camera, open_video(Path(source), given.fps).size, source)
    detected = detect_person(Path(source), given.fps, given.crop)
    part = take_seen_part(detected.keypoints.with_notes(note), camera, given.start_s, given.end_s)
    subject = build_subject_from_video(
        detected, part, config.body, build_scene(config.scene), config.simulation.control_fps, floor_m=given.floor_m
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
    detected: DetectedPerson,
    part: SeenPart,
    body: Body,
    scene: Scene,
    control_fps: float,
    *,
    floor_m: float | None = None,
    truth: MotionClip | None = None,
) -> Subject:
    """Return the person that was found in a video.

    Args:
        detected: The person in all of the video.
        part: The part of it that is used, and the camera.
        body: What the user knows of the person.
        scene: What the person can touch.
        control_fps: Frame rate of the subject's motion, 1/s.
        floor_m: Height of the floor in the camera's world, m. None: it is found.
        truth: The true motion from the part's first frame on, in the camera's world with the floor at z = 0.

    Raises:
        InputError: The person is seen too briefly, or a floor is given for a camera without a pose.
    """
    seen = _scale_to_height(part.keypoints, _turn_to_camera(detected.positions[part.frames], part), body.height_m)
    subject = build_subject_from_seen(seen, part.camera, body, scene, control_fps, floor_m=floor_m, truth=truth)
    return replace(subject, film=Film(detected.video, part.keypoints.first))


def _turn_to_camera(positions: Float[np.ndarray, "T 33 3"], part: SeenPart) -> Float[np.ndarray, "T 33 3"]:
    """Fill gaps in the detector's positions, and turn them to the camera's axes."""
    relative = interpolate_unseen(positions, frames_with_person(part.keypoints.confidence))
    return placement.turn_to_rays(relative, placement.rays_of_pixels(part.camera, part.keypoints.pixel))


def _scale_to_height(clip: KeypointClip, relative: Float[np.ndarray, "T 33 3"], height_m: float | None) -> SeenPerson:
    """Return the person at the given height, or at the height that the detector's positions have."""
    measured = _measure_height(clip, relative)
    if height_m is not None:
        return SeenPerson(clip, clip.names, relative * (height_m / measured), height_m)
    note = f"height: {measured:.2f} m, as the detector has it; give --height where it is known"
    return SeenPerson(clip.with_notes(note), clip.names, relative, measured)


def _measure_height(clip: KeypointClip, relative: Float[np.ndarray, "T 33 3"]) -> float:
    """Return the height of the person, m, from the lengths of the bones. They are the same along any axes."""
    positions, nose = joint_positions(clip.names, relative)
    motion = clip_of_joints(clip.name, clip.fps, positions, ahead=nose)
    return build_subject(motion, joint_maps.detect(motion), Body()).person.stature
