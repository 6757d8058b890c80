"""Joints of a motion beside the true ones, whose world and clock are others."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.force_plates import SIDES
from data.joint_tracks import JointTracks
from diffphy.metrics import mpjpe_pa, procrustes, tilt_deg
from pipelines.reconstruction.measure import Figures

LEGS = tuple(f"{side}_{joint}" for joint in ("hip", "knee", "ankle") for side in SIDES)
ARMS = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist") for side in SIDES)
"""The joints that are compared. The truth must have the legs."""

SEARCH_S, COARSE_S, FINE_S = 1.5, 0.05, 0.005
"""How far apart the clocks of film and truth may be, and the steps in which the best offset is looked for, s."""
SHARED = 0.6
"""Share of the shorter of film and truth that an offset must leave to compare."""
STILL_M = 1e-3
"""Standard deviation of the distances between joints up to which a body stands still, m."""


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
            f"film and truth share less than {100 * SHARED:.0f} % of the shorter of the two, within {SEARCH_S:g} s, in "
            "frames where all joints are known: cut one of them, so that both start together, or leave out joints that "
            "are often unknown"
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
