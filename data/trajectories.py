"""Trajectories of points that are not always seen: fill short gaps, find spans without gaps."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import CubicSpline

Trajectory = Float[np.ndarray, "T 3"]
"""Positions of a point over time; NaN where it was not seen."""

Span = tuple[int, int]
"""The first frame, and the frame after the last one."""


def seen_frames(track: Trajectory) -> Bool[np.ndarray, "T"]:
    """Return in which frames the point was seen."""
    return np.isfinite(track.sum(axis=1))


def spans(mask: Bool[np.ndarray, "T"]) -> list[Span]:
    """Return the spans in which the mask is true without a break."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def longest_span(mask: Bool[np.ndarray, "T"]) -> Span:
    """Return the longest span in which the mask is true; the first of several; (0, 0) if there is none."""
    return max(spans(mask), key=lambda span: span[1] - span[0], default=(0, 0))


def fill_gaps(track: Trajectory, longest_gap: int) -> tuple[Trajectory, list[Span]]:
    """Interpolate the short gaps of a trajectory with a cubic spline through the frames in which it was seen.

    Frames before the first and after the last seen frame are not gaps.

    Args:
        track: The trajectory.
        longest_gap: Number of frames; longer gaps stay.

    Returns:
        The trajectory, and the gaps that were filled.
    """
    there = seen_frames(track)
    gaps = [(end, start) for (_, end), (start, _) in pairwise(spans(there)) if start - end <= longest_gap]
    if not gaps:
        return track, []
    times = np.flatnonzero(there)
    curve = CubicSpline(times, track[there], axis=0)
    result = track.copy()
    for start, end in gaps:
        result[start:end] = curve(np.arange(start, end))
    return result, gaps


def format_spans(gaps: Sequence[Span], first_frame: int) -> str:
    """Return spans as text, such as "12-14, 20", counted from `first_frame`."""
    return ", ".join(
        str(start + first_frame) if end - start == 1 else f"{start + first_frame}-{end - 1 + first_frame}"
        for start, end in gaps
    )
