"""Vertical ground forces of a motion beside those that force plates measured."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from data.body_weight import body_weight
from data.force_plates import (
    ForcePlates,
    carrying_frames,
    mean_over_intervals,
    vertical_force_of_feet,
)
from data.joint_tracks import JointTracks
from diffphy.metrics import constant_error_pct, correlation, force_error_pct
from pipelines.reconstruction.measure import Figures


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
    weight, source = body_weight(plates, joints, given_N)
    if weight is None:
        return None, source
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
