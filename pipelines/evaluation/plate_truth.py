"""What force plates say about a recording, before it is reconstructed: the steps, the weight, the part worth running.

Beside it stands what the recording alone says of the forces. A simulation has to come closer to the plates than that.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from data.clip import InputError, MotionClip
from data.force_plates import SIDES, ForcePlates, standing_weight
from data.formats import c3d_plates, mot
from data.joint_tracks import JointTracks
from data.plate_steps import PlateStep, find_steps
from data.resample import resample
from diffphy.physics.dynamics import GRAVITY
from diffphy.recorded_forces import RecordedForces
from pipelines.config import RunConfig
from pipelines.inputs.mocap import Recording, find_forces, put_on_floor, read_clip
from pipelines.inputs.subject import Subject, build_subject

FORCES = "_grf.mot"
LEAD_S = 0.5
"""A run begins so long before the first load and ends so long after the last one, s."""
WRONG_FLOOR_M = 0.05
"""The floor is where the plates are if the recording's own estimate differs by more, m."""
LEAST_LOAD = 0.85
"""A foot whose plates carry a smaller share of what it must carry alone stands partly beside them."""
LEAST_COVERED, LEAST_COVERED_S = 0.5, 0.5
"""A step counts if the recording tells the forces in this share of it, or for this time, s."""
LEAST_ALONE_S = 0.1
"""A foot that carries all for a shorter time does not tell the weight, s."""
NEGLIGIBLE = 0.02
"""Share of the weight that a foot beside the plates may carry."""
ALIKE = 0.9
"""Steps whose impulses say at least this share of the largest weight tell the weight together."""


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
    part = recording.clip.between(config.input.start_s, config.input.end_s)
    subject = build_subject(resample(part, config.simulation.control_fps), recording.joint_map, config.body)
    recorded = find_forces(recording, subject, part)
    steps, left_out = find_steps(plates, _feet(subject))
    steps, doubts, weight, source = _judge_steps(steps, plates, recorded, part.start_s, config.body.mass_kg)
    notes = (*notes, f"body weight {weight:.0f} N, from {source}", *left_out, *doubts)
    if not steps:
        raise InputError(f"{path} has no whole step on a plate ({'; '.join(notes)}): leave it out")
    if config.body.mass_kg is None:
        settings["body.mass_kg"] = round(float(weight / -GRAVITY[2]), 2)
    start_s = part.start_s
    if config.input.start_s is None and config.input.end_s is None:
        first, last = _part_with_steps(steps, recorded, part)
        settings |= {"input.start_s": first, "input.end_s": last}
        recorded, start_s = recorded.between(first, last - first), part.start_s + first
    return PlateTruth(plates, steps, weight, recorded, start_s, settings, notes)


def _put_on_plates(
    clip: MotionClip, plates: ForcePlates, config: RunConfig
) -> tuple[Recording, dict[str, Any], tuple[str, ...]]:
    """Return the recording on its floor, the setting that says where that is, and a note, if the plates say it."""
    recording = put_on_floor(clip, config.input.joint_map, config.input.floor_m)
    loaded = plates.loaded
    height = float(np.median(plates.point_m[loaded][:, 2]))
    if config.input.floor_m is not None or abs(height - recording.floor_m) <= WRONG_FLOOR_M:
        return recording, {}, ()
    note = f"floor: {height:+.3f} m, as the plates say; the body's lowest point rests at {recording.floor_m:+.3f} m"
    return put_on_floor(clip, config.input.joint_map, height), {"input.floor_m": height}, (note,)


def _feet(subject: Subject) -> JointTracks:
    """Return where the joints of the feet are, on the clock of the plates."""
    positions, keys = subject.retargeted.joint_positions(), subject.retargeted.rig.keys
    names = tuple(f"{side}_{joint}" for side in SIDES for joint in ("ankle", "toe"))
    time = subject.clip.start_s + np.arange(len(positions)) / subject.clip.fps
    return JointTracks(names, time, positions[:, [keys.index(name) for name in names]])


def _judge_steps(
    steps: tuple[PlateStep, ...],
    plates: ForcePlates,
    recorded: RecordedForces,
    start_s: float,
    given_kg: float | None,
) -> tuple[tuple[PlateStep, ...], tuple[str, ...], float, str]:
    """Return the steps that can be compared, why the others cannot, the weight, N, and how it was found.

    Where a foot must carry all, its force over that of the recording, in body weights, is a weight. It is too small if
    the foot is partly off its plates.
    """
    expected = Expected(plates.time_s, recorded, start_s)
    covered = tuple(step for step in steps if expected.covers(step))
    doubts = [
        f"{_name(step)} is left out: the recording does not tell the forces of enough of it"
        for step in steps
        if step not in covered
    ]
    steps = covered
    alone = {step: weight for step in steps if (weight := expected.weight_alone(step)) is not None}
    least = max(alone.values(), default=0.0) * ALIKE
    usual = float(np.median([weight for weight in alone.values() if weight >= least])) if alone else 0.0
    beside = [step for step, weight in alone.items() if weight < LEAST_LOAD * usual]
    doubts += [
        f"{_name(step)} is left out: its plates carry {100 * alone[step] / usual:.0f} % of what it must carry alone"
        for step in beside
    ]
    steps = tuple(step for step in steps if step not in beside)
    if not steps:
        return (), tuple(doubts), 0.0, "nothing"
    return steps, tuple(doubts), *_find_weight(plates, expected, steps, given_kg)


def _find_weight(
    plates: ForcePlates, expected: "Expected", steps: tuple[PlateStep, ...], given_kg: float | None
) -> tuple[float, str]:
    """Return the weight of the person, N, and how it was found."""
    if (standing := standing_weight(plates)) is not None:
        return standing, "the plates, while the person stands still"
    if given_kg is not None:
        return float(-GRAVITY[2] * given_kg), "the mass that is given"
    return expected.weight_of_steps(steps), "the impulse of the steps, beside that of the recording"


@dataclass(frozen=True)
class Expected:
    """What the recording says of the forces, on the clock of the plates.

    Attributes:
        time_s: The times of the plates, s.
        recorded: The forces of the recording.
        start_s: When they begin on this clock, s.
    """

    time_s: Float[np.ndarray, "T"]
    recorded: RecordedForces
    start_s: float

    @cached_property
    def known(self) -> Bool[np.ndarray, "T"]:
        """Return when the recording tells the forces."""
        return self._at(self.recorded.known.astype(float)) == 1.0

    @cached_property
    def foot(self) -> Float[np.ndarray, "T 2"]:
        """Return the vertical force on each foot, body weights."""
        return np.stack([self._at(each) for each in self.recorded.foot.T], axis=1)

    def _at(self, values: Float[np.ndarray, "N"]) -> Float[np.ndarray, "T"]:
        return np.interp(self.time_s - self.start_s, self.recorded.time_s, values, left=0.0, right=0.0)

    def covers(self, step: PlateStep) -> bool:
        """Return whether the recording tells the forces of enough of a step."""
        known = self.known[_inside(step, self.time_s)]
        return bool(known.mean() >= LEAST_COVERED) or bool(known.sum() * np.diff(self.time_s).mean() >= LEAST_COVERED_S)

    def weight_alone(self, step: PlateStep) -> float | None:
        """Return the weight by the time in which the foot of a step carries all, N. None if that is short."""
        side = SIDES.index(step.side)
        single = _inside(step, self.time_s) & self.known & (self.foot[:, side] > 0) & (self.foot[:, 1 - side] == 0)
        if single.sum() * (self.time_s[1] - self.time_s[0]) < LEAST_ALONE_S:
            return None
        return float(step.force_N[single, 2].sum() / self.foot[single, side].sum())

    def weight_of_steps(self, steps: tuple[PlateStep, ...]) -> float:
        """Return the weight by the time in which the plates of these steps carry all; by all their time if never, N."""
        on_plates = np.zeros(self.foot.shape, bool)
        for step in steps:
            on_plates[:, SIDES.index(step.side)] |= _inside(step, self.time_s)
        measured = np.sum([step.force_N[:, 2] for step in steps], axis=0)
        whole = self.known & (on_plates | (self.foot < NEGLIGIBLE)).all(axis=1) & on_plates.any(axis=1)
        if whole.any():
            return float(measured[whole].sum() / self.foot[whole].sum())
        own = self.known[:, None] & on_plates
        return float(measured[self.known].sum() / self.foot[own].sum())


def _inside(step: PlateStep, time_s: Float[np.ndarray, "T"]) -> Bool[np.ndarray, "T"]:
    return (time_s >= step.start_s) & (time_s <= step.end_s)


def _name(step: PlateStep) -> str:
    return f"the {step.side} foot from {step.start_s:.2f} to {step.end_s:.2f} s"


def _part_with_steps(steps: tuple[PlateStep, ...], recorded: RecordedForces, part: MotionClip) -> tuple[float, float]:
    """Return the times between which a run has all steps, after the first frame of the recording, s.

    It begins no earlier than the feet can explain the recording: who comes from a box falls from there.
    """
    first = min(step.start_s for step in steps) - part.start_s
    last = max(step.end_s for step in steps) - part.start_s
    begin, end = max(0.0, first - LEAD_S), min(part.duration, last + LEAD_S)
    unknown = recorded.time_s[~recorded.known & (recorded.time_s >= begin) & (recorded.time_s < first)]
    if len(unknown):
        begin = min(float(unknown[-1]), first)
    return float(np.floor(begin * part.fps) / part.fps), float(np.floor(end * part.fps + 1e-6) / part.fps)
