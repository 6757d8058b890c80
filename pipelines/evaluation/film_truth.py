"""The run of a film beside what is known of it: joints from markers, force plates, joints that other systems found.

It only measures. Nothing of the truth reaches a run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.force_plates import SIDES, ForcePlates
from data.formats import joint_arrays, mot, trc
from data.joint_tracks import JointTracks
from data.rigs import joint_maps
from diffphy.physics.dynamics import GRAVITY
from pipelines.evaluation.force_comparison import ForceComparison, compare_forces
from pipelines.evaluation.joint_comparison import ARMS, COARSE_S, LEGS, SEARCH_S, JointComparison, compare_joints
from pipelines.reconstruction import motion_file, run_folder
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder

SIMULATION, FITTED = "simulation", "fitted"
"""The motions of a run: the result, and the motion that it follows, before any physics."""

MARKERS = ".trc"

KNOWN = 0.6  # share of the frames in which a joint must be known to be compared

DOUBTFUL_LIKENESS = 0.5
"""`likeness` below which the offset is doubtful."""


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
    """Return the truth in a file of joints or markers and, if there is one, a file of force plates.

    Args:
        joints: An .npz file as `joint_arrays` reads it, or a TRC file of markers.
        plates: A .mot file, in the world and on the clock of the joints.

    Raises:
        InputError: A file cannot be read, or has no true joints of both legs.
    """
    markers = joints.suffix.lower() == MARKERS
    tracks = {joint_arrays.TRUTH: _read_markers(joints)} if markers else joint_arrays.read(joints)
    if joint_arrays.TRUTH not in tracks:
        raise InputError(f"{joints} has no {joint_arrays.TRUTH}: write the true joints under this name")
    names = _names_of_known(tracks[joint_arrays.TRUTH])
    if missing := [name for name in LEGS if name not in names]:
        raise InputError(
            f"{joints} has no {', '.join(missing)} in {100 * KNOWN:.0f} % of the frames or more: write the joints of "
            "both legs"
        )
    compared = {system: each.select([name for name in LEGS + ARMS if name in names]) for system, each in tracks.items()}
    truth = compared.pop(joint_arrays.TRUTH)
    return FilmTruth(truth, compared, None if plates is None else mot.read(plates))


def _names_of_known(tracks: JointTracks) -> list[str]:
    """Return the names of the joints that are known most of the time. Only frames with all of them are compared."""
    share = np.isfinite(tracks.positions).all(axis=2).mean(axis=0)
    return [name for name, known in zip(tracks.names, share, strict=True) if known >= KNOWN]


def _read_markers(path: Path) -> JointTracks:
    """Return the joints that follow from the markers in a TRC file. Joints that were not recorded are left out."""
    clip = trc.read(path)
    ours = {joint: name for joint, name in joint_maps.detect(clip).items() if name not in clip.assumed}
    time_s = clip.start_s + np.arange(clip.num_frames) / clip.fps
    return JointTracks(tuple(ours), time_s, clip.positions[:, [clip.joint(name) for name in ours.values()]])


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
    }
    offset, alike = simulation.figures["offset_s"] or 0.0, simulation.figures["likeness"] or 0.0
    notes = [f"the film begins at {offset:.3f} s of the truth, where both move alike (r {alike:.2f})"]
    if alike < DOUBTFUL_LIKENESS or abs(offset) > SEARCH_S - COARSE_S:
        notes.append(f"this offset is doubtful, and so are all errors: make sure that both start within {SEARCH_S:g} s")
    for system, each in truth.others.items():
        try:
            joints[system] = compare_joints(each, same_time)
        except InputError:
            notes.append(f"{system} is left out: it lacks most of the time that the run covers")
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
