"""From a video to the person who is simulated and the motion to follow."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from data import joint_maps, placement
from data.camera import CameraModel, from_field_of_view
from data.clip import MIN_FRAMES, InputError, MotionClip
from data.formats import cameras
from data.joint_orientations import clip_of_joints
from data.keypoint_clip import KeypointClip
from data.keypoint_joints import joints
from data.pose_detector import Detected, detect
from data.resample import lerp
from diffphy.landmarks import landmarks
from diffphy.observation import Detections
from pipelines import terminal
from pipelines.config import RunConfig
from pipelines.most_likely import camera_of, most_likely
from pipelines.scene import scene_of
from pipelines.subject import Film, Subject, subject_of

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts")
FOV_DEG = 60.0  # of a phone's video along its longer side, where nobody says: our choice
LONGEST_GAP_S = 0.5  # for which a motion goes on as before without being seen
GUESS = 0.1  # visibility below which a keypoint is a guess
_SIDES = ("left", "right")


def is_video(source: str | None) -> bool:
    """Whether the name is that of a video."""
    return source is not None and Path(source).suffix.lower() in SUFFIXES


def prepare_video(config: RunConfig) -> Subject:
    """The person in a video, and the most likely motion in a world that stands on the ground.

    Raises InputError where the video, the camera or what is seen cannot be used.
    """
    assert config.clip is not None
    given, started = config.input, time.perf_counter()
    with terminal.counting("looking for a person") as count:
        detected = detect(Path(config.clip), fps=given.fps, crop=given.crop, progress=count)
    lens, lens_note = lens_of(config, detected.video.size)
    seen, relative = _whole(_between(detected, given.start_s, given.end_s))
    relative = placement.turned_to_rays(relative, placement.normalised(lens, seen.pixel))
    estimated = _clip(seen, relative)
    if config.body.height_m is not None:
        own = subject_of(
            estimated, joint_maps.detect(estimated), config.body.model_copy(update={"height_m": None, "mesh": None})
        )
        relative = relative * (config.body.height_m / own.person.stature)
    root = placement.roots(lens, seen.pixel, seen.confidence, relative, seen.fps)
    world, camera = _in_world(lens, seen, relative + root[:, None])
    fps = config.simulation.control_fps
    seen, world = _at(seen, world, fps)
    if seen.num_frames < MIN_FRAMES:
        raise InputError(f"{config.clip} shows a person for less than two control frames: give a longer video")
    first = _clip(seen, world).with_notes(*seen.notes, lens_note, _stands(camera))
    subject = subject_of(first, joint_maps.detect(first), config.body, symmetric=True)
    bodies, offset, names = landmarks(subject.person, seen.names)
    taken = [seen.keypoint(name) for name in names]
    detections = Detections(
        camera=camera_of(camera),
        pixel=seen.pixel[:, taken].astype(np.float32),
        confidence=seen.confidence[:, taken].astype(np.float32),
        offset=offset.astype(np.float32),
        body=bodies,
    )
    subject = most_likely(subject, detections, scene_of(config))
    return replace(subject, seconds=time.perf_counter() - started, film=Film(detected.video, seen.first))


def lens_of(config: RunConfig, size: tuple[int, int]) -> tuple[CameraModel, str]:
    """The camera's lens, and a note on where it is from. Raises InputError where its file cannot be used."""
    given = config.camera
    if given.file is None:
        degrees = FOV_DEG if given.fov_deg is None else given.fov_deg
        said = "as given" if given.fov_deg is not None else "assumed; give --fov or --camera where it is known"
        return from_field_of_view(degrees, size), f"camera: field of view {degrees:g} degrees, {said}"
    camera = cameras.read(given.file, name=given.name)
    if camera.size is not None and camera.size != size:
        raise InputError(
            f"camera {camera.name} of {given.file} has pictures of {camera.size[0]} x {camera.size[1]} pixels, the "
            f"video of {size[0]} x {size[1]}: give the camera that took it"
        )
    return camera, f"camera: {camera.name} of {given.file}"


def _between(detected: Detected, start: float | None, end: float | None) -> Detected:
    clip = detected.keypoints
    first = 0 if start is None else round(start * clip.fps)
    last = clip.num_frames if end is None else round(end * clip.fps) + 1
    if not 0 <= first < min(last, clip.num_frames):
        raise InputError(f"{clip.name} lasts {clip.duration:.2f} s: give --start and --end within it, the start first")
    frames = slice(first, last)
    cut = replace(clip, pixel=clip.pixel[frames], confidence=clip.confidence[frames], first=first)
    return replace(detected, keypoints=cut, positions=detected.positions[frames])


def _whole(detected: Detected) -> tuple[KeypointClip, Float[np.ndarray, "T K 3"]]:
    """The longest time for which the person is seen without a long gap, and the gaps filled.

    Raises InputError where that is no motion.
    """
    clip = detected.keypoints
    found = np.isfinite(detected.positions[:, 0, 0])
    first, last = _longest(found, round(LONGEST_GAP_S * clip.fps))
    if last - first < MIN_FRAMES:
        raise InputError(f"nobody is seen for long enough in {clip.name}: give a video in which a person is seen whole")
    taken = np.arange(first, last)
    known = taken[found[first:last]]
    relative = lerp(known.astype(float), detected.positions[known], taken.astype(float))
    confidence = np.where(clip.confidence[taken] < GUESS, 0.0, clip.confidence[taken])
    notes = ()
    if last - first < len(found):
        notes = (f"frames {clip.first + first} to {clip.first + last - 1} of the video are taken",)
    pixel = lerp(known.astype(float), clip.pixel[known], taken.astype(float))
    cut = replace(clip, pixel=pixel, confidence=confidence, notes=clip.notes + notes, first=clip.first + first)
    return cut, relative


def _longest(found: Bool[np.ndarray, " T"], gap: int) -> tuple[int, int]:
    """First frame, and the one after the last, of the longest run in which no more than `gap` are missing at a time."""
    frames = np.flatnonzero(found)
    runs = np.split(frames, 1 + np.flatnonzero(np.diff(frames) > gap + 1))
    run = max(runs, key=len)
    return (int(run[0]), int(run[-1]) + 1) if len(run) else (0, 0)


def _clip(seen: KeypointClip, positions: Float[np.ndarray, "T K 3"]) -> MotionClip:
    """The motion of the joints; a camera's axes will do, since only bones are measured there."""
    ours, nose = joints(seen.names, positions)
    return clip_of_joints(seen.name, seen.fps, ours, ahead=nose)


def _in_world(
    lens: CameraModel, seen: KeypointClip, before_camera: Float[np.ndarray, "T K 3"]
) -> tuple[Float[np.ndarray, "T K 3"], CameraModel]:
    """Keypoints and camera in a world that stands on the ground, from keypoints in the camera's axes."""

    def of(part: str) -> np.ndarray:
        return before_camera[:, seen.keypoint(part)]

    feet = np.stack([of(f"{side}_{part}") for side in _SIDES for part in ("heel", "big_toe")], axis=1)
    middles = [(of(f"left_{part}") + of(f"right_{part}")) / 2 for part in ("ankle", "shoulder")]
    plane = placement.ground(feet, np.stack(middles, axis=1))
    hips = (of("left_hip") + of("right_hip")) / 2
    camera = placement.standing_on(lens, plane, hips.mean(axis=0))
    turn = Rotation.from_quat(camera.rotation, scalar_first=True).inv()
    flat = (before_camera - camera.translation).reshape(-1, 3)
    return turn.apply(flat).reshape(before_camera.shape), camera


def _at(
    seen: KeypointClip, world: Float[np.ndarray, "T K 3"], fps: float
) -> tuple[KeypointClip, Float[np.ndarray, "S K 3"]]:
    """Keypoints at another frame rate; those between a frame that has them and one that has not are not there."""
    given = np.arange(seen.num_frames) / seen.fps
    wanted = np.minimum(np.arange(int(np.floor(given[-1] * fps + 1e-6)) + 1) / fps, given[-1])
    pixel, places, confidence = (lerp(given, values, wanted) for values in (seen.pixel, world, seen.confidence))
    there = lerp(given, (seen.confidence > 0).astype(float), wanted) > 1 - 1e-6
    clip = replace(seen, fps=fps, pixel=pixel, confidence=np.where(there, confidence, 0.0))
    return clip, places


def _stands(camera: CameraModel) -> str:
    height = float(camera.center[2])
    ahead = Rotation.from_quat(camera.rotation, scalar_first=True).inv().apply([0.0, 0.0, 1.0])
    down = -np.degrees(np.arcsin(ahead[2]))
    return f"ground: found from the feet, {height:.2f} m below the camera, which looks down by {down:.0f} degrees"
