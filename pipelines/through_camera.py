"""A recording as a camera would have seen it: its keypoints with a detector's errors, and a rough motion in space.

The recording itself is then only what the result is compared with.
"""

import time
import zlib
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from data import joint_maps
from data.camera import CameraModel
from data.clip import MotionClip
from data.datasets import human36m_cameras
from data.joint_orientations import clip_of_joints
from data.synthetic_detections import Detector, keypoints, rough
from diffphy import camera as cameras
from diffphy import kinematic_fit
from diffphy.camera import Camera
from diffphy.initial_state import Evaluate
from diffphy.observation import Detections
from diffphy.scene import ground
from optimus.minimise import Result, minimise
from pipelines.config import RunConfig
from pipelines.subject import Subject, observation, subject_of

FIT_EVALUATIONS = 300
# Joints of our body that Human3.6M's set of 17 keypoints has too; here they are exactly where our body has them.
KEYPOINTS = (
    "pelvis",
    "upper_spine",
    "neck",
    *(
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    ),
)
_LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))


def seen_through(recorded: Subject, config: RunConfig) -> Subject:
    """The person as known from a camera alone, and the most likely motion; the recording is kept as the truth.

    The clip is moved to the middle of the room, in which floor and camera are known. What is outside of the picture is
    not found. Raises InputError for an unknown camera.
    """
    through = config.through
    assert through is not None
    fps = recorded.clip.fps
    rng = np.random.default_rng([config.seed, zlib.crc32(recorded.clip.name.encode())])
    drawn = (str(rng.choice(each)) for each in (human36m_cameras.SUBJECTS, human36m_cameras.NAMES))
    whose, which = (given or any_one for given, any_one in zip((through.subject, through.camera), drawn, strict=True))
    model = human36m_cameras.camera(whose, which)
    bodies = {recorded.retargeted.rig.keys[body]: joint for body, joint in recorded.tracked.items()}
    truth = recorded.clip.positions[:, list(bodies.values())]
    truth = truth - np.append(truth[:, 0, :2].mean(axis=0), 0.0)
    detector = Detector(**through.errors.model_dump())
    axis = Rotation.from_quat(model.rotation, scalar_first=True).inv().apply([0.0, 0.0, 1.0])
    estimated = rough(detector, truth, axis, fps, rng)

    first = _clip(recorded.clip, dict(zip(bodies, estimated.transpose(1, 0, 2), strict=True)))
    subject = subject_of(first, joint_maps.detect(first), config.body, symmetric=True)
    keys = subject.retargeted.rig.keys
    found = [key for key in KEYPOINTS if key in bodies]
    places = list(bodies)
    points = truth[:, [places.index(key) for key in found]]
    pixel = np.asarray(cameras.project(_camera(model), points), float)
    left, right = (
        [[found.index(f"{side}_{joint}") for joint in limb] for limb in _LIMBS] for side in ("left", "right")
    )
    pixel, confidence = keypoints(detector, pixel, list(zip(left, right, strict=True)), fps, rng)
    assert model.size is not None
    inside = ((pixel >= 0) & (pixel <= np.array(model.size) - 1)).all(axis=-1)
    confidence = confidence * inside * np.asarray(cameras.visible(_camera(model), points))
    seen = Detections(
        camera=_camera(model),
        pixel=pixel.astype(np.float32),
        confidence=confidence.astype(np.float32),
        offset=np.zeros((len(found), 3), np.float32),
        body=tuple(keys.index(key) for key in found),
    )
    return _most_likely(subject, seen, _clip(recorded.clip, dict(zip(bodies, truth.transpose(1, 0, 2), strict=True))))


def _most_likely(subject: Subject, seen: Detections, truth: MotionClip) -> Subject:
    """The subject with the motion that its rough clip and the keypoints show together."""
    retargeted, observed = subject.retargeted, observation(replace(subject, detections=seen))
    found: list[Result] = []

    def minimiser(evaluate: Evaluate, x0: np.ndarray) -> Result:
        found.append(minimise(evaluate, x0, "lbfgs", max_evals=FIT_EVALUATIONS))
        return found[-1]

    started = time.perf_counter()
    fitted = kinematic_fit.fit(
        subject.humanoid.astype(np.float32),
        ground().astype(np.float32),
        observed,
        subject.clip.fps,
        minimiser,
    )
    positions = np.asarray(fitted.joint_position, float)
    joints = {retargeted.rig.keys[body]: positions[:, body] for body in subject.tracked}
    clip = _clip(subject.clip, joints)
    moved = replace(
        retargeted, position=np.asarray(fitted.position, float), rotation=np.asarray(fitted.rotation, float)
    )
    return replace(
        subject,
        clip=clip,
        retargeted=moved,
        detections=seen,
        truth=truth,
        rough=subject.clip,
        evaluations=found[0].evaluations,
        seconds=time.perf_counter() - started,
    )


def _clip(of: MotionClip, joints: dict[str, np.ndarray]) -> MotionClip:
    return clip_of_joints(of.name, of.fps, joints, notes=of.notes)


def _camera(model: CameraModel) -> Camera:
    """As the physics has it, float32."""
    arrays = (model.rotation, model.translation, model.focal, model.principal, model.distortion)
    return Camera(*(np.asarray(array, np.float32) for array in arrays))
