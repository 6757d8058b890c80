"""A motion of the person's body, given the points that were fitted to a film. The simulation then follows it."""

import time
from dataclasses import replace

import numpy as np

from data.camera import CalibratedCamera
from data.clip import MotionClip
from data.finding import grade
from data.rigs.joint_orientations import clip_of_joints
from diffphy.physics.scene import Scene
from diffphy.reconstruction import kinematic_fit
from diffphy.reconstruction.camera import Camera
from diffphy.reconstruction.minimiser import Evaluate
from diffphy.reconstruction.observation import Detections
from diffphy.recorded_forces import recorded_forces
from optimus.minimisation import Result, minimise
from pipelines.inputs.subject import Subject, build_keyframes, with_forces

EVALUATIONS = 80  # of loss and gradient in each round, at most
AWAY_MM = (50.0, 150.0)  # mean distance of the body's joints from the fitted points; our choice


def polish_motion(
    subject: Subject, detections: tuple[Detections, ...], scene: Scene, truth: MotionClip | None = None
) -> Subject:
    """Return the subject with a motion of its body that follows its clip, which was fitted to the keypoints already.

    Args:
        subject: The person, with the fitted points as the clip.
        detections: The keypoints that each camera saw: the simulation compares with them.
        scene: What the person can touch.
        truth: The true motion, kept for comparison, where it is known.
    """
    started = time.perf_counter()
    results: list[Result] = []

    def minimise_and_count(evaluate: Evaluate, x0: np.ndarray) -> Result:
        results.append(minimise(evaluate, x0, "lbfgs", max_evals=EVALUATIONS))
        return results[-1]

    fitted = kinematic_fit.fit_keyframes(
        subject.humanoid.astype(np.float32),
        scene.astype(np.float32),
        build_keyframes(subject),
        subject.clip.fps,
        minimise_and_count,
    )
    positions = np.asarray(fitted.joint_position, float)
    keys, rough = subject.retargeted.rig.keys, subject.clip
    fitted_joints = {keys[body]: positions[:, body] for body in subject.tracked}
    fitted_clip = clip_of_joints(rough.name, rough.fps, fitted_joints, notes=rough.notes)
    rough_joints = {keys[body]: rough.positions[:, joint] for body, joint in subject.tracked.items()}
    away = 1000 * float(np.mean([
        np.linalg.norm(fitted_joints[joint] - rough_joints[joint], axis=1).mean() for joint in fitted_joints
    ]))  # fmt: skip
    stiff = grade(
        "rigid bones", away, AWAY_MM, "mm on average",
        f"a body with rigid bones stays {away:.0f} mm away from the points that fit {rough.name}: {subject.remedy}",
    )  # fmt: skip
    found = replace(
        subject,
        clip=replace(fitted_clip, findings=(*rough.findings, stiff)),
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
    forces = recorded_forces(subject.humanoid.astype(np.float32), fitted.position, fitted.rotation, subject.clip.fps)
    return with_forces(found, forces.without_seat())  # A film does not know the places of hips and mass well enough.


def physics_camera(camera: CalibratedCamera) -> Camera:
    """Return the camera as the losses take it, float32."""
    arrays = (camera.rotation, camera.translation, camera.focal, camera.principal, camera.distortion)
    return Camera(*(np.asarray(array, np.float32) for array in arrays))
