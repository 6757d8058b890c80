"""metrics.json: how far the simulation is from the recording, and how plausible both are."""

from typing import Any, NamedTuple, TypedDict

import numpy as np
from jaxtyping import Float

from data.clip import MotionClip
from data.rigs.retarget import retarget_error
from diffphy.metrics import METRIC_DEFINITIONS, Image, mpjpe_2d, reference_metrics, result_metrics
from diffphy.reconstruction.camera import project
from diffphy.reconstruction.observation import Detections
from pipelines.inputs.subject import Subject, build_keyframes
from pipelines.reconstruction.judgements.judge import judge
from pipelines.reconstruction.judgements.result import Result
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.verdict import Verdict, verdict_on

_FOOT_POINTS = ("ankle", "toe")
_SIDES = ("left", "right")
OWN = ("tv", "jitter", "foot_skate_pct")
"""Metrics of a motion of joints that need no other motion to compare it with."""
COUNTS = 0.5
"""Confidence from which on a keypoint counts in the metrics."""

Figures = dict[str, float | None]
"""Metric -> value. None where the input does not allow it. `diffphy.metrics.METRIC_DEFINITIONS` says what each is."""


class JointError(TypedDict):
    """The mean error of one tracked joint.

    Attributes:
        input_joint: Name of the recording's joint that it is compared with.
        error_mm: Error of the simulation.
        retargeting_error_mm: Error of the retargeted motion.
    """

    input_joint: str
    error_mm: float
    retargeting_error_mm: float


class Person(TypedDict):
    """The simulated person.

    Attributes:
        height_m: Height.
        mass_kg: Mass.
        sex: "female", "male" or "average".
        masses_from: The table or the mesh that says how heavy each body is.
    """

    height_m: float
    mass_kg: float
    sex: str
    masses_from: str


class Cost(NamedTuple):
    """What a reconstruction took.

    Attributes:
        evaluations: Evaluations of a loss and its gradient, with those of the kinematic fit.
        window_evaluations: Evaluations for each window, mean.
        seconds: Time from the input to the motion.
        cpu_seconds: CPU time by stage: `stages.measured`.
    """

    evaluations: int
    window_evaluations: float
    seconds: float
    cpu_seconds: dict[str, float]


class _OfSomeMotions(TypedDict, total=False):
    rough: Figures
    detections_2d_px: float
    film_start_s: float


class Metrics(_OfSomeMotions):
    """The content of metrics.json.

    Attributes:
        clip: Name of the clip.
        fps: Control rate, Hz.
        frames: Number of control frames.
        duration_s: Duration.
        result: The simulation, compared with the recording.
        reference: The recording itself. Joints have no surface, so penetration and floating are those of the person's
            body in the retargeted poses.
        retargeting: The retargeted motion before any physics: the error that no simulation can undo.
        rough: The rough motion from which the clip was made. Absent if the clip was recorded in space.
        detections_2d_px: Mean distance of the detected keypoints from the true ones. Absent where nobody knows these.
        film_start_s: Time in the film at which the motion begins. Absent without a film.
        joints: What was compared, by the name of our joint.
        person: The simulated person.
        input: Notes on what was found in the recording.
        verdict: How far the result can be trusted, and why.
        definitions: What each metric means.
        evaluations: See `Cost`.
        window_evaluations: See `Cost`.
        seconds: See `Cost`.
        cpu_seconds: See `Cost`. Where something was drawn, also that of "drawing".
    """

    clip: str
    fps: float
    frames: int
    duration_s: float
    result: Figures
    reference: Figures
    retargeting: Figures
    joints: dict[str, JointError]
    person: Person
    input: list[str]
    verdict: Verdict
    definitions: dict[str, dict[str, Any]]
    evaluations: int
    window_evaluations: float
    seconds: float
    cpu_seconds: dict[str, float]


def measure(subject: Subject, motion: ReconstructedMotion, cost: Cost) -> Metrics:
    """Return the metrics of a reconstruction at the control rate, against the recording's own joints.

    If the clip was made from a rough motion, the recording is the true motion where it is known.
    """
    bodies = motion.tracked_body
    keys = subject.retargeted.rig.keys
    names = [keys[body] for body in bodies]
    recorded = motion.input_joint_position_world_m[:, motion.tracked_input_joint].astype(float)
    common: dict[str, Any] = {"fps": subject.clip.fps, "feet": find_feet(names)}
    clearance = motion.contact_position_world_m[..., 2]
    reference_clearance = motion.reference_contact_position_world_m[..., 2]
    simulated = motion.body_position_world_m[:, bodies].astype(float)
    retargeted = motion.reference_body_position_world_m[:, bodies].astype(float)
    compare = {**common, "root": names.index(keys[0])}
    return {
        "clip": subject.clip.name,
        "fps": subject.clip.fps,
        "frames": subject.clip.num_frames,
        "duration_s": subject.clip.duration,
        "result": result_metrics(
            simulated,
            recorded,
            clearance=clearance,
            residual_force=motion.residual_force_N.astype(float) / motion.body_weight,
            image=_image(subject, motion.body_position_world_m),
            **compare,
        ),
        # Under a camera we know the body of the motion that was made, not the body of the true motion.
        "reference": reference_metrics(
            recorded, clearance=reference_clearance if subject.truth is None else None, **common
        ),
        "retargeting": result_metrics(
            retargeted,
            recorded,
            clearance=reference_clearance,
            image=_image(subject, motion.reference_body_position_world_m),
            **compare,
        ),
        **_optional_part(subject, recorded, compare),
        **_film_part(subject),
        "joints": _joint_errors(subject, motion, names),
        "person": {
            "height_m": subject.person.stature,
            "mass_kg": subject.person.body_mass,
            "sex": subject.person.sex,
            "masses_from": subject.masses_from,
        },
        "input": list(subject.clip.notes),
        "verdict": verdict_on((*subject.clip.findings, *judge(_result(subject, motion)))),
        "definitions": {key: definition._asdict() for key, definition in METRIC_DEFINITIONS.items()},
        "evaluations": cost.evaluations,
        "window_evaluations": cost.window_evaluations,
        "seconds": cost.seconds,
        "cpu_seconds": cost.cpu_seconds,
    }


def _result(subject: Subject, motion: ReconstructedMotion) -> Result:
    by_camera = _is_seen_by_camera(subject)
    asked = build_keyframes(subject).forces
    return Result(subject.clip.name, motion, subject.person.stature, by_camera, subject.remedy, asked)


def _is_seen_by_camera(subject: Subject) -> bool:
    return len(subject.detections) > 0


def _joint_errors(subject: Subject, motion: ReconstructedMotion, names: list[str]) -> dict[str, JointError]:
    """Return the mean error of each tracked joint."""
    retargeting_error = retarget_error(subject.retargeted, subject.clip)
    sources = [subject.retargeted.source_joint[body] for body in motion.tracked_body]
    errors = motion.joint_errors_mm.mean(axis=0)
    return {
        name: {"input_joint": source, "error_mm": float(error), "retargeting_error_mm": retargeting_error[name]}
        for name, source, error in zip(names, sources, errors, strict=True)
    }


def _optional_part(subject: Subject, recorded: Float[np.ndarray, "F K 3"], compare: dict[str, Any]) -> _OfSomeMotions:
    """Return the metrics that only a clip made from a rough motion has."""
    part: _OfSomeMotions = {}
    if subject.rough is not None:
        part["rough"] = _rough_metrics(subject, subject.rough, recorded, compare)
    error = _detection_error_px(subject)
    if error is not None:
        part["detections_2d_px"] = error
    return part


def _film_part(subject: Subject) -> _OfSomeMotions:
    """Return what only a clip made from a film has."""
    return {} if subject.film is None else {"film_start_s": subject.film.first / subject.film.video.fps}


def _rough_metrics(
    subject: Subject, rough: MotionClip, recorded: Float[np.ndarray, "F K 3"], compare: dict[str, Any]
) -> Figures:
    """Return the metrics of the rough motion, which has joints, and no body that could penetrate the floor.

    Where nobody knows the truth, `recorded` was made from the rough motion. The distance between the two says nothing,
    so it is left out.
    """
    positions = np.zeros((rough.num_frames, subject.humanoid.bodies, 3))
    for body, joint in subject.tracked.items():
        positions[:, body] = rough.positions[:, joint]
    metrics = result_metrics(positions[:, list(subject.tracked)], recorded, image=_image(subject, positions), **compare)
    return metrics if subject.truth is not None else {key: metrics[key] for key in (*OWN, "mpjpe_2d_px")}


def _image(subject: Subject, positions: Float[np.ndarray, "F B 3"]) -> Image | None:
    """Return bodies as all cameras see their joints, beside the true joints. None without a camera.

    Where nobody knows the true joints, the detected ones take their place. Keypoints that are no joints are left out.
    """
    images = [_image_of_camera(subject, seen, positions) for seen in subject.detections]
    return Image(*(np.concatenate(part, axis=1) for part in zip(*images, strict=True))) if images else None


def _image_of_camera(subject: Subject, seen: Detections, positions: Float[np.ndarray, "F B 3"]) -> Image:
    at_joint = _keypoints_at_joints(seen)
    bodies = [seen.body[index] for index in at_joint]
    if subject.truth is None:
        wanted = np.asarray(seen.pixel)[:, at_joint]
    else:
        truth = subject.truth.positions[:, [subject.tracked[body] for body in bodies]]
        wanted = np.asarray(project(seen.camera, truth))
    pixel = np.asarray(project(seen.camera, positions[:, bodies]))
    return Image(pixel, wanted, np.asarray(seen.confidence)[:, at_joint] > COUNTS)


def _detection_error_px(subject: Subject) -> float | None:
    """Return the mean distance of the detections from the truth. None without a camera or a known truth."""
    image = _image(subject, np.zeros((subject.clip.num_frames, subject.humanoid.bodies, 3)))
    if image is None or subject.truth is None:
        return None
    detected = [np.asarray(seen.pixel)[:, _keypoints_at_joints(seen)] for seen in subject.detections]
    return mpjpe_2d(np.concatenate(detected, axis=1), image.reference, image.visible)


def _keypoints_at_joints(seen: Detections) -> list[int]:
    """Return the keypoints that are joints of the body."""
    return [index for index, offset in enumerate(np.asarray(seen.offset)) if not offset.any()]


def find_feet(names: list[str]) -> list[list[int]]:
    """Return the tracked joints of each foot: ankle and toe, where both feet have them."""
    points = [point for point in _FOOT_POINTS if all(f"{side}_{point}" in names for side in _SIDES)]
    return [[names.index(f"{side}_{point}") for point in points] for side in _SIDES]
