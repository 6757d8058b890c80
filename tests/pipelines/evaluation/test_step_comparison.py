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
AHEAD_N, LEFT_N, POINT = 60.0, 30.0, np.array([0.3, 0.1, 0.0])


@pytest.fixture(scope="module")
def motion(quick_run: RunFolder) -> ReconstructedMotion:
    """A walk along x, made of a finished run."""
    return heading(motion_file.load(quick_run), 0.0)


def heading(motion: ReconstructedMotion, angle: float) -> ReconstructedMotion:
    """A walk in another direction, rad from x."""
    root = motion.reference_root_position_world_m.copy()
    root[:, :2] = np.linspace(0.0, 1.0, len(root))[:, None] * [np.cos(angle), np.sin(angle)]
    mass = motion.body_mass_kg * (WEIGHT / motion.body_weight)
    return replace(motion, reference_root_position_world_m=root, body_mass_kg=mass)


def vertical_N(after_s: np.ndarray) -> np.ndarray:
    """Half a sinusoid over the step."""
    phase = (after_s - STEP[0]) / (STEP[1] - STEP[0])
    return np.where((phase > 0) & (phase < 1), 1.2 * WEIGHT * np.sin(np.pi * phase), 0.0)


def horizontal_N(vertical: np.ndarray, angle: float = 0.0) -> np.ndarray:
    """Ahead and to the left of a walk in a direction, in world axes; while the foot is loaded."""
    ahead, left = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    return (AHEAD_N * ahead + LEFT_N * left) * (vertical > 0)[..., None]


def truth(
    frames_s: float,
    side: str = "left",
    angle: float = 0.0,
    hidden: tuple[float, float] = (9.0, 9.0),
    end_s: float = 9.0,
) -> PlateTruth:
    """Plates under a foot, and a recording that says nine tenths of what they measured.

    Args:
        frames_s: Length of the run, s.
        side: The foot.
        angle: Where the walk goes, rad from x.
        hidden: From when to when the recording does not tell the force, s.
        end_s: From when on it is at an end of the recording, s.
    """
    time = np.arange(round(1000 * frames_s) + 1) / 1000
    force = np.zeros((len(time), 3))
    force[:, 2] = vertical_N(time)
    force[:, :2] = horizontal_N(force[:, 2], angle)
    point = np.where(force[:, 2:] > 20.0, POINT, np.nan)
    step = PlateStep(side, START_S + STEP[0], START_S + STEP[1], force, point)
    plates = ForcePlates(("1",), START_S + time, force[:, None], np.nan_to_num(point)[:, None])
    share = np.full(len(time), 1.0 if side == "left" else 0.0)
    total = 0.9 * force / WEIGHT
    shares = np.stack([share, 1 - share], axis=1)
    elsewhere, at_end = (time >= hidden[0]) & (time < hidden[1]), time >= end_s
    never, reach = np.zeros(len(time), bool), np.ones(len(time))
    recorded = RecordedForces(time, total, total[:, 2:] * shares, shares, elsewhere, never, at_end, never, reach)
    return PlateTruth(plates, (step,), WEIGHT, recorded, START_S, {}, ())


def pushing(
    motion: ReconstructedMotion,
    factor: float = 1.0,
    late: int = 0,
    aside_m: float = 0.0,
    side: str = "left",
    angle: float = 0.0,
) -> ReconstructedMotion:
    """The run whose foot pushes with this many times the force, some frames late, at a point that is aside."""
    ends = motion.time_s.astype(float) - late / float(motion.fps_hz)
    fine = np.linspace(0.0, 1.0, 200)[:, None] / float(motion.fps_hz)
    on = np.flatnonzero(motion.contact_bodies == motion.body_names.tolist().index(f"{side}_foot"))[0]
    force, point = np.zeros_like(motion.contact_force_world_N), motion.contact_position_world_m.copy()
    moments = vertical_N(ends - fine)
    force[1:, on, 2] = factor * moments.mean(axis=0)[1:]
    force[1:, on, :2] = factor * horizontal_N(moments, angle).mean(axis=0)[1:]
    point[:, on] = POINT + np.array([0.0, aside_m, 0.0])
    return replace(motion, contact_force_world_N=force, contact_position_world_m=point)


def compare(motion: ReconstructedMotion, **recording: object) -> StepComparison:
    whole = truth(float(motion.time_s[-1]), **recording)  # type: ignore[arg-type]
    return compare_step(motion, whole.steps[0], whole)


def test_the_force_of_the_plates_has_no_error(motion: ReconstructedMotion) -> None:
    figures = compare(pushing(motion)).figures
    for key in ("vertical_nrmse_pct", "impulse_error_pct", "peak_error_pct", "heel_strike_ms", "toe_off_ms", "cop_mm"):
        assert figures[key] == pytest.approx(0.0, abs=0.4), key
    for key in ("ap_nrmse_pct", "ml_nrmse_pct"):
        assert figures[key] == pytest.approx(0.0, abs=0.7), key  # it begins within a sample of the plates
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


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("angle", [np.pi / 2, np.pi], ids=["along y", "against x"])
def test_ahead_and_left_are_those_of_the_walk_for_either_foot(
    motion: ReconstructedMotion, side: str, angle: float
) -> None:
    run = pushing(heading(motion, angle), side=side, angle=angle)
    compared = compare(run, side=side, angle=angle)
    middle = len(compared.time_s) // 2
    np.testing.assert_allclose(compared.run[middle, :2] * WEIGHT, [AHEAD_N, LEFT_N], atol=0.5)
    np.testing.assert_allclose(compared.run, compared.measured, atol=0.03)
    other = "right" if side == "left" else "left"
    assert compare(run, side=other, angle=angle).figures["impulse_error_pct"] == pytest.approx(-100.0)


def test_horizontal_errors_are_shares_of_their_own_ranges(motion: ReconstructedMotion) -> None:
    """The lateral force has half the range of the forward one, and a tenth of the weight has an error by its range."""
    figures = compare(pushing(motion, factor=1.1)).figures
    assert figures["ml_nrmse_pct"] == pytest.approx(figures["ap_nrmse_pct"], rel=1e-6)
    loaded = (STEP[1] - STEP[0]) / (STEP[1] - STEP[0] + 0.1)  # frames around the step count too
    assert figures["ml_nrmse_pct"] == pytest.approx(10.0 * np.sqrt(loaded), abs=0.8)


def test_toes_belong_to_their_foot_and_nothing_else_does(motion: ReconstructedMotion) -> None:
    bodies, names = motion.contact_body.copy(), motion.body_names.tolist()
    on = np.flatnonzero(motion.contact_bodies == names.index("left_foot"))[0]  # the one that `pushing` loads
    for body, error in (("left_toes", 0.0), ("right_toes", -100.0), ("left_shank", -100.0)):
        bodies[on] = names.index(body)
        figures = compare(replace(pushing(motion), contact_body=bodies.copy())).figures
        assert figures["impulse_error_pct"] == pytest.approx(error, abs=0.3), body


def test_the_run_is_compared_with_the_recording_in_the_same_frames(motion: ReconstructedMotion) -> None:
    """While the recording tells nothing, the run pushes twice as much: an error of its own, not of the comparison."""
    run, hidden = pushing(motion), (0.3, 0.4)
    late = motion.time_s - 1e-6
    run.contact_force_world_N[(late > hidden[0] - 0.05) & (late < hidden[1])] *= 2.0
    found = compare(run, hidden=(hidden[0] - 0.1, hidden[1] + 0.05)).figures
    figures = {key: value for key, value in found.items() if value is not None}
    assert figures["vertical_nrmse_pct"] > 20.0
    assert figures["same_vertical_nrmse_pct"] == pytest.approx(0.0, abs=0.4)
    assert figures["baseline_vertical_nrmse_pct"] > 1.0
    assert 20.0 < figures["told_pct"] < 80.0
    assert compare(run).figures["told_pct"] == 100.0


def test_nothing_is_compared_at_the_ends_of_a_recording(motion: ReconstructedMotion) -> None:
    run = pushing(motion)
    run.contact_force_world_N[motion.time_s > 0.45] *= 3.0
    figures = compare(run, end_s=0.4).figures
    assert figures["vertical_nrmse_pct"] == pytest.approx(0.0, abs=0.4)
    assert figures["told_pct"] == 100.0
