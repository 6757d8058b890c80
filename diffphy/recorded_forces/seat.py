"""Who sits: what a seat carries, and what is left for the feet.

A seat pushes upwards below the hips, the feet push where they stand. Together they carry the body as one force at the
zero moment point would, so its place between hips and feet tells the part of each (the law of the lever). Nobody has to
say where the seat is. It is left again when the hips rise.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from diffphy.recorded_forces.recorded_body import RecordedBody

STEEPEST = 2.0
"""Hips that are higher above the ankles than this many times their distance from the feet do not sit: who leans on a
wall stands at 3 and more, who sits on a high stool at some 2. Our choice."""
RISES_M = 0.02
"""Hips that are higher than in the seat by more have left it: so far cushion and buttocks give way. Our choice, m."""
LEAST_S = 0.4
"""Nobody sits down and rises again in less. Our choice, s."""
BEYOND_M = 0.2
"""A seat and feet cannot explain a zero moment point that is farther behind the hips, or beside the line from the hips
to the feet: somebody leans back, or on an arm. Our choice, m."""


@dataclass(frozen=True)
class Seat:
    """Whether somebody sits in T frames, and the share of the load that the feet have then, 0 to 1."""

    sits: Bool[np.ndarray, "T"]
    feet: Float[np.ndarray, "T"]


def find_seat(body: RecordedBody, point: Float[np.ndarray, "T 2"], unexplained: Bool[np.ndarray, "T"]) -> Seat:
    """Return when somebody sits, and the share of the load on the feet.

    Args:
        body: The body in the recorded poses.
        point: The zero moment point on the floor, m.
        unexplained: Whether the feet alone cannot explain the force, they stand, and nothing else touches the floor.
    """
    hips = body.pelvis
    ahead = body.ankle[..., :2].mean(axis=1) - hips[:, :2]  # feet that bear little press below their ankles
    distance = np.linalg.norm(ahead, axis=1)
    ahead = ahead / np.maximum(distance, 1e-6)[:, None]
    offset = point - hips[:, :2]
    along = (offset * ahead).sum(axis=1)
    aside = np.abs(offset[:, 0] * ahead[:, 1] - offset[:, 1] * ahead[:, 0])
    above = hips[:, 2] - body.ankle[..., 2].mean(axis=1)
    bent = above < STEEPEST * distance
    before = (body.facing * ahead).sum(axis=1) > 0.0  # who kneels or leans on the hands has the feet behind
    fits = bent & before & (along > -BEYOND_M) & (aside < BEYOND_M)
    sits = np.zeros(len(point), bool)
    episodes = number_spans(unexplained & fits)
    for each in range(1, episodes.max(initial=0) + 1):
        inside = episodes == each
        low = number_spans(fits & (np.abs(hips[:, 2] - np.median(hips[inside, 2])) < RISES_M))
        long = np.flatnonzero(np.bincount(low) >= LEAST_S * body.rate)
        sits |= (low > 0) & np.isin(low, low[inside]) & np.isin(low, long)
    share = np.clip(along / np.maximum(distance, 1e-6), 0.0, 1.0)
    return Seat(sits, np.where(sits, share, 1.0))


def number_spans(mask: Bool[np.ndarray, "T"]) -> Int[np.ndarray, "T"]:
    """Return 1 where the mask holds for the first time, 2 for the second time, and so on; 0 where it does not."""
    return np.cumsum(mask & ~np.concatenate([[False], mask[:-1]])) * mask
