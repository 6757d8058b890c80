"""From a file or folder of keypoints to the subject."""

import time
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data import video
from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.formats import keypoints as files
from data.keypoints.clip import KeypointClip
from data.keypoints.rays import rays_of_pixels
from data.lifting import lifting
from data.video import Video
from diffphy.film.evidence import ADULTS
from diffphy.physics.scene import Scene
from pipelines.config import Body, RunConfig
from pipelines.inputs.camera import build_camera
from pipelines.inputs.film_fit import SeenPerson
from pipelines.inputs.seen_person import build_subject_from_seen
from pipelines.inputs.subject import Film, Subject
from pipelines.inputs.visible_frames import SeenPart, take_seen_part
from pipelines.scene import build_scene

SAME_RATE = 0.02  # two frame rates that differ by less than this share count as equal
GUESSED = 0.2  # m: sd of the depth of a motion that was guessed from keypoints alone


def prepare_keypoints(source: str, config: RunConfig) -> Subject:
    """Return the person whose keypoints are in a file or folder, and their most likely motion.

    Args:
        source: The file or folder.
        config: The configuration of the run.

    Raises:
        InputError: The keypoints, the camera or the film cannot be used.
    """
    given = config.input
    if config.output.side_by_side and given.film is None:
        raise InputError(f"--side-by-side (output.side_by_side) needs the video of {source}: give it with --film")
    film = None if given.film is None else video.open_video(given.film, given.fps)
    size = given.image_size if film is None else film.size
    clip = files.read(
        source,
        fps=given.fps,
        default_fps=files.DEFAULT_FPS if film is None else film.fps,
        size=size,
        person=given.person,
        crop=given.crop,
    )
    if film is not None:
        _require_same_recording(film, clip, source, given.image_size)
    camera, note = build_camera(config.camera, size, source)
    part = take_seen_part(clip.with_notes(note), camera, given.start_s, given.end_s)
    subject = build_subject_from_keypoints(
        part, config.body, build_scene(config.scene), config.simulation.control_fps, floor_m=given.floor_m
    )
    return subject if film is None else replace(subject, film=Film(film, part.keypoints.first))


def build_subject_from_keypoints(
    part: SeenPart,
    body: Body,
    scene: Scene,
    control_fps: float,
    *,
    floor_m: float | None = None,
    truth: MotionClip | None = None,
) -> Subject:
    """Return the person that keypoints show. Poses of known people give a first guess of the motion in space.

    Args:
        part: The keypoints and their camera.
        body: What the user knows of the person.
        scene: What the person can touch.
        control_fps: Frame rate of the subject's motion, 1/s.
        floor_m: Height of the floor in the camera's world, m. None: it is found.
        truth: The true motion from the part's first frame on, in the camera's world with the floor at z = 0.

    Raises:
        InputError: Keypoints that are needed are missing, or the person is seen too briefly.
    """
    started = time.perf_counter()
    seen = _guess_in_space(part.keypoints, part.camera, body.height_m)
    subject = build_subject_from_seen(seen, part.camera, body, scene, control_fps, floor_m=floor_m, truth=truth)
    return replace(subject, seconds=time.perf_counter() - started)


def _guess_in_space(clip: KeypointClip, camera: CalibratedCamera, height_m: float | None) -> SeenPerson:
    """Return the person with a motion in space that looks like the keypoints."""
    height = float(ADULTS.mean) if height_m is None else height_m
    up = _vertical(camera, clip.num_frames) if camera.has_pose else None
    relative = lifting.lift(clip, rays_of_pixels(camera, clip.pixel), height, up)
    note = "in space: guessed from poses of the built-in motions"
    return SeenPerson(clip.with_notes(note), lifting.LIFTED, relative, GUESSED)


def _vertical(camera: CalibratedCamera, frames: int) -> Float[np.ndarray, "T 3"]:
    """Return the upward direction in the camera's axes in every frame."""
    up = np.atleast_2d(Rotation.from_quat(camera.rotation, scalar_first=True).apply([0.0, 0.0, 1.0]))
    return up if camera.moves else np.repeat(up, frames, axis=0)


def _require_same_recording(film: Video, clip: KeypointClip, source: str, size: tuple[int, int] | None) -> None:
    """Check that the keypoints can be those of a video.

    Args:
        film: The video.
        clip: The keypoints.
        source: Name of the keypoints' file in messages.
        size: Width and height of the pictures as the user gave them, pixels.

    Raises:
        InputError: Size, frame rate or number of frames differ.
    """
    if size is not None and size != film.size:
        raise InputError(
            f"{film.path} has pictures of {film.size[0]} x {film.size[1]} pixels, not {size[0]} x {size[1]}: leave "
            "--image-size out"
        )
    if abs(clip.fps - film.fps) > SAME_RATE * film.fps:
        raise InputError(
            f"{source} has {clip.fps:g} frames a second, {film.path} has {film.fps:g}: give the video of these "
            "keypoints, or its rate with --fps"
        )
    if film.frames and clip.first + clip.num_frames > film.frames + 1:
        raise InputError(
            f"{source} has keypoints up to frame {clip.first + clip.num_frames - 1}, but {film.path} has only "
            f"{film.frames} frames: give the video of these keypoints"
        )
