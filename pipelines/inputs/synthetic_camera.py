"""A test: a recording as a made-up camera and detector see it. The result is compared with the recording itself.

The detector finds keypoints with errors, and a rough motion in space.
"""

import zlib

import numpy as np
from jaxtyping import Float

from data.camera import CalibratedCamera
from data.clip import MotionClip
from data.datasets import human36m_cameras
from data.keypoints.synthetic_detections import Detector, detect_keypoints, rough_positions
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from data.rotations import from_wxyz
from diffphy.physics.scene import ground
from diffphy.reconstruction import camera as cameras
from diffphy.reconstruction.observation import Detections
from pipelines.config import Body, ThroughCamera
from pipelines.inputs.kinematic_fit import fit_motion, physics_camera
from pipelines.inputs.subject import Subject, build_subject

_SIDES = ("left", "right")
_LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
# Joints of our body that Human3.6M's 17 keypoints have too; here they are exactly where our body has them.
KEYPOINTS = (
    "pelvis",
    "upper_spine",
    "neck",
    *(f"{side}_{joint}" for side in _SIDES for limb in _LIMBS for joint in limb),
)


def see_through_camera(recorded: Subject, through: ThroughCamera, body: Body, seed: int) -> Subject:
    """Return the person as a camera alone shows them, with the most likely motion. Its `truth` is the recording.

    The recording is moved to the middle of the room of Human3.6M, where floor and cameras are known. Keypoints outside
    the picture are not found.

    Args:
        recorded: The person of the recording.
        through: The camera, and the errors of the detector.
        body: What the user knows of the person.
        seed: Of the random numbers, together with the name of the clip.

    Raises:
        InputError: Human3.6M has no such camera.
    """
    clip = recorded.clip
    rng = np.random.default_rng([seed, zlib.crc32(clip.name.encode())])
    camera = _choose_camera(through, rng)
    detector = Detector(**through.errors.model_dump())
    joints = {recorded.retargeted.rig.keys[each]: joint for each, joint in recorded.tracked.items()}
    names = list(joints)
    truth = clip.positions[:, list(joints.values())]
    truth = truth - np.append(truth[:, 0, :2].mean(axis=0), 0.0)
    axis = from_wxyz(camera.rotation).inv().apply([0.0, 0.0, 1.0])
    rough_clip = _build_clip(clip, names, rough_positions(detector, truth, axis, clip.fps, rng))
    subject = build_subject(rough_clip, joint_maps.detect(rough_clip), body, symmetric=True)
    seen = [name for name in KEYPOINTS if name in names]
    pixel, confidence = _detect(detector, camera, seen, truth[:, [names.index(name) for name in seen]], clip.fps, rng)
    detections = Detections(
        camera=physics_camera(camera),
        pixel=pixel.astype(np.float32),
        confidence=confidence.astype(np.float32),
        offset=np.zeros((len(seen), 3), np.float32),
        body=tuple(subject.retargeted.rig.keys.index(name) for name in seen),
    )
    return fit_motion(subject, (detections,), ground(), _build_clip(clip, names, truth))


def _choose_camera(through: ThroughCamera, rng: np.random.Generator) -> CalibratedCamera:
    """Return the camera that the user names. What is not named is drawn at random."""
    subject, name = (str(rng.choice(each)) for each in (human36m_cameras.SUBJECTS, human36m_cameras.NAMES))
    return human36m_cameras.camera(through.subject or subject, through.camera or name)


def _detect(
    detector: Detector,
    camera: CalibratedCamera,
    names: list[str],
    points: Float[np.ndarray, "T K 3"],
    fps: float,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "T K 2"], Float[np.ndarray, "T K"]]:
    """Return where the detector finds points of the world, pixels, and their confidence."""
    model = physics_camera(camera)
    projected = np.asarray(cameras.project(model, points), float)
    left, right = ([[names.index(f"{side}_{joint}") for joint in limb] for limb in _LIMBS] for side in _SIDES)
    pixel, confidence = detect_keypoints(detector, projected, list(zip(left, right, strict=True)), fps, rng)
    inside = np.asarray(cameras.visible(model, points))
    if camera.size is not None:
        inside = inside & ((pixel >= 0) & (pixel <= np.array(camera.size) - 1)).all(axis=-1)
    return pixel, confidence * inside


def _build_clip(recorded: MotionClip, names: list[str], positions: Float[np.ndarray, "T J 3"]) -> MotionClip:
    joints = {name: positions[:, column] for column, name in enumerate(names)}
    return clip_of_joints(recorded.name, recorded.fps, joints, notes=recorded.notes)
