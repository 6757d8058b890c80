"""The run of a film beside what is known of it: joints from markers, force plates, joints that other systems found.

It only measures. Nothing of the truth reaches a run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.force_plates import (
    SIDES,
    ForcePlates,
    body_weight,
    carrying_frames,
    mean_over_intervals,
    vertical_force_of_feet,
)
from data.formats import joint_arrays, mot
from data.joint_tracks import JointTracks
from diffphy.metrics import (
    constant_error_pct,
    correlation,
    force_error_pct,
    mpjpe_pa,
    procrustes,
    tilt_deg,
)
from diffphy.physics.dynamics import GRAVITY
from pipelines.reconstruction import motion_file, run_folder
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder

SIMULATION, FITTED = "simulation", "fitted"
"""The motions of a run: the result, and the motion that it follows, before any physics."""

LEGS = tuple(f"{side}_{joint}" for joint in ("hip", "knee", "ankle") for side in SIDES)
ARMS = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist") for side in SIDES)
"""The joints that are compared. The truth must have the legs."""

SEARCH_S, COARSE_S, FINE_S = 1.5, 0.05, 0.005
"""How far apart the clocks of film and truth may be, and the steps in which the best offset is looked for, s."""
SHARED = 0.6
"""Share of the shorter of film and truth that an offset must leave to compare."""
STILL_M = 1e-3
"""Standard deviation of the distances between joints up to which a body stands still, m."""
DOUBTFUL_LIKENESS = 0.5
"""`likeness` below which the offset is doubtful."""

Figures = dict[str, float | None]


@dataclass(frozen=True)
class FilmTruth:
    """What is known of a film. All of it has one world and one clock.

    Attributes:
        joints: The true joints.
        others: The joints that other systems found, by the name of the system.
        plates: Force plates. None: there were none.
    """

    joints: JointTracks
    others: Mapping[str, JointTracks]
    plates: ForcePlates | None = None


@dataclass(frozen=True)
class JointComparison:
    """The joints of a motion beside the true ones.

    Attributes:
        figures: Errors by the keys of `film_tables.JOINT_DEFINITIONS`.
        time_s: The compared times on the clock of the truth.
        error_mm: Mean distance of the joints at each of them, after one rigid motion of the whole.
    """

    figures: Figures
    time_s: Float[np.ndarray, "F"]
    error_mm: Float[np.ndarray, "F"]


@dataclass(frozen=True)
class ForceComparison:
    """The vertical ground forces of a run beside those of the plates, for "total", "left" and "right".

    Attributes:
        figures: Errors by the keys of `film_tables.FORCE_DEFINITIONS`, after the part and an underscore.
        time_s: The ends of the control frames on the clock of the truth.
        run: Mean force of the run over each control frame, body weights.
        measured: The same of the plates. NaN where they do not tell.
    """

    figures: Figures
    time_s: Float[np.ndarray, "F"]
    run: Mapping[str, Float[np.ndarray, "F"]]
    measured: Mapping[str, Float[np.ndarray, "F"]]


@dataclass(frozen=True)
class FilmMeasures:
    """A run of a film, measured.

    Attributes:
        joints: By the name of the motion: `SIMULATION`, `FITTED`, and the other systems.
        forces: None without plates, or where these never carried the person.
        notes: What a reader of the figures should know, one sentence each.
    """

    joints: Mapping[str, JointComparison]
    forces: ForceComparison | None
    notes: tuple[str, ...] = ()


def read_truth(joints: Path, plates: Path | None = None) -> FilmTruth:
    """Return the truth in a file of joints and, if there is one, a file of force plates.

    Raises:
        InputError: A file cannot be read, or has no true joints of both legs.
    """
    tracks = joint_arrays.read(joints)
    if joint_arrays.TRUTH not in tracks:
        raise InputError(f"{joints} has no {joint_arrays.TRUTH}: write the true joints under this name")
    names = tracks[joint_arrays.TRUTH].names
    if missing := [name for name in LEGS if name not in names]:
        raise InputError(f"{joints} has no {', '.join(missing)}: write the joints of both legs")
    compared = {system: each.select([name for name in LEGS + ARMS if name in names]) for system, each in tracks.items()}
    truth = compared.pop(joint_arrays.TRUTH)
    return FilmTruth(truth, compared, None if plates is None else mot.read(plates))


def measure_run(path: Path, truth: FilmTruth) -> FilmMeasures:
    """Return the errors of the run in a folder.

    Raises:
        InputError: There is no finished run, or film and truth do not overlap.
    """
    run = RunFolder(path)
    motion, config = motion_file.load(run), run.config
    start_s = run_folder.read_metrics(run).get("film_start_s", config.input.start_s or 0.0)
    return measure_motion(motion, start_s, truth, config.body.mass_kg)


def measure_motion(
    motion: ReconstructedMotion, start_s: float, truth: FilmTruth, mass_kg: float | None = None
) -> FilmMeasures:
    """Return the errors of a motion. Other systems are compared over the same time as the simulation.

    Args:
        motion: The run.
        start_s: Time in the film at which it begins.
        truth: What it is compared with.
        mass_kg: The mass that the user gave. It counts only where the plates do not tell.

    Raises:
        InputError: Motion and truth do not overlap.
    """
    names, film_s = truth.joints.names, motion.time_s.astype(float) + start_s
    simulation = compare_joints(_tracks(motion, motion.body_position_world_m, film_s, names), truth.joints)
    same_time = truth.joints.between(simulation.time_s[0], simulation.time_s[-1])
    joints = {
        SIMULATION: simulation,
        FITTED: compare_joints(_tracks(motion, motion.reference_body_position_world_m, film_s, names), same_time),
        **{system: compare_joints(each, same_time) for system, each in truth.others.items()},
    }
    offset, alike = simulation.figures["offset_s"] or 0.0, simulation.figures["likeness"] or 0.0
    notes = [f"the film begins at {offset:.3f} s of the truth, where both move alike (r {alike:.2f})"]
    if alike < DOUBTFUL_LIKENESS or abs(offset) > SEARCH_S - COARSE_S:
        notes.append(f"this offset is doubtful, and so are all errors: make sure that both start within {SEARCH_S:g} s")
    if truth.plates is None:
        return FilmMeasures(joints, None, tuple(notes))
    given_N = None if mass_kg is None else float(-GRAVITY[2] * mass_kg)
    ends_s = film_s[1:] + offset  # No force has acted before frame 1.
    forces, note = compare_forces(_forces(motion), ends_s, truth.plates, truth.joints, given_N)
    return FilmMeasures(joints, forces, (*notes, note))


def _forces(motion: ReconstructedMotion) -> dict[str, Float[np.ndarray, "F"]]:
    """Return the vertical forces of a run on the whole body and on each foot, N. Frame 0 is left out."""
    parts = {part: force[1:].astype(float) for part, force in motion.vertical_forces_N.items()}
    return {"total": np.sum(list(parts.values()), axis=0), **{side: parts[f"{side} foot"] for side in SIDES}}


def _tracks(
    motion: ReconstructedMotion,
    positions: Float[np.ndarray, "F B 3"],
    time_s: Float[np.ndarray, "F"],
    names: tuple[str, ...],
) -> JointTracks:
    """Return the joints of a run. Joint i is where body i + 1 begins."""
    bodies = [motion.joint_names.tolist().index(name) + 1 for name in names]
    return JointTracks(names, time_s, positions[:, bodies].astype(float))


def compare_joints(tracks: JointTracks, truth: JointTracks) -> JointComparison:
    """Return the errors of joints. The two clocks may differ by a constant, which is found.

    Args:
        tracks: The motion, in a world of its own.
        truth: The same joints in the true world.

    Raises:
        InputError: The two do not overlap.
    """
    offset = find_offset(tracks, truth)
    moved, true, time = _overlap(tracks, truth, offset)
    points = moved.reshape(1, -1, 3)
    alignment = procrustes(points, true.reshape(1, -1, 3), rigid=True)
    error = 1000.0 * np.linalg.norm(alignment.apply(points).reshape(moved.shape) - true, axis=-1)
    legs, arms = ([index for index, name in enumerate(truth.names) if name in limbs] for limbs in (LEGS, ARMS))
    figures: Figures = {
        "mpjpe_rigid_mm": float(error.mean()),
        "mpjpe_pa_mm": mpjpe_pa(moved, true),
        "pa_legs_mm": mpjpe_pa(moved[:, legs], true[:, legs]),
        "pa_arms_mm": mpjpe_pa(moved[:, arms], true[:, arms]) if len(arms) > 2 else None,
        "tilt_deg": tilt_deg(alignment.rotation[0]),
        "offset_s": offset,
        "likeness": likeness(moved, true),
        "compared_s": float(time[-1] - time[0]),
    }
    return JointComparison(figures, time, error.mean(axis=1))


def find_offset(tracks: JointTracks, truth: JointTracks) -> float:
    """Return what to add to the times of a motion to get the times of the truth, s.

    It is the offset with the greatest `likeness`, of those within `SEARCH_S` that leave 60 % of the shorter motion to
    compare: first in steps of 0.05 s, then around the best in steps of 0.005 s. The errors that are reported have no
    part in it: of all offsets they would favour one that leaves out the difficult frames.

    Raises:
        InputError: No offset leaves enough.
    """
    needed = SHARED * len(tracks.time_s) * min(1.0, np.ptp(truth.time_s) / np.ptp(tracks.time_s))

    def fit(offset: float) -> float:
        moved, true, time = _overlap(tracks, truth, offset)
        return likeness(moved, true) if len(time) >= max(2, needed) else -math.inf

    coarse = max(_offsets(0.0, SEARCH_S, COARSE_S), key=fit)
    if math.isinf(fit(coarse)):
        raise InputError(
            f"film and truth share less than {100 * SHARED:.0f} % of the shorter of the two, within {SEARCH_S:g} s: "
            "cut one of them, so that both start together"
        )
    return max(_offsets(coarse, COARSE_S, FINE_S), key=fit)


def _offsets(middle: float, reach: float, step: float) -> list[float]:
    """Return offsets on both sides of one, the nearest first, without the rounding that would cost the last frame."""
    count = round(reach / step)
    return [round(middle + step * index, 6) for index in sorted(range(-count, count + 1), key=abs)]


def likeness(result: Float[np.ndarray, "F J 3"], reference: Float[np.ndarray, "F J 3"]) -> float:
    """Return how alike two motions of a body are over time: the correlation of the distances between their joints.

    Each distance counts by its deviation from its mean. So neither the world nor the size of a body matters. 0 if one
    of them stands still.
    """
    pairs = np.triu_indices(result.shape[1], 1)
    ours, theirs = (np.linalg.norm(each[:, pairs[0]] - each[:, pairs[1]], axis=-1) for each in (result, reference))
    ours, theirs = ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)
    deviations = ours.std(), theirs.std()
    return float((ours * theirs).mean() / np.prod(deviations)) if min(deviations) > STILL_M else 0.0


def _overlap(
    tracks: JointTracks, truth: JointTracks, offset: float
) -> tuple[Float[np.ndarray, "F J 3"], Float[np.ndarray, "F J 3"], Float[np.ndarray, "F"]]:
    """Return the joints, the true joints and the times of the frames in which all of both are known."""
    time = tracks.time_s + offset
    true = truth.at(time)
    known = np.isfinite(true).all(axis=(1, 2)) & np.isfinite(tracks.positions).all(axis=(1, 2))
    return tracks.positions[known], true[known], time[known]


def compare_forces(
    run: Mapping[str, Float[np.ndarray, "F"]],
    ends_s: Float[np.ndarray, "F"],
    plates: ForcePlates,
    joints: JointTracks,
    given_N: float | None = None,
) -> tuple[ForceComparison | None, str]:
    """Return the errors of the vertical ground forces, and a note on the body weight or on why there are none.

    Only frames in which the plates carry the whole body count, for a foot only those in which they tell the feet apart.

    Args:
        run: The forces of the run, "total", "left" and "right": their means over control frames, N.
        ends_s: The ends of the control frames on the clock of the plates, s.
        plates: The plates.
        joints: The true joints, in the world of the plates: they say which foot is on which plate.
        given_N: The body weight by the mass that the user gave.
    """
    if not plates.loaded.any():
        return None, "nobody stands on the plates"
    weight, source = body_weight(plates, given_N)
    carried, feet = carrying_frames(plates, weight), vertical_force_of_feet(plates, joints, weight)
    signals = {"total": np.where(carried, plates.vertical_N, np.nan), **feet}
    length_s = float(ends_s[1] - ends_s[0])
    measured = {part: mean_over_intervals(plates.time_s, signal, ends_s, length_s) for part, signal in signals.items()}
    if not np.isfinite(measured["total"]).any():
        return None, "the plates do not carry the person during the film"
    figures: Figures = {}
    for part, force in measured.items():
        figures |= {f"{part}_{key}": value for key, value in _compare_force(run[part], force, weight).items()}
        figures[f"{part}_compared_s"] = float(np.isfinite(force).sum()) * length_s
    in_weights = [{part: force / weight for part, force in forces.items()} for forces in (run, measured)]
    return ForceComparison(figures, ends_s, *in_weights), f"body weight {weight:.0f} N, from {source}"


def _compare_force(run: Float[np.ndarray, "F"], measured: Float[np.ndarray, "F"], weight: float) -> Figures:
    """Return the figures of one part over the frames in which its force was measured. None without such frames."""
    known = np.isfinite(measured)
    run, measured = run[known], measured[known]
    figures = {
        "force_error_pct": force_error_pct(run, measured, weight),
        "force_constant_error_pct": constant_error_pct(measured, weight),
        "force_r": correlation(run, measured),
        "force_mean_bw": run.mean() / weight if known.any() else math.nan,
        "plates_mean_bw": measured.mean() / weight if known.any() else math.nan,
        "force_peak_bw": run.max(initial=-math.inf) / weight,
        "plates_peak_bw": measured.max(initial=-math.inf) / weight,
    }
    return {key: float(value) if math.isfinite(value) else None for key, value in figures.items()}
