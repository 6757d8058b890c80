"""From what a camera saw of a person to the subject: in the world, at the control rate, with the most likely motion."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from data.camera import CalibratedCamera
from data.clip import MIN_FRAMES, InputError, MotionClip
from data.keypoints import placement
from data.keypoints.clip import KeypointClip
from data.keypoints.joints import joint_positions
from data.resample import lerp, slerp
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from diffphy.body.landmarks import landmarks
from diffphy.physics.scene import Scene
from diffphy.reconstruction.kinematic_fit import Uncertainty
from diffphy.reconstruction.observation import Detections
from pipelines.config import Body
from pipelines.inputs.grounding import ground_points
from pipelines.inputs.kinematic_fit import fit_motion, physics_camera
from pipelines.inputs.subject import Subject, build_subject

_Positions = dict[str, Float[np.ndarray, "T 3"]]


@dataclass(frozen=True)
class SeenPerson:
    """A person in front of a camera: keypoints in the pictures, and a rough motion in space.

    Attributes:
        keypoints: The keypoints in the pictures.
        names: Names of the L points in space.
        relative: The points about the root, along the camera's axes, m.
        height: Height of the person, m: given, assumed, or measured on the points.
        uncertainty: How far the points may be wrong. The default suits a detector's own motion in space.
    """

    keypoints: KeypointClip
    names: tuple[str, ...]
    relative: Float[np.ndarray, "T L 3"]
    height: float
    uncertainty: Uncertainty = field(default_factory=Uncertainty)


def build_subject_from_seen(
    seen: SeenPerson,
    camera: CalibratedCamera,
    body: Body,
    scene: Scene,
    control_fps: float,
    *,
    floor_m: float | None = None,
    truth: MotionClip | None = None,
) -> Subject:
    """Return the person that was seen, and their most likely motion in a world that stands on the floor.

    Args:
        seen: The person.
        camera: The camera. If it moves, it has one pose for each frame. If its pose is not known, the motion gives it.
        body: What the user knows of the person.
        scene: What the person can touch.
        control_fps: Frame rate of the subject's motion, 1/s.
        floor_m: Height of the floor in the camera's world, m. None: it is found.
        truth: The true motion from the same frame on, in the camera's world with the floor at z = 0, for comparison.

    Raises:
        InputError: The person is seen too briefly, or a floor is given for a camera without a pose.
    """
    points = seen.relative + _place_root(seen, camera)[:, None]
    grounded = ground_points(seen.names, points, camera, height=seen.height, floor_m=floor_m)
    keypoints, points, camera = _resample(seen.keypoints, grounded.points, grounded.camera, control_fps)
    if keypoints.num_frames < MIN_FRAMES:
        raise InputError(f"{keypoints.name} shows a person for less than two control frames: give a longer recording")
    positions, nose = joint_positions(seen.names, points)
    true_positions = None if truth is None else _sample_truth(truth, keypoints)
    if true_positions is not None:
        positions = {joint: place for joint, place in positions.items() if joint in true_positions}
    notes = (*keypoints.notes, grounded.note)
    rough = clip_of_joints(keypoints.name, keypoints.fps, positions, ahead=nose, notes=notes)
    subject = build_subject(rough, joint_maps.detect(rough), body, symmetric=True)
    tracked = {subject.retargeted.rig.keys[each] for each in subject.tracked}
    true_clip = None
    if true_positions is not None:
        compared = {joint: true_positions[joint] for joint in positions if joint in tracked}
        true_clip = clip_of_joints(keypoints.name, keypoints.fps, compared)
    return fit_motion(subject, _build_detections(subject, keypoints, camera), scene, true_clip, seen.uncertainty)


def _place_root(seen: SeenPerson, camera: CalibratedCamera) -> Float[np.ndarray, "T 3"]:
    """Return where the root is in the camera's axes, m, from the points that are keypoints too."""
    common = [name for name in seen.names if name in seen.keypoints.names]
    in_space, in_pictures = ([names.index(name) for name in common] for names in (seen.names, seen.keypoints.names))
    return placement.find_roots(
        camera,
        seen.keypoints.pixel[:, in_pictures],
        seen.keypoints.confidence[:, in_pictures],
        seen.relative[:, in_space],
        seen.keypoints.fps,
    )


def _resample(
    keypoints: KeypointClip, points: Float[np.ndarray, "T L 3"], camera: CalibratedCamera, fps: float
) -> tuple[KeypointClip, Float[np.ndarray, "S L 3"], CalibratedCamera]:
    """Interpolate to another frame rate.

    Between a frame in which a keypoint was found and one in which it was not, it counts as not found.
    """
    given = np.arange(keypoints.num_frames) / keypoints.fps
    wanted = np.minimum(np.arange(int(np.floor(given[-1] * fps + 1e-6)) + 1) / fps, given[-1])
    found = lerp(given, (keypoints.confidence > 0).astype(float), wanted) > 1 - 1e-6
    resampled = replace(
        keypoints,
        fps=fps,
        pixel=lerp(given, keypoints.pixel, wanted),
        confidence=np.where(found, lerp(given, keypoints.confidence, wanted), 0.0),
    )
    if camera.moves:
        rotation = slerp(given, camera.rotation[:, None], wanted)[:, 0]
        camera = replace(camera, rotation=rotation, translation=lerp(given, camera.translation, wanted))
    return resampled, lerp(given, points, wanted), camera


def _sample_truth(truth: MotionClip, keypoints: KeypointClip) -> _Positions:
    """Return the true joint positions in the frames of the keypoints, m, by the keys of a joint map."""
    time = np.arange(keypoints.num_frames) / keypoints.fps
    last = (truth.num_frames - 1) / truth.fps
    if time[-1] > last + 0.5 / truth.fps:
        raise InputError(
            f"{keypoints.name} has keypoints for {time[-1]:.2f} s, but its true motion lasts {last:.2f} s: give both "
            "of one recording"
        )
    places = lerp(np.arange(truth.num_frames) / truth.fps, truth.positions, np.minimum(time, last))
    return {ours: places[:, truth.joint(name)] for ours, name in joint_maps.detect(truth).items()}


def _build_detections(subject: Subject, keypoints: KeypointClip, camera: CalibratedCamera) -> Detections:
    """Return the keypoints that have a place on our body, float32."""
    bodies, offset, names = landmarks(subject.person, keypoints.names)
    columns = [keypoints.keypoint(name) for name in names]
    return Detections(
        camera=physics_camera(camera),
        pixel=keypoints.pixel[:, columns].astype(np.float32),
        confidence=keypoints.confidence[:, columns].astype(np.float32),
        offset=offset.astype(np.float32),
        body=bodies,
    )
