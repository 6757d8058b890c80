"""From a rough motion and what a camera saw to the motion that both show together: what the simulation then follows."""

import time
from dataclasses import replace

import numpy as np

from data.camera import CalibratedCamera
from data.clip import MotionClip
from data.rigs.joint_orientations import clip_of_joints
from diffphy.physics.scene import Scene
from diffphy.reconstruction import kinematic_fit
from diffphy.reconstruction.camera import Camera
from diffphy.reconstruction.kinematic_fit import Uncertainty
from diffphy.reconstruction.minimiser import Evaluate
from diffphy.reconstruction.observation import Detections
from optimus.minimise import Result, minimise
from pipelines.inputs.subject import Subject, observation

FIT_EVALUATIONS = 500


def most_likely(
    subject: Subject,
    seen: Detections,
    scene: Scene,
    truth: MotionClip | None = None,
    uncertainty: Uncertainty | None = None,
) -> Subject:
    """The subject with the motion that its rough clip and the keypoints show together.

    truth: the true motion, where it is known, to be compared with. uncertainty: of what is known; see `kinematic_fit`.
    """
    retargeted, observed = subject.retargeted, observation(replace(subject, detections=seen))
    found: list[Result] = []

    def minimiser(evaluate: Evaluate, x0: np.ndarray) -> Result:
        found.append(minimise(evaluate, x0, "lbfgs", max_evals=FIT_EVALUATIONS))
        return found[-1]

    started = time.perf_counter()
    fitted = kinematic_fit.fit_keyframes(
        subject.humanoid.astype(np.float32),
        scene.astype(np.float32),
        observed,
        subject.clip.fps,
        minimiser,
        uncertainty,
    )
    positions = np.asarray(fitted.joint_position, float)
    keys, of = retargeted.rig.keys, subject.clip
    fitted_joints = {keys[body]: positions[:, body] for body in subject.tracked}
    rough_joints = {keys[body]: of.positions[:, joint] for body, joint in subject.tracked.items()}
    moved = replace(
        retargeted, position=np.asarray(fitted.position, float), rotation=np.asarray(fitted.rotation, float)
    )
    return replace(
        subject,
        clip=clip_of_joints(of.name, of.fps, fitted_joints, notes=of.notes),
        retargeted=moved,
        detections=seen,
        standing=np.asarray(fitted.standing),
        truth=truth,
        rough=clip_of_joints(of.name, of.fps, rough_joints),
        evaluations=sum(each.evaluations for each in found),
        seconds=time.perf_counter() - started,
    )


def camera_of(model: CalibratedCamera) -> Camera:
    """As the physics has it, float32."""
    arrays = (model.rotation, model.translation, model.focal, model.principal, model.distortion)
    return Camera(*(np.asarray(array, np.float32) for array in arrays))
