"""A recording as a camera would have seen it: its keypoints with a detector's errors, and a rough motion in space.

The recording itself is then only what the result is compared with.
"""

import zlib

import numpy as np
from scipy.spatial.transform import Rotation

from data.clip import MotionClip
from data.datasets import human36m_cameras
from data.keypoints.synthetic_detections import Detector, detect_keypoints, rough_positions
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from diffphy.physics.scene import ground
from diffphy.reconstruction import camera as cameras
from diffphy.reconstruction.observation import Detections
from pipelines.config import RunConfig
from pipelines.inputs.kinematic_fit import camera_of, most_likely
from pipelines.inputs.subject import Subject, subject_of

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
    estimated = rough_positions(detector, truth, axis, fps, rng)

    first = _clip(recorded.clip, dict(zip(bodies, estimated.transpose(1, 0, 2), strict=True)))
    subject = subject_of(first, joint_maps.detect(first), config.body, symmetric=True)
    keys = subject.retargeted.rig.keys
    found = [key for key in KEYPOINTS if key in bodies]
    places = list(bodies)
    points = truth[:, [places.index(key) for key in found]]
    pixel = np.asarray(cameras.project(camera_of(model), points), float)
    left, right = (
        [[found.index(f"{side}_{joint}") for joint in limb] for limb in _LIMBS] for side in ("left", "right")
    )
    pixel, confidence = detect_keypoints(detector, pixel, list(zip(left, right, strict=True)), fps, rng)
    assert model.size is not None
    inside = ((pixel >= 0) & (pixel <= np.array(model.size) - 1)).all(axis=-1)
    confidence = confidence * inside * np.asarray(cameras.visible(camera_of(model), points))
    seen = Detections(
        camera=camera_of(model),
        pixel=pixel.astype(np.float32),
        confidence=confidence.astype(np.float32),
        offset=np.zeros((len(found), 3), np.float32),
        body=tuple(keys.index(key) for key in found),
    )
    known = _clip(recorded.clip, dict(zip(bodies, truth.transpose(1, 0, 2), strict=True)))
    return most_likely(subject, seen, ground(), known)


def _clip(of: MotionClip, joints: dict[str, np.ndarray]) -> MotionClip:
    return clip_of_joints(of.name, of.fps, joints, notes=of.notes)
