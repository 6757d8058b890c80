"""From keypoints in the pictures of a camera to the person who is simulated and the motion to follow."""

import time
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from data import video
from data.camera import CalibratedCamera
from data.clip import MIN_FRAMES, InputError, MotionClip
from data.formats import keypoints as files
from data.keypoints import lifting, placement
from data.keypoints.clip import KeypointClip
from data.keypoints.joints import joint_positions
from data.resample import lerp, slerp
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from data.trajectories import format_spans, spans
from data.video import Video
from diffphy.body.anthropometry import ANKLE_HEIGHT
from diffphy.body.landmarks import landmarks
from diffphy.reconstruction.kinematic_fit import Uncertainty
from diffphy.reconstruction.observation import Detections
from pipelines.config import Body, RunConfig
from pipelines.inputs.camera import viewpoint
from pipelines.inputs.kinematic_fit import camera_of, most_likely
from pipelines.inputs.subject import Film, Subject, subject_of
from pipelines.scene import scene_of

LONGEST_GAP_S = 0.5  # for which a motion goes on as before without being seen
SAME_RATE = 0.02  # by which two frame rates may differ and be the same
GUESS = 0.1  # confidence below which a keypoint is a guess
HEIGHT = 1.70  # m: of a person of whom nothing is known but pictures
GUESSED = Uncertainty(joint=0.12, turn=1.0, root=0.5)  # of a motion that was guessed from keypoints alone
_SIDES = ("left", "right")


@dataclass(frozen=True)
class Seen:
    """What was seen of a person.

    keypoints: in the pictures. names, relative: L of them in space about a root (T, L, 3), m, along the camera's axes.
    """

    keypoints: KeypointClip
    names: tuple[str, ...]
    relative: Float[np.ndarray, "T L 3"]


def prepare_keypoints(config: RunConfig) -> Subject:
    """The person whose keypoints are in a file or folder, and the most likely motion.

    Raises InputError where the keypoints or the camera cannot be used.
    """
    assert config.clip is not None
    given = config.input
    film = None if given.film is None else video.open_video(given.film, given.fps)
    size = given.image_size if film is None else film.size
    seen = files.read(
        config.clip,
        fps=given.fps,
        default_fps=files.DEFAULT_FPS if film is None else film.fps,
        size=size,
        person=given.person,
        crop=given.crop,
    )
    if film is not None:
        _check_film(film, seen, config)
    camera, note = viewpoint(config.camera, size, config.clip)
    check_poses(camera, seen.num_frames)
    part = between(seen, given.start_s, given.end_s)
    seen, camera = taken(seen.with_notes(note), part), moved_in(camera, part)
    subject = subject_from_keypoints(config, seen, camera)
    if film is None:
        return subject
    return replace(subject, film=Film(film, seen.first + whole(in_picture(seen, camera.size)).start))


def _check_film(film: Video, seen: KeypointClip, config: RunConfig) -> None:
    """Raises InputError where the keypoints cannot be of this video."""
    given = config.input.image_size
    if given is not None and given != film.size:
        raise InputError(
            f"{film.path} has pictures of {film.size[0]} x {film.size[1]} pixels, not {given[0]} x {given[1]}: leave "
            "--image-size out"
        )
    if abs(seen.fps - film.fps) > SAME_RATE * film.fps:
        raise InputError(
            f"{config.clip} has {seen.fps:g} frames a second, {film.path} {film.fps:g}: give the video that they "
            "are of, or its rate with --fps"
        )
    if film.frames and seen.first + seen.num_frames > film.frames + 1:
        raise InputError(
            f"{config.clip} has keypoints up to frame {seen.first + seen.num_frames - 1}, {film.path} has "
            f"{film.frames} frames: give the video that they are of"
        )


def subject_from_keypoints(
    config: RunConfig, seen: KeypointClip, camera: CalibratedCamera, *, truth: MotionClip | None = None
) -> Subject:
    """The person that keypoints show, guessed in space from poses of people that are known.

    Args:
        config: what is known besides.
        seen: the keypoints.
        camera: its lens, and its pose in a Z-up world where it is known; one for each frame of `seen` if it moves.
        truth: the true motion from the same frame on, in the camera's world with the floor at z = 0, where it is known.

    Raises:
        InputError: the person is not seen for long enough, or not enough of them.
    """
    started = time.perf_counter()
    seen = in_picture(seen, camera.size)
    frames = whole(seen)
    keypoints, camera = taken(seen, frames), moved_in(camera, frames)
    height = HEIGHT if config.body.height_m is None else config.body.height_m
    relative = lifting.lift(
        keypoints,
        placement.rays_of_pixels(camera, keypoints.pixel),
        height,
        _up(camera, keypoints.num_frames) if camera.has_pose else None,
    )
    notes = ["in space: guessed from poses of the built-in motions"]
    if config.body.height_m is None:
        notes.append(f"height: {HEIGHT:g} m, assumed; give --height where it is known")
    guessed = Seen(keypoints.with_notes(*notes), lifting.LIFTED, relative)
    true = None if truth is None else truth.between(frames.start / seen.fps, None)
    subject = subject_of_seen(config, guessed, camera, truth=true, uncertainty=GUESSED)
    return replace(subject, seconds=time.perf_counter() - started)


def check_poses(camera: CalibratedCamera, frames: int) -> None:
    """Raises InputError where a camera that moves has not as many poses as there are frames."""
    if camera.moves and len(camera.rotation) != frames:
        raise InputError(
            f"camera {camera.name} has {len(camera.rotation)} poses for {frames} frames: give one for each frame"
        )


def moved_in(camera: CalibratedCamera, frames: slice) -> CalibratedCamera:
    """The camera in these frames."""
    if not camera.moves:
        return camera
    return replace(camera, rotation=camera.rotation[frames], translation=camera.translation[frames])


def subject_of_seen(
    config: RunConfig,
    seen: Seen,
    camera: CalibratedCamera,
    *,
    truth: MotionClip | None = None,
    uncertainty: Uncertainty | None = None,
) -> Subject:
    """The person that was seen, and the most likely motion in a world that stands on the ground.

    Where the camera's pose is not known, it is found with the ground from the motion.

    Args:
        config: what is known besides.
        seen: keypoints in every frame, and a rough motion in space.
        camera: its lens, and its pose in a Z-up world, where it is known.
        truth: see `subject_from_keypoints`.
        uncertainty: of what was seen; that of a detector's own motion in space if None.
    """
    if config.input.floor_m is not None and not camera.has_pose:
        raise InputError(
            "--floor (input.floor_m) is a height in the camera's world, of which nobody knows which way is up: give "
            "--camera-up too, or leave it out"
        )
    both = [name for name in seen.names if name in seen.keypoints.names]
    in_space, in_picture = ([names.index(name) for name in both] for names in (seen.names, seen.keypoints.names))
    root = placement.find_roots(
        camera,
        seen.keypoints.pixel[:, in_picture],
        seen.keypoints.confidence[:, in_picture],
        seen.relative[:, in_space],
        seen.keypoints.fps,
    )
    world, camera, note = _in_world(replace(seen, relative=seen.relative + root[:, None]), camera, config)
    world, camera = _at(world, camera, config.simulation.control_fps)
    keypoints = world.keypoints.with_notes(note)
    if keypoints.num_frames < MIN_FRAMES:
        raise InputError(f"{config.clip} shows a person for less than two control frames: give a longer recording")
    ours, nose = joint_positions(world.names, world.relative)
    known = None if truth is None else _joints_of(truth, keypoints)
    if known is not None:
        ours, known = ({joint: each[joint] for joint in ours if joint in known} for each in (ours, known))
    first = clip_of_joints(keypoints.name, keypoints.fps, ours, ahead=nose, notes=keypoints.notes)
    subject = subject_of(first, joint_maps.detect(first), config.body, symmetric=True)
    compared = {subject.retargeted.rig.keys[body] for body in subject.tracked}
    true = None if known is None else {joint: each for joint, each in known.items() if joint in compared}
    true = None if true is None else clip_of_joints(keypoints.name, keypoints.fps, true)
    return most_likely(subject, _detections(subject, keypoints, camera), scene_of(config), true, uncertainty)


def stature(seen: Seen) -> float:
    """Height of the person that was seen, m, as it follows from the bones."""
    ours, nose = joint_positions(seen.names, seen.relative)
    clip = clip_of_joints(seen.keypoints.name, seen.keypoints.fps, ours, ahead=nose)  # bones alone: any axes will do
    return subject_of(clip, joint_maps.detect(clip), Body()).person.stature


def between(clip: KeypointClip, start: float | None, end: float | None) -> slice:
    """The frames from `start` to `end`, s from the first one. Raises InputError where there are none."""
    first = 0 if start is None else round(start * clip.fps)
    last = clip.num_frames if end is None else round(end * clip.fps) + 1
    if not 0 <= first < last <= clip.num_frames:
        raise InputError(f"{clip.name} lasts {clip.duration:.2f} s: give --start and --end within it, the start first")
    return slice(first, last)


def whole(clip: KeypointClip) -> slice:
    """The longest time for which the person is seen without a long gap.

    Raises InputError where that is no motion.
    """
    found = np.flatnonzero(found_in(clip.confidence))
    runs = np.split(found, 1 + np.flatnonzero(np.diff(found) > round(LONGEST_GAP_S * clip.fps) + 1))
    longest = max(runs, key=len)
    if not len(longest) or longest[-1] + 1 - longest[0] < MIN_FRAMES:
        raise InputError(f"nobody is seen for long enough in {clip.name}: give a recording with a person seen whole")
    return slice(int(longest[0]), int(longest[-1]) + 1)


def taken(clip: KeypointClip, frames: slice) -> KeypointClip:
    """These frames of keypoints, a note where they are not all; guesses do not count, and gaps are filled.

    Raises InputError where nobody is in them.
    """
    confidence, pixel = clip.confidence[frames], clip.pixel[frames]
    if found_in(confidence).sum() < MIN_FRAMES:
        raise InputError(f"nobody is seen for long enough in {clip.name}: give a part in which a person is seen whole")
    pixel = filled(pixel, found_in(confidence))
    first = clip.first + frames.start
    notes = clip.notes
    if len(pixel) < clip.num_frames:
        notes += (f"frames {first} to {first + len(pixel) - 1} are taken",)
    confidence = np.where(confidence < GUESS, 0.0, confidence)
    return replace(clip, pixel=pixel, confidence=confidence, notes=notes, first=first)


def found_in(confidence: Float[np.ndarray, "T K"]) -> Bool[np.ndarray, " T"]:
    """The frames in which the person was found."""
    return (confidence >= GUESS).sum(axis=1) > 0


def filled(values: Float[np.ndarray, "T *dims"], known: Bool[np.ndarray, " T"]) -> Float[np.ndarray, "T *dims"]:
    """The values, those that are not known in between interpolated; the first and the last are."""
    frames = np.flatnonzero(known).astype(float)
    return lerp(frames, values[known], np.arange(len(values), dtype=float))


def in_picture(clip: KeypointClip, size: tuple[int, int] | None) -> KeypointClip:
    """The keypoints, those outside of the picture not found; a note where the feet are not seen."""
    inside = np.ones(clip.confidence.shape, bool)
    if size is not None:
        inside = ((clip.pixel >= -0.5) & (clip.pixel <= np.array(size) - 0.5)).all(axis=-1)
    clip = replace(clip, confidence=np.where(inside, clip.confidence, 0.0))
    ankles = [clip.names.index(f"{side}_ankle") for side in _SIDES if f"{side}_ankle" in clip.names]
    unseen = spans(found_in(clip.confidence) & ~found_in(clip.confidence[:, ankles]))
    if not unseen:
        return clip
    return clip.with_notes(
        f"neither foot is seen in frames {format_spans(unseen, clip.first)}: what they do is guessed"
    )


def _up(camera: CalibratedCamera, frames: int) -> Float[np.ndarray, "F 3"]:
    """The vertical in the camera's axes in every frame."""
    up = np.atleast_2d(Rotation.from_quat(camera.rotation, scalar_first=True).apply([0.0, 0.0, 1.0]))
    return up if camera.moves else np.repeat(up, frames, axis=0)


def _joints_of(truth: MotionClip, keypoints: KeypointClip) -> dict[str, Float[np.ndarray, "S 3"]]:
    """True positions by the keys of a joint map, in the frames of the keypoints."""
    time = np.arange(keypoints.num_frames) / keypoints.fps
    last = (truth.num_frames - 1) / truth.fps
    if time[-1] > last + 0.5 / truth.fps:
        raise InputError(
            f"{keypoints.name} has keypoints for {time[-1]:.2f} s, its true motion lasts {last:.2f} s: give both of "
            "one recording"
        )
    places = lerp(np.arange(truth.num_frames) / truth.fps, truth.positions, np.minimum(time, last))
    return {ours: places[:, truth.joint(name)] for ours, name in joint_maps.detect(truth).items()}


def _in_world(seen: Seen, camera: CalibratedCamera, config: RunConfig) -> tuple[Seen, CalibratedCamera, str]:
    """Points and camera in a world that stands on the ground, from points in the camera's axes; how it was found."""
    above = ANKLE_HEIGHT * (config.body.height_m or HEIGHT)
    parts, over = (("heel", "big_toe"), 0.0) if "left_heel" in seen.names else (("ankle",), above)

    def of(world: Float[np.ndarray, "T L 3"], *parts: str) -> Float[np.ndarray, "T K 3"]:
        return world[:, [seen.names.index(f"{side}_{part}") for side in _SIDES for part in parts]]

    before = seen.relative
    if camera.has_pose:
        world = _turned_back(before - camera.translation.reshape(-1, 1, 3), camera)
        given = config.input.floor_m
        height = placement.floor_height(of(world, *parts)) - over if given is None else given
        said = "as given" if given is not None else "found from the feet"
        world = world - [0.0, 0.0, height]
        return (
            replace(seen, relative=world),
            camera.shifted(-height),
            f"floor: {height:+.3f} m in the camera's world, {said}",
        )
    middles = [of(before, part).mean(axis=1) for part in ("ankle", "shoulder")]
    plane = placement.find_ground(of(before, *parts), np.stack(middles, axis=1))
    plane = replace(plane, offset=plane.offset - over)
    placed = placement.stand_camera_on(camera, plane, of(before, "hip").mean(axis=(0, 1)))
    return replace(seen, relative=_turned_back(before - placed.translation, placed)), placed, _stands(placed)


def _turned_back(points: Float[np.ndarray, "T L 3"], camera: CalibratedCamera) -> Float[np.ndarray, "T L 3"]:
    """From the camera's axes to the world's."""
    to_world = Rotation.from_quat(camera.rotation, scalar_first=True).inv().as_matrix()
    return np.einsum("...ij,...kj->...ki", to_world, points)


def _stands(camera: CalibratedCamera) -> str:
    height = float(camera.center[2])
    ahead = Rotation.from_quat(camera.rotation, scalar_first=True).inv().apply([0.0, 0.0, 1.0])
    up = float(np.degrees(np.arcsin(ahead[2])))
    looks = f"looks {'up' if up > 0 else 'down'} by {abs(up):.0f} degrees"
    return f"ground: found from the feet, {height:.2f} m below the camera, which {looks}"


def _at(seen: Seen, camera: CalibratedCamera, fps: float) -> tuple[Seen, CalibratedCamera]:
    """Both at another frame rate; keypoints between a frame that has them and one that has not are not there."""
    clip = seen.keypoints
    given = np.arange(clip.num_frames) / clip.fps
    wanted = np.minimum(np.arange(int(np.floor(given[-1] * fps + 1e-6)) + 1) / fps, given[-1])
    pixel, places, confidence = (lerp(given, values, wanted) for values in (clip.pixel, seen.relative, clip.confidence))
    there = lerp(given, (clip.confidence > 0).astype(float), wanted) > 1 - 1e-6
    clip = replace(clip, fps=fps, pixel=pixel, confidence=np.where(there, confidence, 0.0))
    if camera.moves:
        rotation = slerp(given, camera.rotation[:, None], wanted)[:, 0]
        camera = replace(camera, rotation=rotation, translation=lerp(given, camera.translation, wanted))
    return replace(seen, keypoints=clip, relative=places), camera


def _detections(subject: Subject, keypoints: KeypointClip, camera: CalibratedCamera) -> Detections:
    bodies, offset, names = landmarks(subject.person, keypoints.names)
    columns = [keypoints.keypoint(name) for name in names]
    return Detections(
        camera=camera_of(camera),
        pixel=keypoints.pixel[:, columns].astype(np.float32),
        confidence=keypoints.confidence[:, columns].astype(np.float32),
        offset=offset.astype(np.float32),
        body=bodies,
    )
