"""From the videos of one or several cameras to the subject."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.keypoints.blazepose import open_blazepose
from data.keypoints.detection import Detection, PoseDetector
from data.keypoints.people import Crop
from data.keypoints.pose_detector import DetectedPerson, SearchedVideo, detect, search, search_again
from data.keypoints.rays import rays_of_pixels, turn_to_rays
from data.video import Video, frame_times, open_video
from diffphy.physics.scene import Scene
from pipelines import terminal
from pipelines.config import Body, RunConfig
from pipelines.inputs.agreeing_cameras import boxes_around, find_in_all, judge_agreement, poses_in
from pipelines.inputs.camera import build_cameras
from pipelines.inputs.keypoints import guess_in_space
from pipelines.inputs.recordings import Recorded, by_recording, common_frames, crops_by_recording
from pipelines.inputs.seen_by_camera import SeenPerson
from pipelines.inputs.seen_person import build_subject_from_seen
from pipelines.inputs.steady_view import find_vertical_in, judge_view
from pipelines.inputs.subject import Film, Subject
from pipelines.inputs.up_axis import stand_upright
from pipelines.inputs.visible_frames import (
    SeenPart,
    frames_between,
    frames_with_person,
    interpolate_unseen,
    take_seen_parts,
)
from pipelines.scene import build_scene
from pipelines.stages import stage

AGAIN = 0.05  # of the frames: a film in which more do not show the person is searched again
CROP = "give the place of the person with --crop NAME:LEFT,TOP,RIGHT,BOTTOM, or leave films out"


def prepare_video(recordings: Sequence[Path], config: RunConfig) -> Subject:
    """Return the person in a video, or in the videos of several cameras, and their most likely motion.

    Args:
        recordings: The video file of each camera.
        config: The configuration of the run.

    Raises:
        InputError: A video or a camera cannot be used, or the person is seen too briefly.
    """
    started, given = time.perf_counter(), config.input
    films = [open_video(path, given.fps) for path in recordings]
    cameras, note = build_cameras(config.camera, recordings, [film.size for film in films])
    between, times = [_find_part(film, given.start_s, given.end_s) for film in films], (None, None)
    if any(camera.moves for camera in cameras):  # its poses are those of all frames
        between, times = [slice(None)] * len(films), (given.start_s, given.end_s)
    crops = crops_by_recording(given.crop, recordings)
    shifts = by_recording(given.shift or {}, recordings, "--shift")
    if len(recordings) == 1:
        detected, notes = [detect_person(recordings[0], given.fps, crops[0], between[0])], ()
    else:
        searched = [
            _search(path, given.fps, crop, part) for path, crop, part in zip(recordings, crops, between, strict=True)
        ]
        frames, notes = common_frames(searched, shifts)
        cameras = poses_in(frames, cameras, searched)
        searched = [each.take(common) for each, common in zip(searched, frames, strict=True)]
        detected, cameras = _follow_one_person(searched, cameras, crops)
    clips = [each.keypoints.with_notes(note, *notes) for each in detected]
    parts = stand_upright(take_seen_parts(clips, cameras, *times), config.camera.up)
    subject = build_subject_from_video(
        detected, parts, config.body, build_scene(config.scene), config.simulation.control_fps, floor_m=given.floor_m
    )
    return replace(subject, seconds=time.perf_counter() - started)


def _find_part(film: Video, start_s: float | None, end_s: float | None) -> slice:
    """Return the frames between two times, so that nobody is looked for in the others.

    Raises:
        InputError: The film has no such frames.
    """
    if start_s is None and end_s is None:
        return slice(None)
    name, length = film.path.stem, film.frames
    try:
        part = frames_between(name, film.fps, length, start_s, end_s)
    except InputError:  # files are often wrong about their length
        length = len(frame_times(film))
        part = frames_between(name, film.fps, length, start_s, end_s)
    return slice(part.start, None) if end_s is None else part


def _follow_one_person(
    searched: Sequence[SearchedVideo], cameras: Sequence[CalibratedCamera], crops: Sequence[Crop | None]
) -> tuple[list[DetectedPerson], list[CalibratedCamera]]:
    """Return one person in the films of several cameras, and those cameras that show the person.

    A detector follows whomever it finds first. Where its rays do not meet those of the other cameras, it is asked again
    in a box around the place where they see the person.
    """
    same, films = find_in_all(searched, cameras, crops), list(searched)
    missed = (same.known & ~same.meets).sum(axis=1)
    for number in np.flatnonzero(missed > AGAIN * same.known.sum()).tolist():
        films[number] = _search_again(films[number], cameras[number], same.points)
    same = find_in_all(films, cameras, crops)
    followed = judge_agreement(films, cameras, same, CROP)
    detected = [
        films[each.recording].follow(each.numbers, each.exchanged, each.notes, each.findings) for each in followed
    ]
    return detected, [cameras[each.recording] for each in followed]


def _search(path: Path, fps: float | None, crop: Crop | None, part: slice) -> SearchedVideo:
    """Look for people in a video, and show the progress. The arguments are those of `detect_person`."""
    with terminal.counting("looking for a person") as count, stage("scene"):
        found = search(path, fps=fps, crop=crop, part=part, progress=count, open_detector=_open_detector)
    _require_frames(found, part)
    return found


def _search_again(film: SearchedVideo, camera: CalibratedCamera, points: Float[np.ndarray, "T K 3"]) -> SearchedVideo:
    """Look for the person around the place where other cameras see them, and show the progress."""
    with terminal.counting("looking for the same person") as count, stage("scene"):
        boxes = boxes_around(camera, points)
        return search_again(film, boxes, progress=count, open_detector=_open_detector)


def detect_person(
    path: Path, fps: float | None = None, crop: Crop | None = None, part: slice = slice(None)
) -> DetectedPerson:
    """Find the person in a video, and show the progress.

    Args:
        path: The video file.
        fps: Frame rate in place of the file's own, 1/s.
        crop: Left, top, right, bottom, pixels: look only inside.
        part: The frames in which to look.

    Raises:
        InputError: The video cannot be read or has not all of these frames, nobody is found, or MediaPipe is not
            installed.
    """
    with terminal.counting("looking for a person") as count, stage("scene"):
        found = detect(path, fps=fps, crop=crop, part=part, progress=count, open_detector=_open_detector)
    _require_frames(found.keypoints, part)
    return found


def _require_frames(found: Recorded, part: slice) -> None:
    """Raise InputError for a film that has fewer frames than it says, and not all that are wanted."""
    end = found.first + found.num_frames
    if part.stop is not None and end < part.stop:
        frames_between(found.name, found.fps, end, None, (part.stop - 1) / found.fps)


@contextlib.contextmanager
def _open_detector() -> Iterator[PoseDetector]:
    """Yield a detector whose CPU time is that of a stage of its own."""
    with contextlib.ExitStack() as opened:
        with stage("detector"):
            detector = opened.enter_context(open_blazepose())
        yield _TimedDetector(detector)


class _TimedDetector:
    def __init__(self, detector: PoseDetector) -> None:
        self.keypoint_set = detector.keypoint_set
        self._detector = detector

    def find(self, picture: UInt8[np.ndarray, "height width 3"]) -> Detection | None:
        with stage("detector"):
            return self._detector.find(picture)


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
    return replace(subject, film=Film(detected[0].footage.video, parts[0].keypoints.first))


def _see(detected: DetectedPerson, part: SeenPart, height_m: float | None) -> SeenPerson:
    """Return the person as a camera sees them. A detector without depth leaves it to poses of known people."""
    with stage("scene"):
        footage = detected.footage.take(part.frames)
        findings = (*part.keypoints.findings, *judge_view(footage, part.keypoints, moves=part.camera.moves))
        keypoints = replace(part.keypoints, findings=findings)
        vertical = find_vertical_in(footage, part)
    if np.isnan(detected.positions).all():
        return replace(guess_in_space(keypoints, part.camera, height_m), vertical=vertical)
    relative = _turn_to_camera(detected.positions[part.frames], part)
    return SeenPerson(keypoints, part.camera, keypoints.names, relative, vertical=vertical)


def _turn_to_camera(positions: Float[np.ndarray, "T 33 3"], part: SeenPart) -> Float[np.ndarray, "T 33 3"]:
    """Fill gaps in the detector's positions, and turn them to the camera's axes."""
    relative = interpolate_unseen(positions, frames_with_person(part.keypoints.confidence))
    return turn_to_rays(relative, rays_of_pixels(part.camera, part.keypoints.pixel))
