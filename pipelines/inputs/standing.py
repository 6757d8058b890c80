"""What a recording at its own rate tells beside its motion: where the soles are, and what the ground must have done."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from data.clip import MotionClip
from data.rigs.retarget import retarget
from diffphy.recorded_forces import RecordedForces, place_seats, recorded_body, recorded_forces, settle_soles
from pipelines.inputs.subject import RIG, Subject

AROUND_S = 1.0  # of the recording before and after the part that is used: filters have no good ends
SAID_M = 0.01  # a sole that is moved by as much is said


def stand_subject(
    subject: Subject, whole: MotionClip, part: MotionClip, joint_map: dict[str, str]
) -> tuple[Subject, RecordedForces]:
    """Return the subject with soles on the floor and seats, and the forces that follow from a part of a recording.

    Args:
        subject: The person, whose masses count.
        whole: The recorded motion, with the floor at z = 0.
        part: The part. The times of the forces are after its first frame.
        joint_map: The clip's joint names by our names.
    """
    begin = part.start_s - whole.start_s
    first, last = max(0.0, begin - AROUND_S), min(whole.duration, begin + part.duration + AROUND_S)
    wide = whole.between(first, last)
    motion = retarget(wide, RIG, joint_map)
    position, rotation = (np.asarray(each, np.float32) for each in (motion.position, motion.rotation))
    joints = np.full((len(position), len(RIG.keys), 3), np.nan)
    for body, name in enumerate(motion.source_joint):
        if name is not None and name not in wide.assumed:
            joints[:, body] = wide.positions[:, wide.joint(name)]
    moving = (position, rotation, whole.fps, joints)
    humanoid, lowered = settle_soles(subject.humanoid, recorded_body(subject.humanoid.astype(np.float32), *moving))
    forces = recorded_forces(humanoid.astype(np.float32), *moving)
    frames = np.arange(len(position)) / whole.fps
    sits = np.interp(frames, forces.time_s, forces.seated) > 0.5
    seats = place_seats(recorded_body(humanoid.astype(np.float32), *moving), sits) if sits.any() else ()
    clip = subject.clip.with_notes(*_describe_soles(lowered))
    standing = replace(subject, humanoid=humanoid, clip=clip, seats=seats)
    return standing, forces.between(part.start_s - wide.start_s, part.duration)


def _describe_soles(lowered: Mapping[str, float]) -> tuple[str, ...]:
    """Say by how much the soles were moved, if by a centimetre or more."""
    if max(abs(each) for each in lowered.values()) < SAID_M:
        return ()
    moves = (f"the {side} one {abs(each):.3f} m {'lower' if each > 0 else 'higher'}" for side, each in lowered.items())
    return (f"soles: {', '.join(moves)} than the recording says, where standing feet touch the floor",)
