"""A test: a recording as a made-up camera and detector see it. The result is compared with the recording itself.

The detector finds keypoints with errors, and a rough motion in space.
"""

import zlib
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from data.camera import CalibratedCamera
from data.datasets import human36m_cameras
from data.floor import CLEARANCE
from data.keypoints.clip import KeypointClip
from data.keypoints.synthetic_detections import Detector, detect_keypoints, rough_positions
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from data.rotations import from_wxyz
from diffphy.physics.scene import ground
from diffphy.reconstruction import camera as cameras
from diffphy.reconstruction.observation import Detections
from pipelines.config import Body, ThroughCamera
from pipelines.inputs.carried_joints import carry
from pipelines.inputs.film_findings import find_doubts
from pipelines.inputs.film_fit import fit_person
from pipelines.inputs.kinematic_fit import physics_camera, polish_motion
from pipelines.inputs.seen_by_camera import SeenPerson
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

FITTED = ("hip", "knee", "ankle", "toe", "shoulder", "elbow", "wrist")
"""Joints of our body for which the fit has points. The trunk carries the others."""
LASTING = 1.6  # times its errors is the sd of a joint of the rough motion: they last for some frames. Our choice
LEAST_M = 0.002  # nothing is measured more exactly


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
    rough = dict(zip(names, np.moveaxis(rough_positions(detector, truth, axis, clip.fps, rng), 1, 0), strict=True))
    seen = [name for name in KEYPOINTS if name in names]
    pixel, confidence = _detect(detector, camera, seen, truth[:, [names.index(name) for name in seen]], clip.fps, rng)
    keypoints = KeypointClip(clip.name, clip.fps, tuple(seen), pixel, confidence)
    person = _see(detector, camera, keypoints, rough)
    fitted = fit_person([person], body.height_m, clip.fps, floor_m=0.0)
    points = {name: place for name, place in fitted.joints()[0].items() if name in person.names}
    fitted_clip = clip_of_joints(clip.name, clip.fps, carry(rough, points), notes=clip.notes)
    fitted_clip = replace(fitted_clip, findings=(*clip.findings, *find_doubts(fitted)))
    subject = build_subject(fitted_clip, joint_maps.detect(fitted_clip), body, symmetric=True)
    detections = Detections(
        camera=physics_camera(fitted.seen[0].camera),
        pixel=pixel.astype(np.float32),
        confidence=confidence.astype(np.float32),
        offset=np.zeros((len(seen), 3), np.float32),
        body=tuple(subject.retargeted.rig.keys.index(name) for name in seen),
    )
    true_clip = clip_of_joints(clip.name, clip.fps, dict(zip(names, np.moveaxis(truth, 1, 0), strict=True)))
    polished = polish_motion(subject, (detections,), ground(), true_clip)
    return replace(polished, rough=clip_of_joints(clip.name, clip.fps, rough))


def _see(
    detector: Detector, camera: CalibratedCamera, keypoints: KeypointClip, rough: dict[str, Float[np.ndarray, "T 3"]]
) -> SeenPerson:
    """Return what the fit of films knows: the joints that it has points for."""
    limbs = [name for name in rough if name.rpartition("_")[2] in FITTED]
    columns = [keypoints.keypoint(name) for name in keypoints.names if name in limbs]
    in_camera = from_wxyz(camera.rotation).as_matrix() @ np.stack([rough[name] for name in limbs], axis=1)[..., None]
    in_camera = in_camera[..., 0] + camera.translation
    root = np.mean([in_camera[:, limbs.index(f"{side}_hip")] for side in _SIDES], axis=0)
    joint = max(LASTING * float(np.hypot(detector.joint_m, detector.shake_m)), LEAST_M)
    return SeenPerson(
        keypoints=replace(
            keypoints,
            names=tuple(keypoints.names[column] for column in columns),
            pixel=keypoints.pixel[:, columns],
            confidence=keypoints.confidence[:, columns],
        ),
        camera=camera,
        names=tuple(limbs),
        relative=in_camera - root[:, None],
        along=joint,
        aside=joint,
        pixel=max(detector.noise_px / float(camera.focal.mean()) * float(np.median(root[:, 2])), LEAST_M),
        root=root,
        root_along=max(detector.depth_m, LEAST_M),
        root_aside=max(detector.side_m, LEAST_M),
        sole_height=CLEARANCE["toe"],  # a joint, where detectors see the shoe
    )


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
