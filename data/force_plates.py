"""Forces that plates in the floor measured: which foot stood on which plate, and when the plates carried it all."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float

from data.joint_tracks import ROUNDING_S, JointTracks
from data.trajectories import spans

LOADED_N = 20.0
"""Vertical force from which on somebody is on a plate, N."""
REACH_M = 0.25
"""Farthest that the centre of pressure lies from the ankle whose foot stands there, horizontally, m."""
CLEARLY_NEARER = 0.6
"""The centre of pressure belongs to the nearer ankle if its distance is below this share of the other's."""
FULL_LOAD = 0.8
"""Share of the body weight from which on the whole body is on the plates."""
LONGEST_LIGHT_S = 0.7
"""Who flies or gives way is lighter for at most this time, s. Later, something else than the plates carries them."""
STANDING_HEIGHT_M, STANDING_SPEED = 0.03, 0.2
"""An ankle that is not higher above its resting height, and not faster (m/s), is that of a foot that stands."""
_RESTING_PERCENTILE = 5.0

SIDES = ("left", "right")


@dataclass(frozen=True)
class ForcePlates:
    """What P plates measured at T times, in a Z-up right-handed world.

    Attributes:
        names: Names of the plates.
        time_s: Increasing times, s.
        force_N: Force on the person.
        point_m: Centre of pressure. Meaningless where the plate is not loaded.
        corners_m: Corners of each plate, one after another. None where the file does not have them.
    """

    names: tuple[str, ...]
    time_s: Float[np.ndarray, "T"]
    force_N: Float[np.ndarray, "T P 3"]
    point_m: Float[np.ndarray, "T P 3"]
    corners_m: Float[np.ndarray, "P 4 3"] | None = None

    def over_the_belt(self, belt_m_per_s: Float[np.ndarray, "2"], start_s: float) -> "ForcePlates":
        """Return the plates below a treadmill as they are seen from its belt, which is in its place at a time, s."""
        way = (self.time_s - start_s)[:, None] * np.append(belt_m_per_s, 0.0)
        return replace(self, point_m=self.point_m - way[:, None], corners_m=None)

    @property
    def vertical_N(self) -> Float[np.ndarray, "T"]:
        """Vertical force of all plates together."""
        return self.force_N[..., 2].sum(axis=1)

    @property
    def loaded(self) -> Bool[np.ndarray, "T P"]:
        """Whether somebody is on each plate."""
        return self.force_N[..., 2] > LOADED_N


def carrying_frames(plates: ForcePlates, weight_N: float) -> Bool[np.ndarray, "T"]:
    """Return in which frames the plates carry the whole body, or nothing does because it flies.

    Who steps onto the plates, or sits beside them, loads them in part only. So these are the frames with 80 % of the
    body weight, and the breaks between them that are not longer than a flight. The thresholds are our choice.
    """
    carried = plates.vertical_N >= FULL_LOAD * weight_N
    for (_, end), (start, _) in pairwise(spans(carried)):
        if plates.time_s[start] - plates.time_s[end - 1] <= LONGEST_LIGHT_S:
            carried[end:start] = True
    return carried


def vertical_force_of_feet(
    plates: ForcePlates, ankles: JointTracks, weight_N: float
) -> dict[str, Float[np.ndarray, "T"]]:
    """Return the vertical force on the left and the right foot, N; NaN where the plates do not tell.

    A plate's force belongs to the foot whose ankle is near its centre of pressure, and clearly nearer than the other.
    The plates do not tell where a loaded plate belongs to no foot, where they do not carry the whole body, or where a
    foot stands on none of them: it may share the other's plate.

    Args:
        plates: The plates.
        ankles: The true "left_ankle" and "right_ankle", in the world and on the clock of the plates.
        weight_N: The weight of the person.
    """
    at = _ankles_at(plates, ankles)
    distance = _distance(plates, at)
    nearest, farthest = distance.min(axis=-1), distance.max(axis=-1)
    known = (nearest <= REACH_M) & (nearest <= CLEARLY_NEARER * farthest)
    loaded = plates.loaded
    owner = distance.argmin(axis=-1)
    owned = {side: loaded & (owner == index) for index, side in enumerate(SIDES)}
    standing = _standing(at, plates.time_s)
    clear = carrying_frames(plates, weight_N) & (known | ~loaded).all(axis=1) & np.isfinite(at).all(axis=(1, 2))
    for index, side in enumerate(SIDES):
        clear &= owned[side].any(axis=1) | ~standing[:, index]
    force = {side: np.where(mask, plates.force_N[..., 2], 0.0).sum(axis=1) for side, mask in owned.items()}
    return {side: np.where(clear, values, np.nan) for side, values in force.items()}


def on_plates_frames(plates: ForcePlates, ankles: JointTracks) -> Bool[np.ndarray, "T"]:
    """Return in which frames no foot stands beside the plates: where none is near it, or only one under the other foot.

    Args:
        plates: The plates.
        ankles: The true "left_ankle" and "right_ankle", in the world and on the clock of the plates.
    """
    at = _ankles_at(plates, ankles)
    distance = _distance(plates, at)
    of_other = distance[..., ::-1] < CLEARLY_NEARER * distance
    below = (plates.loaded[..., None] & (distance <= REACH_M) & ~of_other).any(axis=1)
    carried = np.asarray((below | ~_standing(at, plates.time_s)).all(axis=1))
    return carried & np.isfinite(at).all(axis=(1, 2))


def _ankles_at(plates: ForcePlates, ankles: JointTracks) -> Float[np.ndarray, "T 2 3"]:
    return ankles.select([f"{side}_ankle" for side in SIDES]).at(plates.time_s)


def _distance(plates: ForcePlates, ankle: Float[np.ndarray, "T 2 3"]) -> Float[np.ndarray, "T P 2"]:
    """Return the horizontal distance of each plate's centre of pressure from each ankle, m."""
    return np.linalg.norm(plates.point_m[:, :, None, :2] - ankle[:, None, :, :2], axis=-1)


def _standing(ankle: Float[np.ndarray, "T 2 3"], time_s: Float[np.ndarray, "T"]) -> Bool[np.ndarray, "T 2"]:
    """Return in which frames the ankle of each foot rests near its lowest height."""
    known = np.isfinite(ankle).all(axis=(1, 2))
    if not known.any():
        return np.zeros(ankle.shape[:2], bool)
    resting = np.percentile(ankle[known, :, 2], _RESTING_PERCENTILE, axis=0)
    speed = np.linalg.norm(np.gradient(ankle, time_s, axis=0), axis=-1)
    return (ankle[..., 2] < resting + STANDING_HEIGHT_M) & (speed < STANDING_SPEED)


def mean_over_intervals(
    time_s: Float[np.ndarray, "T"], values: Float[np.ndarray, "T"], ends_s: Float[np.ndarray, "S"], length_s: float
) -> Float[np.ndarray, "S"]:
    """Return the mean of a signal, linear between its samples, over intervals of equal length that end at given times.

    Simulated contact forces are such means. NaN where an interval reaches beyond the signal, or a sample within it or
    beside it is NaN.
    """
    unknown = np.isnan(values)
    areas = 0.5 * (np.nan_to_num(values[1:]) + np.nan_to_num(values[:-1])) * np.diff(time_s)
    integral = np.concatenate([[0.0], np.cumsum(areas)])
    starts_s = ends_s - length_s

    def integrate(wanted: Float[np.ndarray, "S"]) -> Float[np.ndarray, "S"]:
        before = np.clip(np.searchsorted(time_s, wanted, side="right") - 1, 0, len(time_s) - 2)
        step = wanted - time_s[before]
        slope = np.diff(np.nan_to_num(values))[before] / np.diff(time_s)[before]
        return integral[before] + step * (np.nan_to_num(values)[before] + 0.5 * slope * step)

    first = np.searchsorted(time_s, starts_s + ROUNDING_S, side="right") - 1
    last = np.searchsorted(time_s, ends_s - ROUNDING_S)
    inside = (first >= 0) & (last < len(time_s))
    count = np.concatenate([[0], np.cumsum(unknown)])
    gaps = count[np.clip(last, 0, len(time_s) - 1) + 1] - count[np.clip(first, 0, len(time_s) - 1)]
    return np.where(inside & (gaps == 0), (integrate(ends_s) - integrate(starts_s)) / length_s, np.nan)
