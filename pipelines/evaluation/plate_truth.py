"""What force plates say about a recording, before it is reconstructed: the steps, the weight, the part worth running.

Beside it stands what the recording alone says of the forces. A simulation has to come closer to the plates than that.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.body_weight import ALIKE
from data.clip import InputError, MotionClip
from data.force_plates import SIDES, ForcePlates
from data.formats import c3d_plates, mot
from data.joint_tracks import JointTracks
from data.plate_steps import PlateStep, find_steps
from data.resample import resample
from diffphy.physics.dynamics import GRAVITY
from diffphy.recorded_forces import RecordedForces
from pipelines.config import RunConfig
from pipelines.evaluation.usable_steps import judge_steps
from pipelines.inputs.mocap import FAR_FLOOR_M, Recording, put_on_floor, read_clip
from pipelines.inputs.standing import stand_subject
from pipelines.inputs.subject import Subject, build_subject

FORCES = "_grf.mot"
LEAD_S = 0.5
"""A run begins so long before the first load and ends so long after the last one, s."""
WRONG_FLOOR_M = 0.05
"""The floor is where the plates are if the recording's own estimate differs by more, m."""


@dataclass(frozen=True)
class PlateTruth:
    """What the plates say about a recording.

    Attributes:
        plates: The plates, in the world of the recording.
        steps: The steps that are compared.
        weight_N: Weight of the person.
        recorded: The forces that follow from the recording alone.
        start_s: When the run and `recorded` begin, on the clock of the plates.
        settings: Settings of the run that follow from the plates, by their dotted keys.
        notes: What a reader of the figures should know, one sentence each.
    """

    plates: ForcePlates
    steps: tuple[PlateStep, ...]
    weight_N: float
    recorded: RecordedForces
    start_s: float
    settings: dict[str, Any]
    notes: tuple[str, ...]


def find_truth(path: Path, config: RunConfig) -> PlateTruth | None:
    """Return what the plates of a recording say. None if it has no plates, or nobody was on them.

    Args:
        path: A C3D file, or a TRC file with NAME_grf.mot beside it.
        config: The configuration of the run.

    Raises:
        InputError: The recording or its plates cannot be read, or have no whole step in common.
    """
    forces = path.with_name(f"{path.stem}{FORCES}")
    from_text = path.suffix.lower() == ".trc"
    if from_text and not forces.is_file():
        return None
    clip = read_clip(str(path), config.input)
    plates = mot.read(forces) if from_text else c3d_plates.read(path, clip.file_up)
    if plates is None or not plates.loaded.any():
        return None
    if from_text and clip.file_up != "y":
        raise InputError(f"{path} has {clip.file_up} up, but {forces.name} y: export both from one world with y up")
    recording, settings, notes = _put_on_plates(clip, plates, config)
    if recording.belt_m_per_s is not None:
        plates = plates.over_the_belt(recording.belt_m_per_s, clip.start_s)
    part = recording.clip.between(config.input.start_s, config.input.end_s)
    subject = build_subject(resample(part, config.simulation.control_fps), recording.joint_map, config.body)
    subject, recorded = stand_subject(subject, recording.clip, part, recording.joint_map)
    steps, left_out = find_steps(plates, _feet(subject))
    given_kg = config.body.mass_kg
    steps, doubts, weight, source = judge_steps(steps, plates, recorded, part.start_s, given_kg)
    if not steps:
        raise InputError(f"{path} has no whole step on a plate ({'; '.join((*left_out, *doubts))}): give one that has")
    notes = (*notes, f"body weight {weight:.0f} N, from {source}", *left_out, *doubts)
    mass = float(weight / -GRAVITY[2])
    if given_kg is None or abs(mass / given_kg - 1) > ALIKE:
        settings["body.mass_kg"] = round(mass, 2)
    start_s = part.start_s
    if config.input.start_s is None and config.input.end_s is None and recording.belt_m_per_s is None:
        carried = recorded if config.scene.boxes or subject.seats else recorded.without_seat()
        first, last = _part_with_steps(steps, carried, part)
        settings |= {"input.start_s": first, "input.end_s": last}
        recorded, start_s = recorded.between(first, last - first), part.start_s + first
    return PlateTruth(plates, steps, weight, recorded, start_s, settings, notes)


def _put_on_plates(
    clip: MotionClip, plates: ForcePlates, config: RunConfig
) -> tuple[Recording, dict[str, Any], tuple[str, ...]]:
    """Return the recording on its floor, the setting that says where that is, and a note, if the plates say it.

    Raises:
        InputError: The plates are far above or below where the body rests.
    """
    recording = put_on_floor(clip, config.input)
    loaded = plates.loaded
    height = float(np.median(plates.point_m[loaded][:, 2]))
    if config.input.floor_m is not None or abs(height - recording.floor_m) <= WRONG_FLOOR_M:
        return recording, {}, ()
    if abs(height - recording.floor_m) > FAR_FLOOR_M:
        raise InputError(
            f"{clip.name} rests at {recording.floor_m:.2f} m, but its centres of pressure are at {height:.2f} m: "
            "export the points in m, in the world of the markers"
        )
    note = f"floor: {height:+.3f} m, as the plates say; the body's lowest point rests at {recording.floor_m:+.3f} m"
    given = config.input.model_copy(update={"floor_m": height})
    return put_on_floor(clip, given), {"input.floor_m": height}, (note,)


def _feet(subject: Subject) -> JointTracks:
    """Return where the joints of the feet are, on the clock of the plates."""
    positions, keys = subject.retargeted.joint_positions(), subject.retargeted.rig.keys
    names = tuple(f"{side}_{joint}" for side in SIDES for joint in ("ankle", "toe"))
    time = subject.clip.start_s + np.arange(len(positions)) / subject.clip.fps
    return JointTracks(names, time, positions[:, [keys.index(name) for name in names]])


def _part_with_steps(steps: tuple[PlateStep, ...], recorded: RecordedForces, part: MotionClip) -> tuple[float, float]:
    """Return the times between which a run has all steps, after the first frame of the recording, s.

    It begins no earlier than feet and seat can explain the recording: who comes from a box falls from there.
    """
    first = min(step.start_s for step in steps) - part.start_s
    last = max(step.end_s for step in steps) - part.start_s
    begin, end = max(0.0, first - LEAD_S), min(part.duration, last + LEAD_S)
    unknown = recorded.time_s[recorded.elsewhere & (recorded.time_s >= begin) & (recorded.time_s < first)]
    if len(unknown):
        begin = min(float(unknown[-1]), first)
    return float(np.floor(begin * part.fps) / part.fps), float(np.floor(end * part.fps + 1e-6) / part.fps)
