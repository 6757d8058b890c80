"""From a recorded motion in space to the subject."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data import formats
from data.clip import MIN_FRAMES, InputError, MotionClip
from data.finding import Finding, assume
from data.floor import estimate_floor
from data.plausibility.judge import judged
from data.resample import resample
from data.rigs import joint_maps
from data.treadmill import belt_velocity, judge_belt, over_the_belt
from pipelines import terminal
from pipelines.config import Input, RunConfig
from pipelines.inputs.standing import stand_subject
from pipelines.inputs.subject import Subject, build_subject, with_forces
from pipelines.inputs.synthetic_camera import see_through_camera

FAR_FLOOR_M = 0.5  # warn of a given floor that is farther from where the body rests: no estimate errs by so much


@dataclass(frozen=True)
class Recording:
    """A recorded motion that stands on the floor z = 0.

    Attributes:
        clip: The motion.
        joint_map: The clip's joint names by our names.
        floor_m: Height of the floor in the world of the file, m.
        belt_m_per_s: Velocity of the treadmill over which the clip is seen, in the world of the file. None: there is
            none.
        findings: What makes the treadmill a good or a doubtful one.
    """

    clip: MotionClip
    joint_map: dict[str, str]
    floor_m: float
    belt_m_per_s: Float[np.ndarray, "2"] | None = None
    findings: tuple[Finding, ...] = ()


def prepare_mocap(source: str, config: RunConfig) -> Subject:
    """Return the person of a motion file, and the motion to follow.

    Args:
        source: The file, or a built-in motion such as "builtin:walk".
        config: The configuration of the run.

    Raises:
        InputError: The file cannot be read, or its motion cannot be used.
    """
    clip = read_clip(source, config.input)
    return prepare_recording(put_on_floor(clip, config.input), config)


def read_clip(source: str, given: Input) -> MotionClip:
    """Return the motion as its file has it.

    Args:
        source: The file, or a built-in motion such as "builtin:walk".
        given: How to read it.

    Raises:
        InputError: The file cannot be read.
    """
    return formats.read(
        source,
        up_axis=given.up_axis,
        unit=given.unit,
        fps=given.fps,
        asf=given.asf,
        body_model=given.body_model,
        sequence=given.sequence,
    )


def put_on_floor(clip: MotionClip, given: Input) -> Recording:
    """Move a motion so that its floor is at z = 0, and rests. Warn of a given floor on which the body cannot stand.

    Whoever is on a treadmill is seen from its belt: there the standing feet rest, and the forces are the same. The part
    that is used tells the belt.

    Args:
        clip: The motion as its file has it.
        given: The user's joint map, the part that is used, and the height of the floor in the clip's world. Without it,
            the floor is where the body's lowest point rests.

    Raises:
        InputError: The clip lacks joints that are needed, the joint map cannot be read, the part does not lie in the
            clip, or the whole body is below the floor.
    """
    joint_map = joint_maps.detect(clip, None if given.joint_map is None else joint_maps.read(given.joint_map))
    part = clip.between(given.start_s, given.end_s)
    belt, findings = belt_velocity(part, joint_map), ()
    if belt is not None:
        findings = (judge_belt(part, joint_map, belt),)
        speed = float(np.linalg.norm(belt))
        said = f"treadmill: its belt goes at {speed:.2f} m/s, and the motion is shown as it is seen from there"
        clip = over_the_belt(clip, belt).with_notes(said)
    found, note = estimate_floor(clip, joint_map)
    floor_m = found if given.floor_m is None else given.floor_m
    if given.floor_m is not None:
        note = f"floor: {floor_m:+.3f} m, as given"
        if abs(floor_m - found) > FAR_FLOOR_M:
            where = f"{abs(floor_m - found):.2f} m {'above' if floor_m > found else 'below'} where the body rests"
            if floor_m > clip.positions[..., 2].max():
                raise InputError(
                    f"the given floor, {floor_m:g} m, is above the whole body, {where}: "
                    "give it in metres, after scaling"
                )
            terminal.warn(f"the given floor, {floor_m:g} m, is {where}: give it in metres, after scaling")
    moved = clip.shifted(-floor_m)
    # Measured on the positions, whose rounding it then shares: a camera that is moved by it sees the same pictures.
    moved_by = float((clip.positions - moved.positions)[0, 0, 2])
    return Recording(moved.with_notes(note), joint_map, moved_by, belt, findings)


def prepare_recording(recording: Recording, config: RunConfig) -> Subject:
    """Return the person of a recorded motion, at the control rate. Warn of what makes the recording doubtful.

    With `config.through`, a made-up camera sees the motion, and the subject is what is known from there.

    Args:
        recording: The motion.
        config: The configuration of the run.

    Raises:
        InputError: The part that is taken has less than two control frames, or cannot be a person's motion.
    """
    fps = config.simulation.control_fps
    part = recording.clip.between(config.input.start_s, config.input.end_s)
    clip = resample(part, fps)
    if clip.num_frames < MIN_FRAMES:
        raise InputError(
            f"{config.clip} lasts {part.duration:.3f} s, less than two control frames at {fps:g} fps, {1 / fps:.3f} s: "
            "give a longer recording, or a higher simulation.control_fps with --config"
        )
    judged_part = judged(part, recording.joint_map, as_is=config.input.as_is)
    findings = (*judged_part.findings, *recording.findings)
    for finding in findings:
        if finding.level != "good":
            terminal.warn(finding.sentence)
    clip = replace(clip, findings=findings)
    if config.through is None:
        subject = build_subject(clip, recording.joint_map, config.body)
        subject, forces = stand_subject(subject, recording.clip, part, recording.joint_map)
        if config.scene.boxes:
            return with_forces(replace(subject, seats=()), forces)
        return with_forces(_with_seats_said(subject), forces if subject.seats else forces.without_seat())
    # The mesh belongs to the body that the camera's subject gets: it is not needed for the recorded one.
    recorded = build_subject(clip, recording.joint_map, config.body.model_copy(update={"mesh": None}))
    return see_through_camera(recorded, config.through, config.body, config.seed)


def _with_seats_said(subject: Subject) -> Subject:
    """Return the subject with a finding that seats were assumed, if so."""
    if not subject.seats:
        return subject
    heights = " and ".join(f"{seat.height:.2f} m" for seat in subject.seats)
    found = assume(
        "seat",
        f"{heights} high",
        f"a seat below the hips while the person sits, {heights} high; scene.boxes with --config says what is there",
    )
    return replace(subject, clip=replace(subject.clip, findings=(*subject.clip.findings, found)))
