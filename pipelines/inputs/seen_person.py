"""From what cameras saw of a person to the subject: in the world, at the control rate, with the most likely motion."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from data.clip import InputError, MotionClip
from data.finding import Finding, assume
from data.keypoints.clip import KeypointClip
from data.resample import lerp
from data.rigs import joint_maps
from data.rigs.joint_orientations import clip_of_joints
from diffphy.body.landmarks import landmarks
from diffphy.physics.scene import Scene
from diffphy.reconstruction.observation import Detections
from pipelines.config import Body
from pipelines.inputs.film_findings import find_doubts
from pipelines.inputs.film_fit import fit_person
from pipelines.inputs.film_notes import describe_fit
from pipelines.inputs.film_remedies import improve_result
from pipelines.inputs.kinematic_fit import physics_camera, polish_motion
from pipelines.inputs.seen_by_camera import SeenPerson
from pipelines.inputs.subject import Subject, build_subject
from pipelines.stages import stage

_Positions = dict[str, Float[np.ndarray, "T 3"]]


def build_subject_from_seen(
    seen: Sequence[SeenPerson],
    body: Body,
    scene: Scene,
    control_fps: float,
    *,
    floor_m: float | None = None,
    truth: MotionClip | None = None,
) -> Subject:
    """Return the person that was seen, and their most likely motion in a world that stands on the floor.

    Args:
        seen: The person as each camera sees them, in the same frames. Several cameras have poses in one world.
        body: What the user knows of the person.
        scene: What the person can touch.
        control_fps: Frame rate of the subject's motion, 1/s.
        floor_m: Height of the floor in the cameras' world, m. None: it is found.
        truth: The true motion from the same frame on, in the cameras' world with the floor at z = 0, for comparison.

    Raises:
        InputError: The person is seen too briefly, or a floor is given for a camera without a pose.
    """
    with stage("film_fit"):
        fitted = fit_person(seen, body.height_m, control_fps, floor_m)
    keypoints = fitted.seen[0].keypoints
    positions, nose = fitted.joints()
    true_positions = None if truth is None else _sample_truth(truth, keypoints)
    compared = tuple(positions) if true_positions is None else tuple(true_positions)
    positions = {joint: place for joint, place in positions.items() if joint in compared}
    notes = (*_notes_of_all(fitted.seen), *describe_fit(fitted, floor_m))
    clip = clip_of_joints(fitted.name, keypoints.fps, positions, ahead=nose, notes=notes)
    findings = (finding for each in seen for finding in each.keypoints.findings)
    clip = replace(clip, findings=(*findings, *find_doubts(fitted), *_unknown_objects(scene)))
    if body.height_m is None and body.mesh is None:
        body = body.model_copy(update={"height_m": fitted.height_m})
    subject = build_subject(clip, joint_maps.detect(clip), body, symmetric=True)
    subject = replace(subject, remedy=improve_result(fitted))
    tracked = {subject.retargeted.rig.keys[each] for each in subject.tracked}
    true_clip = None
    if true_positions is not None:
        compared = {joint: true_positions[joint] for joint in positions if joint in tracked}
        true_clip = clip_of_joints(fitted.name, keypoints.fps, compared)
    detections = tuple(_build_detections(subject, each) for each in fitted.seen)
    with stage("kinematic_fit"):
        return polish_motion(subject, detections, scene, true_clip)


def _unknown_objects(scene: Scene) -> tuple[Finding, ...]:
    """Return the finding that the fit has taken everybody to stand on the floor, where there is more to stand on."""
    number = len(scene.plane_offset) - 1 + len(scene.box_position) + len(scene.sphere_radius)
    if not number:
        return ()
    return (
        assume(
            "objects",
            f"{number} left out of the fit",
            f"that feet stand on the floor only: the fit of a film does not know the {number} other objects of the "
            "scene, which the body and its simulation touch",
        ),
    )


def _notes_of_all(seen: Sequence[SeenPerson]) -> tuple[str, ...]:
    """Return the notes on the keypoints, which name the recording where there are several. None is repeated."""
    if len(seen) == 1:
        return seen[0].keypoints.notes
    said = [note for each in seen for note in each.keypoints.notes]
    named = [
        note if said.count(note) == len(seen) else f"{each.keypoints.name}: {note}"
        for each in seen
        for note in each.keypoints.notes
    ]
    return tuple(dict.fromkeys(named))


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


def _build_detections(subject: Subject, seen: SeenPerson) -> Detections:
    """Return the keypoints that have a place on our body, float32."""
    keypoints = seen.keypoints
    bodies, offset, names = landmarks(subject.person, keypoints.names)
    columns = [keypoints.keypoint(name) for name in names]
    return Detections(
        camera=physics_camera(seen.camera),
        pixel=keypoints.pixel[:, columns].astype(np.float32),
        confidence=keypoints.confidence[:, columns].astype(np.float32),
        offset=offset.astype(np.float32),
        body=bodies,
    )
