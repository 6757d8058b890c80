"""A step of a run beside the same step on force plates, and beside what the recording alone says of it."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from data.force_plates import SIDES, mean_over_intervals
from data.plate_steps import PlateStep
from diffphy.metrics import correlation, crossing_time, range_error_pct, rms_difference
from diffphy.physics.dynamics import GRAVITY
from diffphy.recorded_forces import RecordedForces
from pipelines.evaluation.plate_truth import PlateTruth
from pipelines.reconstruction.measure import Figures
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

MARGIN_S = 0.05
"""Frames so close to the step count too: a force that comes too early is an error, s."""
LEAST_RANGE_BW, LEAST_HORIZONTAL_RANGE_BW = 0.2, 0.02
"""A vertical or horizontal force that changes by less, as in standing, has no error by its range. Our choice, body
weights."""
CONTACT_BW = 0.05
"""A foot comes and goes where its vertical force passes this, body weights."""
EVENT_S = 0.15
"""A touch-down or a lift-off is looked for so long before and after that on the plates, s."""
PRESSED_BW = 0.1
"""The centre of pressure counts where the plates measure at least this, body weights."""
MOVED_M = 0.2
"""Whoever moves on by at least this in a step walks in that direction, m."""
WHOLE = 0.999
"""A foot carries alone, and the recording tells the force, in this share of a frame or more."""
STARTS_S = 0.2
"""The start of a run, s."""
PERCENT, MILLI = 100.0, 1000.0

SAME, BASELINE = "same_", "baseline_"
"""Before the figures of the run in the frames that the recording alone tells, and before those of the recording."""

Vectors = Float[np.ndarray, "F 3"]


@dataclass(frozen=True)
class StepComparison:
    """One step. Forces are means over control frames, in body weights: forward, to the left, and up.

    Attributes:
        side: The foot, "left" or "right".
        figures: Errors by the keys of `force_tables.DEFINITIONS`.
        time_s: Middles of the control frames, on the clock of the plates.
        run: Force of the run.
        measured: Force of the plates.
        baseline: Force that follows from the recording alone.
    """

    side: str
    figures: Figures
    time_s: Float[np.ndarray, " F"]
    run: Vectors
    measured: Vectors
    baseline: Vectors


def compare_step(motion: ReconstructedMotion, step: PlateStep, truth: PlateTruth) -> StepComparison:
    """Return the errors of one step.

    Args:
        motion: The run. It begins at `truth.start_s`.
        step: The step.
        truth: What the plates and the recording say.
    """
    length = 1.0 / float(motion.fps_hz)
    ends = truth.start_s + _ends_of_intervals(motion)  # No force has acted before frame 1.
    near = (ends > step.start_s - MARGIN_S) & (ends - length < step.end_s + MARGIN_S)
    ends = ends[near]
    axes = _axes(motion, np.flatnonzero(near) + 1)
    point = _means(truth.plates.time_s, step.force_N[:, 2:] * np.nan_to_num(step.point_m), ends, length)
    measured = _means(truth.plates.time_s, step.force_N, ends, length)
    point = point / np.maximum(measured[:, 2:], 1e-9)
    side, recorded = SIDES.index(step.side), truth.recorded
    share = recorded.share[:, side]
    baseline = _means(recorded.time_s, recorded.total * share[:, None], ends - truth.start_s, length)
    force, own_point = _force_of_foot(motion, step.side)
    run = force[1:][near] / motion.body_weight  # its own: the user may have given it another mass
    told, at_end = (
        mean_over_intervals(recorded.time_s, mask.astype(float), ends - truth.start_s, length)
        for mask in (recorded.known, recorded.at_end)
    )
    # Nothing is compared at the ends of the recording, where the run was told no more than the recording alone tells.
    known = np.isfinite(measured).all(axis=1) & np.isfinite(baseline).all(axis=1) & (at_end < 1 - WHOLE)
    measured, baseline, run, told = measured[known] / truth.weight_N, baseline[known], run[known], told[known] > WHOLE
    distance = np.linalg.norm((own_point[1:][near] - point)[known, :2], axis=1)
    pressed = (measured[:, 2] >= PRESSED_BW) & (run[:, 2] >= CONTACT_BW)
    support = _support(recorded, share, (ends - truth.start_s)[known], length)
    middle = ends[known] - length / 2
    turned = [each @ axes.T for each in (run, measured, baseline)]
    same, alone = (
        _figures(middle[told], force[told], turned[1][told], support.of(told), step) for force in (turned[0], turned[2])
    )
    figures = {
        **_figures(middle, turned[0], turned[1], support, step),
        **{f"{SAME}{key}": value for key, value in same.items()},
        **{f"{BASELINE}{key}": value for key, value in alone.items()},
        "told_pct": PERCENT * told.mean() if len(told) else math.nan,
        "cop_mm": MILLI * distance[pressed].mean() if pressed.any() else math.nan,
        "start_s": step.start_s,
        "end_s": step.end_s,
        "compared_s": length * float(known.sum()),
        "weight_N": truth.weight_N,
    }
    cleaned = {key: float(value) if math.isfinite(value) else None for key, value in figures.items()}
    return StepComparison(step.side, cleaned, middle, *turned)


@dataclass(frozen=True)
class _Support:
    """In which control frames this foot carries alone, and in which both feet carry at some time, by the recording."""

    single: Bool[np.ndarray, " F"]
    double: Bool[np.ndarray, " F"]

    def of(self, frames: Bool[np.ndarray, " F"]) -> "_Support":
        return _Support(self.single[frames], self.double[frames])


def _support(
    recorded: RecordedForces, share: Float[np.ndarray, " N"], ends_s: Float[np.ndarray, " F"], length_s: float
) -> _Support:
    """Return who carries in the control frames that end at these times of a recording. `share`: that of this foot."""
    alone, both = (
        mean_over_intervals(recorded.time_s, mask.astype(float), ends_s, length_s)
        for mask in (share > WHOLE, recorded.double_support)
    )
    return _Support(alone > WHOLE, both > 0.0)


def start_error_bw(motion: ReconstructedMotion, truth: PlateTruth) -> float:
    """Return the rms difference of the total vertical force from the recording's at the start, body weights."""
    length = 1.0 / float(motion.fps_hz)
    ends = _ends_of_intervals(motion)
    ends = ends[ends <= STARTS_S + 1e-6]
    total = motion.contact_force_world_N[1 : len(ends) + 1, :, 2].sum(axis=1).astype(float) / motion.body_weight
    return rms_difference(total, mean_over_intervals(truth.recorded.time_s, truth.recorded.total[:, 2], ends, length))


def _ends_of_intervals(motion: ReconstructedMotion) -> Float[np.ndarray, " F"]:
    """Return the ends of the control frames, s after the first frame, without the rounding of the motion's float32."""
    return np.arange(1, len(motion.time_s)) / float(motion.fps_hz)


def _means(
    time_s: Float[np.ndarray, "T"], values: Float[np.ndarray, "T 3"], ends_s: Float[np.ndarray, " F"], length_s: float
) -> Vectors:
    return np.stack([mean_over_intervals(time_s, each, ends_s, length_s) for each in values.T], axis=1)


def _force_of_foot(motion: ReconstructedMotion, side: str) -> tuple[Vectors, Vectors]:
    """Return the force on a foot, N, and its centre of pressure, m; NaN where there is no force."""
    foot = motion.contact_bodies == motion.body_names.tolist().index(f"{side}_foot")
    force = motion.contact_force_world_N[:, foot].astype(float)
    vertical = force[..., 2:]
    load = vertical.sum(axis=1)
    point = (vertical * motion.contact_position_world_m[:, foot]).sum(axis=1) / np.where(load > 0, load, np.nan)
    return force.sum(axis=1), point


def _axes(motion: ReconstructedMotion, frames: np.ndarray) -> Float[np.ndarray, "3 3"]:
    """Return forward, left and up as rows: where the body moves during a step, or where its feet point if it stays."""
    root = motion.reference_root_position_world_m[frames].astype(float)
    forward = root[-1, :2] - root[0, :2]
    if np.linalg.norm(forward) < MOVED_M:
        names = motion.body_names.tolist()
        at = motion.reference_body_position_world_m[frames].astype(float).mean(axis=0)
        feet = [at[names.index(f"{side}_toes"), :2] - at[names.index(f"{side}_foot"), :2] for side in SIDES]
        forward = feet[0] + feet[1]
    x, y = forward / np.linalg.norm(forward)
    return np.array([[x, y, 0.0], [-y, x, 0.0], [0.0, 0.0, 1.0]])


def _figures(
    time_s: Float[np.ndarray, " F"],
    force: Vectors,
    measured: Vectors,
    support: _Support,
    step: PlateStep,
) -> dict[str, float]:
    """Return the errors of a force."""
    strike, off = (
        MILLI * (_contact(time_s, force, at, rising) - _contact(time_s, measured, at, rising))
        for at, rising in ((step.start_s, True), (step.end_s, False))
    )
    vertical, true = force[:, 2], measured[:, 2]
    rms = rms_difference(vertical, true)
    enough = len(true) > 1
    return {
        "vertical_nrmse_pct": range_error_pct(vertical, true, LEAST_RANGE_BW),
        "vertical_r": correlation(vertical, true),
        "vertical_rms_bw": rms,
        "vertical_rms_N_per_kg": rms * float(-GRAVITY[2]),
        "single_support_rms_bw": rms_difference(vertical[support.single], true[support.single]),
        "double_support_rms_bw": rms_difference(vertical[support.double], true[support.double]),
        "ap_nrmse_pct": range_error_pct(force[:, 0], measured[:, 0], LEAST_HORIZONTAL_RANGE_BW),
        "ml_nrmse_pct": range_error_pct(force[:, 1], measured[:, 1], LEAST_HORIZONTAL_RANGE_BW),
        "impulse_error_pct": PERCENT * (vertical.sum() / true.sum() - 1.0) if enough else math.nan,
        "peak_bw": vertical.max() if enough else math.nan,
        "plates_peak_bw": true.max() if enough else math.nan,
        "peak_error_pct": PERCENT * (vertical.max() / true.max() - 1.0) if enough else math.nan,
        "loading_rate_bw_per_s": _loading_rate(time_s, vertical),
        "plates_loading_rate_bw_per_s": _loading_rate(time_s, true),
        "heel_strike_ms": strike,
        "toe_off_ms": off,
    }


def _contact(time_s: Float[np.ndarray, " F"], force: Vectors, about_s: float, rising: bool) -> float:
    """Return when a foot comes (`rising`) or goes near a time, s; NaN if it does not."""
    near = np.abs(time_s - about_s) < EVENT_S
    return crossing_time(time_s[near], force[near, 2], CONTACT_BW, rising=rising)


def _loading_rate(time_s: Float[np.ndarray, " F"], vertical: Float[np.ndarray, " F"]) -> float:
    """Return the fastest rise of a force between two frames, 1/s times its unit."""
    return float((np.diff(vertical) / np.diff(time_s)).max()) if len(vertical) > 1 else math.nan
