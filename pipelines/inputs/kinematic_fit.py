"""The most likely motion, given a rough motion and the keypoints of a camera. The simulation then follows it."""

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
from optimus.minimisation import Result, minimise
from pipelines.inputs.subject import Subject, build_keyframes

FIT_EVALUATIONS = 500


def fit_motion(
    subject: Subject,
    detections: Detections,
    scene: Scene,
    truth: MotionClip | None = None,
    uncertainty: Uncertainty | None = None,
) -> Subject:
    """Return the subject with the motion that its rough clip and the keypoints show together.

    Args:
        subject: The person, with the rough motion as the clip.
        detections: The keypoints that a camera saw.
        scene: What the person can touch.
        truth: The true motion, kept for comparison, where it is known.
        uncertainty: How far the rough motion and the keypoints may be wrong. None: the defaults.
    """
    started = time.perf_counter()
    results: list[Result] = []

    def minimise_and_count(evaluate: Evaluate, x0: np.ndarray) -> Result:
        results.append(minimise(evaluate, x0, "lbfgs", max_evals=FIT_EVALUATIONS))
        return results[-1]

    fitted = kinematic_fit.fit_keyframes(
        subject.humanoid.astype(np.float32),
        scene.astype(np.float32),
        build_keyframes(replace(subject, detections=detections)),
        subject.clip.fps,
        minimise_and_count,
        uncertainty,
    )
    positions = np.asarray(fitted.joint_position, float)
    keys, rough = subject.retargeted.rig.keys, subject.clip
    fitted_joints = {keys[body]: positions[:, body] for body in subject.tracked}
    rough_joints = {keys[body]: rough.positions[:, joint] for body, joint in subject.tracked.items()}
    return replace(
        subject,
        clip=clip_of_joints(rough.name, rough.fps, fitted_joints, notes=rough.notes),
        retargeted=replace(
            subject.retargeted,
            position=np.asarray(fitted.position, float),
            rotation=np.asarray(fitted.rotation, float),
        ),
        detections=detections,
        standing=np.asarray(fitted.standing),
        truth=truth,
        rough=clip_of_joints(rough.name, rough.fps, rough_joints),
        evaluations=sum(each.evaluations for each in results),
        seconds=time.perf_counter() - started,
    )


def physics_camera(camera: CalibratedCamera) -> Camera:
    """Return the camera as the losses take it, float32."""
    arrays = (camera.rotation, camera.translation, camera.focal, camera.principal, camera.distortion)
    return Camera(*(np.asarray(array, np.float32) for array in arrays))
