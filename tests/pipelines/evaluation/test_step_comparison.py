"""A run whose left foot pushes with a known force, beside plates that measured it exactly."""

from dataclasses import replace

import numpy as np
import pytest

from data.force_plates import ForcePlates
from data.plate_steps import PlateStep
from diffphy.recorded_forces import RecordedForces
from pipelines.evaluation.plate_truth import PlateTruth
from pipelines.evaluation.step_comparison import StepComparison, compare_step, start_error_bw
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder

WEIGHT, START_S = 600.0, 5.0
STEP = (0.15, 0.55)  # the step after the start of the run, s
AHEAD_N, POINT = 60.0, np.array([0.3, 0.1, 0.0])


@pytest.fixture(scope="module")
def motion(quick_run: RunFolder) -> ReconstructedMotion:
    """A walk along x, made of a finished run."""
    found = motion_file.load(quick_run)
    root = found.reference_root_position_world_m.copy()
    root[:, :2] = np.linspace(0.0, 1.0, len(root))[:, None] * [1.0, 0.0]
    mass = found.body_mass_kg * (WEIGHT / found.body_weight)
    return replace(found, reference_root_position_world_m=root, body_mass_kg=mass)


def vertical_N(after_s: np.ndarray) -> np.ndarray:
    """Half a sinusoid over the step."""
    phase = (after_s - STEP[0]) / (STEP[1] - STEP[0])
    return np.where((phase > 0) & (phase < 1), 1.2 * WEIGHT * np.sin(np.pi * phase), 0.0)


def truth(frames_s: float) -> PlateTruth:
    """Plates under the left foot, and a recording that says nine tenths of what they measured."""
    time = np.arange(round(1000 * frames_s) + 1) / 1000
    force = np.zeros((len(time), 3))
    force[:, 2] = vertical_N(time)
    force[:, 0] = AHEAD_N * (force[:, 2] > 0)
    point = np.where(force[:, 2:] > 20.0, POINT, np.nan)
    step = PlateStep("left", START_S + STEP[0], START_S + STEP[1], force, point)
    plates = ForcePlates(("1",), START_S + time, force[:, None], np.nan_to_num(point)[:, None])
    never, all_left = np.zeros(len(time), bool), np.ones(len(time))
    total = 0.9 * force / WEIGHT
    foot = np.stack([total[:, 2], 0.0 * time], axis=1)
    recorded = RecordedForces(time, total, foot, all_left, never, never, never, all_left)
    return PlateTruth(plates, (step,), WEIGHT, recorded, START_S, {}, ())


def pushing(
    motion: ReconstructedMotion, factor: float = 1.0, late: int = 0, aside_m: float = 0.0
) -> ReconstructedMotion:
    """The run whose left foot pushes with this many times the force, some frames late, at a point that is aside."""
    ends = motion.time_s.astype(float) - late / float(motion.fps_hz)
    fine = np.linspace(0.0, 1.0, 200)[:, None] / float(motion.fps_hz)
    left = np.flatnonzero(motion.contact_bodies == motion.body_names.tolist().index("left_foot"))[0]
    force, point = np.zeros_like(motion.contact_force_world_N), motion.contact_position_world_m.copy()
    means = vertical_N(ends - fine).mean(axis=0)
    force[1:, left, 2] = factor * means[1:]
    force[1:, left, 0] = factor * AHEAD_N * (means[1:] > 0)
    point[:, left] = POINT + np.array([0.0, aside_m, 0.0])
    return replace(motion, contact_force_world_N=force, contact_position_world_m=point)


def compare(motion: ReconstructedMotion) -> StepComparison:
    whole = truth(float(motion.time_s[-1]))
    return compare_step(motion, whole.steps[0], whole)


def test_the_force_of_the_plates_has_no_error(motion: ReconstructedMotion) -> None:
    figures = compare(pushing(motion)).figures
    for key in ("vertical_nrmse_pct", "impulse_error_pct", "peak_error_pct", "heel_strike_ms", "toe_off_ms", "cop_mm"):
        assert figures[key] == pytest.approx(0.0, abs=0.4), key
    assert figures["vertical_r"] == pytest.approx(1.0, abs=1e-4)
    assert figures["weight_N"] == WEIGHT


def test_a_run_that_was_given_another_mass_is_compared_in_its_own_body_weights(motion: ReconstructedMotion) -> None:
    heavier = replace(motion, body_mass_kg=1.1 * motion.body_mass_kg)
    assert compare(pushing(heavier, factor=1.1)).figures["peak_error_pct"] == pytest.approx(0.0, abs=0.4)


def test_a_larger_force_is_off_by_its_share_and_the_recording_by_its_own(motion: ReconstructedMotion) -> None:
    compared = compare(pushing(motion, factor=1.1))
    figures, true = compared.figures, compared.measured[:, 2]
    rms = 0.1 * np.sqrt((true**2).mean())
    assert figures["impulse_error_pct"] == pytest.approx(10.0, abs=0.3)
    assert figures["peak_error_pct"] == pytest.approx(10.0, abs=0.3)
    assert figures["baseline_peak_error_pct"] == pytest.approx(-10.0, abs=0.3)
    assert figures["vertical_rms_bw"] == pytest.approx(rms, rel=0.03)
    assert figures["vertical_nrmse_pct"] == pytest.approx(100 * rms / np.ptp(true), rel=0.03)
    assert compared.run[5, 0] > 0.0  # ahead is where the body goes


def test_a_late_force_is_late_at_both_ends(motion: ReconstructedMotion) -> None:
    figures = compare(pushing(motion, late=1)).figures
    frame_ms = 1000 / float(motion.fps_hz)
    assert figures["heel_strike_ms"] == pytest.approx(frame_ms, abs=2.0)
    assert figures["toe_off_ms"] == pytest.approx(frame_ms, abs=2.0)


def test_a_point_that_is_aside_is_off_by_that(motion: ReconstructedMotion) -> None:
    assert compare(pushing(motion, aside_m=0.03)).figures["cop_mm"] == pytest.approx(30.0, abs=0.1)


def test_the_start_is_beside_the_recording(motion: ReconstructedMotion) -> None:
    """Nothing pushes in the first 0.15 s; a run that carries the weight from the start is off by it."""
    whole = truth(float(motion.time_s[-1]))
    weighing = pushing(motion)
    weighing.contact_force_world_N[1:, 0, 2] += WEIGHT
    assert start_error_bw(weighing, whole) == pytest.approx(1.0, abs=0.05)
