"""Whether the cameras run in step: by how many frames one of them is away from the others."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from data.keypoints.lines_of_sight import LinesOfSight, meeting_points, passing_distance

FAR = 0.1  # m: lines that pass each other by more are those of different people


def best_shift(lines: LinesOfSight, others: Sequence[LinesOfSight], longest: int) -> tuple[int, float]:
    """Return how many frames later a camera would have to be read so that its lines best meet those of others.

    Each keypoint's median is taken out: a detector sees a hip too far ahead in one view, and calibrations err, whatever
    the time. What is left grows with the time between the cameras.

    Args:
        lines: The lines of the camera, of one person a frame.
        others: Those of the other cameras, in the same frames.
        longest: The longest shift, frames. A quarter of the frames is the most.

    Returns:
        The shift, and by how much the lines miss each other with it, over by how much they do without.
    """
    count = len(lines.start)
    longest = min(longest, count // 4)
    inside = slice(longest, count - longest)  # the same frames of the others for every shift
    points = meeting_points(others, np.ones((len(others), count), bool))
    shifts = range(-longest, longest + 1)
    spreads = []
    for shift in shifts:
        shifted = lines.shifted(shift)
        away = passing_distance(shifted, others[0])[..., None] if len(others) == 1 else shifted.away_from(points)[:, 0]
        spreads.append(_spread(away[inside]))
    best = int(np.argmin(spreads))
    unshifted = spreads[longest]
    return shifts[best], spreads[best] / unshifted if unshifted > 0.0 else 1.0


def _spread(away: Float[np.ndarray, "T K D"]) -> float:
    """Return the mean distance from each keypoint's median, m. What is not known counts as far."""
    away = away[:, np.isfinite(away).any(axis=(0, 2))]
    if not away.size:
        return FAR
    apart = np.linalg.norm(away - np.nanmedian(away, axis=0), axis=-1)
    return float(np.mean(np.minimum(np.nan_to_num(apart, nan=FAR), FAR)))
