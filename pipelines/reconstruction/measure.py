"""metrics.json: how far the simulation is from the recording, and how plausible both are."""

from typing import Any

import numpy as np

from data.clip import MotionClip
from data.rigs.retarget import retarget_error
from diffphy.metrics import METRIC_DEFINITIONS, Image, mpjpe_2d, reference_metrics, result_metrics
from diffphy.reconstruction.camera import project
from diffphy.reconstruction.observation import Detections
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.motion_file import Motion, body_weight

_FOOT_POINTS = ("ankle", "toe")
_SIDES = ("left", "right")
OWN = ("tv", "jitter", "foot_skate_pct")  # what can be said of a motion of joints without another to compare it with
SEEN = 0.5  # confidence from which on a keypoint counts in the metrics


def measure(subject: Subject, motion: Motion) -> dict[str, Any]:
    """The metrics of a reconstruction at the control rate, against the input's own joints.

    `result`: of the simulation. `reference`: of the input itself; penetration and floating are those of the person's
    body in the retargeted poses, since joints have no surface. `retargeting`: of the retargeted motion, the error that
    no simulation could undo. `joints`: what was compared, and the mean error of each, mm. Where the motion was made
    from a rough one, the input is the true motion, `rough` is the rough one's, and `retargeting` that of the motion
    which was made, before any physics; `detections_2d_px` is how far the detections are from the truth.
    """
    bodies, inputs = motion["tracked_body"], motion["tracked_input_joint"]
    keys = subject.retargeted.rig.keys
    names = [keys[body] for body in bodies]
    recorded = motion["input_joint_position_world_m"][:, inputs].astype(float)
    common: dict[str, Any] = {"fps": subject.clip.fps, "feet": feet_of(names)}
    clearance = motion["contact_position_world_m"][..., 2]
    reference_clearance = motion["reference_contact_position_world_m"][..., 2]
    simulated = motion["body_position_world_m"][:, bodies].astype(float)
    retargeted = motion["reference_body_position_world_m"][:, bodies].astype(float)
    compare = {**common, "root": names.index(keys[0])}
    nowhere = motion["residual_force_N"].astype(float) / body_weight(motion)
    retargeting_error = retarget_error(subject.retargeted, subject.clip)
    error = joint_errors_mm(motion).mean(axis=0)
    return {
        "clip": subject.clip.name,
        "fps": subject.clip.fps,
        "frames": subject.clip.num_frames,
        "duration_s": subject.clip.duration,
        "result": result_metrics(
            simulated,
            recorded,
            clearance=clearance,
            residual_force=nowhere,
            image=_image(subject, motion["body_position_world_m"]),
            **compare,
        ),
        # Under a camera the body that is known is that of the motion which was made, not of the true one.
        "reference": reference_metrics(
            recorded, clearance=reference_clearance if subject.truth is None else None, **common
        ),
        "retargeting": result_metrics(
            retargeted,
            recorded,
            clearance=reference_clearance,
            image=_image(subject, motion["reference_body_position_world_m"]),
            **compare,
        ),
        **({} if subject.rough is None else {"rough": _rough(subject, subject.rough, recorded, compare)}),
        **_detections(subject),
        "joints": {
            name: {
                "input_joint": subject.retargeted.source_joint[body],
                "error_mm": float(error[index]),
                "retargeting_error_mm": retargeting_error[name],
            }
            for index, (name, body) in enumerate(zip(names, bodies, strict=True))
        },
        "person": {
            "height_m": subject.person.height,
            "mass_kg": subject.person.mass,
            "sex": subject.person.sex,
            "masses_from": subject.masses_from,
        },
        "input": list(subject.clip.notes),
        "definitions": {key: definition._asdict() for key, definition in METRIC_DEFINITIONS.items()},
    }


def _rough(subject: Subject, rough: MotionClip, recorded: np.ndarray, compare: dict[str, Any]) -> dict[str, Any]:
    """Metrics of the rough motion that the clip was made from; it has joints, and no body that could penetrate.

    Where nobody knows the truth, its distance from the motion that was made of it says nothing, and is left out.
    """
    positions = np.zeros((rough.num_frames, subject.humanoid.bodies, 3))
    for body, joint in subject.tracked.items():
        positions[:, body] = rough.positions[:, joint]
    metrics = result_metrics(positions[:, list(subject.tracked)], recorded, image=_image(subject, positions), **compare)
    return metrics if subject.truth is not None else {key: metrics[key] for key in (*OWN, "mpjpe_2d_px")}


def _image(subject: Subject, positions: np.ndarray) -> Image | None:
    """Bodies (F, B, 3) as the camera sees their joints, beside the true ones; None without a camera.

    Where nobody knows the true ones, beside those that were detected. Keypoints that are no joints are left out.
    """
    seen = subject.detections
    if seen is None:
        return None
    at_joint = _at_joint(seen)
    bodies = [seen.body[index] for index in at_joint]
    if subject.truth is None:
        there = np.asarray(seen.pixel)[:, at_joint]
    else:
        truth = subject.truth.positions[:, [subject.tracked[body] for body in bodies]]
        there = np.asarray(project(seen.camera, truth))
    pixel = np.asarray(project(seen.camera, positions[:, bodies]))
    return Image(pixel, there, np.asarray(seen.confidence)[:, at_joint] > SEEN)


def _detections(subject: Subject) -> dict[str, float]:
    """How far the detections are from the truth, pixels; nothing without a camera, or where nobody knows the truth."""
    seen = subject.detections
    image = None if seen is None else _image(subject, np.zeros((len(seen.pixel), subject.humanoid.bodies, 3)))
    if seen is None or image is None or subject.truth is None:
        return {}
    return {"detections_2d_px": mpjpe_2d(np.asarray(seen.pixel)[:, _at_joint(seen)], image.reference, image.visible)}


def _at_joint(seen: Detections) -> list[int]:
    """The keypoints that are joints of the body."""
    return [index for index, place in enumerate(np.asarray(seen.offset)) if not place.any()]


def joint_errors_mm(motion: Motion) -> np.ndarray:
    """Distance of each tracked joint from the input's in the world, mm (F, K)."""
    simulated = motion["body_position_world_m"][:, motion["tracked_body"]].astype(float)
    recorded = motion["input_joint_position_world_m"][:, motion["tracked_input_joint"]]
    return 1000.0 * np.linalg.norm(simulated - recorded, axis=-1)


def feet_of(names: list[str]) -> list[list[int]]:
    """Which of the tracked joints are each foot's: ankle and toe, where the input has them of both feet."""
    points = [point for point in _FOOT_POINTS if all(f"{side}_{point}" in names for side in _SIDES)]
    return [[names.index(f"{side}_{point}") for point in points] for side in _SIDES]
