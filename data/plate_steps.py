"""Steps on force plates: which foot was on which plates, from when to when, and what it did to them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float

from data.force_plates import LOADED_N, REACH_M, SIDES, ForcePlates
from data.joint_tracks import JointTracks
from data.trajectories import Span, spans

SHORTEST_S = 0.1
"""Who loads a plate for a shorter time makes no step, s."""
LEAST_PEAK = 0.2
"""Who loads a plate with less than this share of the largest load makes no step."""
FLICKER_S = 0.03
"""A shorter break of the load is noise, s."""
LEAST_COVERED_S = 0.5
"""The recording covers half of a load, or at least this, s."""
ONE_FOOT = 0.9
"""Share of the time of a load in which the same foot must be the nearer one."""
OVER_EDGE_M = 0.02
"""A foot whose heel or ball is farther beyond the edge of its plate is partly off it, m."""


@dataclass(frozen=True, eq=False)
class PlateStep:
    """What one foot did on the plates, from one time to another.

    Attributes:
        side: "left" or "right".
        start_s: When the load begins, on the clock of the plates.
        end_s: When it ends.
        force_N: Force on this foot at the times of the plates; zero before and after.
        point_m: Its centre of pressure. NaN where it does not load the plates.
    """

    side: str
    start_s: float
    end_s: float
    force_N: Float[np.ndarray, "T 3"]
    point_m: Float[np.ndarray, "T 3"]


def find_steps(plates: ForcePlates, feet: JointTracks) -> tuple[tuple[PlateStep, ...], tuple[str, ...]]:
    """Return the steps on the plates in the order of time, and a sentence on each load that is none.

    A foot may load several plates. A load is left out if both feet or nobody known made it, or if the foot is partly
    off the plate.

    Args:
        plates: The plates.
        feet: Where the joints "left_ankle", "right_ankle", "left_toe" and "right_toe" are, on the clock of the plates.
    """
    at = feet.select([f"{side}_{joint}" for side in SIDES for joint in ("ankle", "toe")]).at(plates.time_s)
    ends = at.reshape(len(at), 2, 2, 3)  # (T, foot, heel or ball, 3)
    owned = np.zeros((len(SIDES), *plates.loaded.shape), bool)
    notes = []
    least = LEAST_PEAK * float(plates.force_N[..., 2].max())
    for plate, name in enumerate(plates.names):
        for start, end in _loads(plates.force_N[:, plate, 2], plates.time_s, least):
            load = slice(start, end)
            side, reason = _owner(plates, plate, load, ends)
            if reason:
                when = f"{plates.time_s[start]:.2f} to {plates.time_s[end - 1]:.2f} s"
                notes.append(f"plate {name} from {when} is left out: {reason}")
            else:
                owned[side, load, plate] = True
    steps = [step for index, side in enumerate(SIDES) for step in _steps_of_foot(plates, owned[index], side)]
    return tuple(sorted(steps, key=lambda step: step.start_s)), tuple(notes)


def _loads(vertical_N: Float[np.ndarray, "T"], time_s: Float[np.ndarray, "T"], least_N: float) -> list[Span]:
    """Return the spans in which a plate is loaded, those with a peak of at least `least_N`."""
    loaded = vertical_N > LOADED_N
    for (_, end), (start, _) in pairwise(spans(loaded)):
        if time_s[start] - time_s[end - 1] < FLICKER_S:
            loaded[end:start] = True
    return [
        (start, end)
        for start, end in spans(loaded)
        if time_s[end - 1] - time_s[start] >= SHORTEST_S and vertical_N[start:end].max() >= least_N
    ]


def _owner(plates: ForcePlates, plate: int, load: slice, ends: Float[np.ndarray, "T 2 2 3"]) -> tuple[int, str]:
    """Return the index of the foot that loads a plate, and why it cannot be told, if so."""
    there = np.isfinite(ends[load]).all(axis=(1, 2, 3))
    if there.mean() < 0.5 and there.sum() * np.diff(plates.time_s).mean() < LEAST_COVERED_S:
        return 0, "the recording does not cover it"
    feet, point = ends[load][there], plates.point_m[load, plate][there]
    distance = _distance_from_feet(point, feet)
    vertical = plates.force_N[load, plate, 2][there]
    share = float(vertical[distance[:, 0] < distance[:, 1]].sum() / vertical.sum())
    side = int(share < 0.5)
    if np.median(distance[:, side]) > REACH_M:
        return side, "no foot is near the centre of pressure"
    if max(share, 1 - share) < ONE_FOOT:
        return side, "both feet load it"
    if plates.corners_m is not None:
        beyond = _beyond(plates.corners_m[plate], feet[:, side])
        if (beyond[vertical > 0.5 * vertical.max()] > OVER_EDGE_M).mean() > 0.5:
            return side, f"the {SIDES[side]} foot is partly off it"
    return side, ""


def _distance_from_feet(
    point: Float[np.ndarray, "T 3"], feet: Float[np.ndarray, "T 2 2 3"]
) -> Float[np.ndarray, "T 2"]:
    """Return the horizontal distance of a point from the line between ankle and ball of each foot, m."""
    heel, ball = feet[:, :, 0, :2], feet[:, :, 1, :2]
    along, offset = ball - heel, point[:, None, :2] - heel
    share = (along * offset).sum(axis=-1) / np.maximum((along**2).sum(axis=-1), 1e-9)
    nearest = heel + np.clip(share, 0.0, 1.0)[..., None] * along
    return np.linalg.norm(point[:, None, :2] - nearest, axis=-1)


def _beyond(corners: Float[np.ndarray, "4 3"], foot: Float[np.ndarray, "T 2 3"]) -> Float[np.ndarray, "T"]:
    """Return how far the farther end of a foot is beyond the edges of a plate, m; negative inside."""
    flat = corners[:, :2]
    edges = np.roll(flat, -1, axis=0) - flat
    outward = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / np.linalg.norm(edges, axis=1, keepdims=True)
    if edges[0, 0] * edges[1, 1] < edges[0, 1] * edges[1, 0]:  # clockwise
        outward = -outward
    return np.einsum("tekc,kc->tek", foot[:, :, None, :2] - flat, outward).max(axis=(1, 2))


def _steps_of_foot(plates: ForcePlates, owned: Bool[np.ndarray, "T P"], side: str) -> list[PlateStep]:
    """Return the steps of one foot, given where it loads each plate."""
    force = np.where(owned[..., None], plates.force_N, 0.0)
    total = force.sum(axis=1)
    weighted = (force[..., 2:] * plates.point_m).sum(axis=1)
    point = np.where(total[:, 2:] > LOADED_N, weighted / np.maximum(total[:, 2:], LOADED_N), np.nan)
    steps = []
    for start, end in spans(np.asarray(owned.any(axis=1))):
        inside = (np.arange(len(total)) >= start) & (np.arange(len(total)) < end)
        steps.append(
            PlateStep(
                side,
                float(plates.time_s[start]),
                float(plates.time_s[end - 1]),
                np.where(inside[:, None], total, 0.0),
                np.where(inside[:, None], point, np.nan),
            )
        )
    return steps
