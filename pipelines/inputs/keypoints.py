"""From files or folders of keypoints, one for each camera, to the subject."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data import video
from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.formats import keypoints as files
from data.formats.keypoints import Everybody
from data.keypoints.clip import KeypointClip
from data.keypoints.footage import Footage, watch
from data.keypoints.people import Crop, box_around
from data.keypoints.rays import rays_of_pixels
from data.lifting import lifting
from data.video import Video
from diffphy.film.evidence import ADULTS
from diffphy.physics.scene import Scene
from pipelines import terminal
from pipelines.config import Body, RunConfig
from pipelines.inputs.agreeing_cameras import find_in_all, judge_agreement, poses_in
from pipelines.inputs.camera import build_cameras
from pipelines.inputs.recordings import SAME_RATE, by_recording, common_frames, crops_by_recording, recording_of
from pipelines.inputs.seen_by_camera import SeenPerson
from pipelines.inputs.seen_person import build_subject_from_seen
from pipelines.inputs.steady_view import find_vertical_in, judge_view
from pipelines.inputs.subject import Film, Subject
from pipelines.inputs.up_axis import stand_upright
from pipelines.inputs.visible_frames import SeenPart, take_seen_parts
from pipelines.scene import build_scene
from pipelines.stages import stage

SEEN_WELL = 0.8  # share of the keypoints that are found whose confidence is lower than that of one seen well
CHOOSE = "choose the person with --person or --crop NAME:LEFT,TOP,RIGHT,BOTTOM, or leave recordings out"
GUESSED = 0.2  # m: sd of the depth of a motion that was guessed from keypoints alone


def prepare_keypoints(recordings: Sequence[Path], config: RunConfig) -> Subject:
    """Return the person whose keypoints are in files or folders, and their most likely motion.

    Args:
        recordings: A file or folder for each camera.
        config: The configuration of the run.

    Raises:
        InputError: The keypoints, the cameras or the film cannot be used.
    """
    given = config.input
    if config.output.side_by_side and given.film is None:
        source = ", ".join(map(str, recordings))
        raise InputError(f"--side-by-side (output.side_by_side) needs the video of {source}: give it with --film")
    film = None if given.film is None else video.open_video(given.film, given.fps)
    if film is not None and given.fps is None:
        film, _ = video.at_true_rate(film, video.frame_times(film))
    filmed = None if given.film is None else recording_of(given.film, recordings)
    sizes = [
        film.size if film is not None and number == filmed else given.image_size for number in range(len(recordings))
    ]
    everybody = [
        files.read_everybody(
            path, fps=given.fps, default_fps=files.DEFAULT_FPS if film is None else film.fps, size=size
        )
        for path, size in zip(recordings, sizes, strict=True)
    ]
    cameras, note = build_cameras(config.camera, recordings, sizes)
    crops = crops_by_recording(given.crop, recordings)
    shifts = by_recording(given.shift or {}, recordings, "--shift")
    chosen, cameras = _choose_person(everybody, cameras, given.person, crops, shifts)
    if film is not None and filmed is not None:
        if filmed not in chosen:
            raise InputError(
                f"{recordings[filmed]} does not show the person whom the other cameras show: give the video of another "
                "recording, or none (--film)"
            )
        _require_same_recording(film, chosen[filmed], str(recordings[filmed]), given.image_size)
        filmed = list(chosen).index(filmed)
    clips = [clip.with_notes(note) for clip in chosen.values()]
    parts = stand_upright(take_seen_parts(clips, cameras, given.start_s, given.end_s), config.camera.up)
    watched = None if film is None or filmed is None else (filmed, _watch(film, parts[filmed], timed=given.fps is None))
    subject = build_subject_from_keypoints(
        parts,
        config.body,
        build_scene(config.scene),
        config.simulation.control_fps,
        floor_m=given.floor_m,
        watched=watched,
    )
    if film is None or filmed is None:
        return subject
    return replace(subject, film=Film(film, parts[filmed].keypoints.first, filmed))


def _watch(film: Video, part: SeenPart, *, timed: bool) -> Footage | None:
    """Return what the pictures of a film tell beside the keypoints that were found in them, and show the progress."""
    clip = part.keypoints
    people = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    frames = slice(clip.first, clip.first + clip.num_frames)
    with terminal.counting("looking at the film") as count, stage("scene"):
        return watch(film, frames, map(box_around, people), timed=timed, progress=count)


def _choose_person(
    everybody: Sequence[Everybody],
    cameras: Sequence[CalibratedCamera],
    person: int | None,
    crops: Sequence[Crop | None],
    shifts: Sequence[int | None],
) -> tuple[dict[int, KeypointClip], list[CalibratedCamera]]:
    """Return the keypoints of one person in the frames that all recordings have, by the number of the recording.

    Beside them, the cameras in these frames.
    The rays of several cameras tell who it is. Recordings that show somebody else are left out.
    """
    frames, notes = common_frames(everybody, shifts)
    if len(everybody) > 1:
        cameras = poses_in(frames, cameras, everybody)
    everybody = [each.take(common) for each, common in zip(everybody, frames, strict=True)]
    if len(everybody) == 1:
        return {0: everybody[0].one(person, crops[0])}, list(cameras)
    same = find_in_all(everybody, cameras, crops, person)
    chosen = {
        each.recording: everybody[each.recording].follow(
            each.numbers, each.exchanged, (*each.notes, *notes), each.findings
        )
        for each in judge_agreement(everybody, cameras, same, CHOOSE)
    }
    return chosen, [cameras[number] for number in chosen]


def build_subject_from_keypoints(
    parts: Sequence[SeenPart],
    body: Body,
    scene: Scene,
    control_fps: float,
    *,
    floor_m: float | None = None,
    truth: MotionClip | None = None,
    watched: tuple[int, Footage | None] | None = None,
) -> Subject:
    """Return the person that keypoints show. Poses of known people give a first guess of the motion in space.

    Args:
        parts: The keypoints and the camera of each recording, in the same frames.
        body: What the user knows of the person.
        scene: What the person can touch.
        control_fps: Frame rate of the subject's motion, 1/s.
        floor_m: Height of the floor in the cameras' world, m. None: it is found.
        truth: The true motion from the parts' first frame on, in the cameras' world with the floor at z = 0.
        watched: Which of the parts was filmed, and what the pictures tell, in its frames. None: there is no film.

    Raises:
        InputError: Keypoints that are needed are missing, or the person is seen too briefly.
    """
    started = time.perf_counter()
    seen = [guess_in_space(rescale_confidence(part.keypoints), part.camera, body.height_m) for part in parts]
    if watched is not None:
        filmed, footage = watched
        seen[filmed] = _look_at(footage, seen[filmed], parts[filmed])
    subject = build_subject_from_seen(seen, body, scene, control_fps, floor_m=floor_m, truth=truth)
    return replace(subject, seconds=time.perf_counter() - started)


def _look_at(footage: Footage | None, seen: SeenPerson, part: SeenPart) -> SeenPerson:
    """Return the person with what the pictures say of the camera. Without pictures nothing is said."""
    if footage is None:
        return seen
    clip = seen.keypoints
    with stage("scene"):
        findings = (*clip.findings, *judge_view(footage, clip, moves=part.camera.moves))
        return replace(seen, keypoints=replace(clip, findings=findings), vertical=find_vertical_in(footage, part))


def guess_in_space(clip: KeypointClip, camera: CalibratedCamera, height_m: float | None) -> SeenPerson:
    """Return the person with a motion in space that looks like the keypoints."""
    height = float(ADULTS.mean) if height_m is None else height_m
    up = _vertical(camera, clip.num_frames)
    with stage("lifting"):
        relative = lifting.lift(clip, rays_of_pixels(camera, clip.pixel), height, up)
    note = "in space: guessed from poses of the built-in motions"
    return SeenPerson(clip.with_notes(note), camera, lifting.LIFTED, relative, GUESSED)


def rescale_confidence(clip: KeypointClip) -> KeypointClip:
    """Return the keypoints with confidences up to 1.

    The fit takes 1 for a keypoint that is seen well, as MediaPipe gives it. Some detectors give 0.6.
    """
    found = clip.confidence[clip.confidence > 0]
    if not len(found):
        return clip
    return replace(clip, confidence=np.minimum(clip.confidence / np.quantile(found, SEEN_WELL), 1.0))


def _vertical(camera: CalibratedCamera, frames: int) -> Float[np.ndarray, "T 3"] | None:
    """Return the upward direction in the camera's axes in every frame. None if nobody said how the camera is held."""
    if not camera.has_pose:
        return None if camera.held.up is None else np.repeat(camera.held.up[None], frames, axis=0)
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
