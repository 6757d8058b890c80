"""How both feet share the load of a recording."""

from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float

LONGEST_TRANSFER_S = 0.5
"""A step from one foot to the other takes at most this time with both on the ground, s."""
LEAST_ALONE_S = 0.1
"""Between a flight and a stance on both feet, nobody carries on one of them for a shorter time. Our choice, s."""
BLEND_S = 0.15
"""A foot that is set down beside a standing one takes its load in this time, s."""


def left_share(
    contact: Bool[np.ndarray, "N 2"], balance: Float[np.ndarray, "N"], time_s: Float[np.ndarray, "N"]
) -> Float[np.ndarray, "N"]:
    """Return the share of the load on the left foot, 0 to 1.

    In a step from one foot to the other it is a smooth step between touch-down and lift-off, and so it is in flight.
    Whoever stands on both feet loads them by where the zero moment point lies between them.

    Args:
        contact: Whether the left and the right foot are on the ground.
        balance: The share by the zero moment point.
        time_s: Increasing times, s.
    """
    alone = np.where(contact[:, 0] & ~contact[:, 1], 1.0, np.where(contact[:, 1] & ~contact[:, 0], 0.0, np.nan))
    share = alone.copy()
    kind = contact.sum(axis=1)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(kind)) + 1, [len(kind)]])
    for start, end in pairwise(edges):
        if kind[start] == 1:
            continue
        before = float(alone[start - 1]) if start else np.nan
        after = float(alone[end]) if end < len(alone) else np.nan
        inside = slice(start, end)
        share[inside] = _shared(time_s[inside], before, after, balance[inside], both=bool(kind[start] == 2))
    return share


def _shared(
    time_s: Float[np.ndarray, "M"], before: float, after: float, balance: Float[np.ndarray, "M"], *, both: bool
) -> Float[np.ndarray, "M"]:
    """Return the share while both feet are on the ground, or none is, between those before and after; NaN: unknown."""
    step = time_s[1] - time_s[0] if len(time_s) > 1 else 0.0
    elapsed, length = time_s - time_s[0] + step / 2, time_s[-1] - time_s[0] + step
    changes = np.isfinite(before) and np.isfinite(after) and before != after
    if not both or (changes and length < LONGEST_TRANSFER_S):
        ends = [value for value in (before, after) if np.isfinite(value)] or [0.5]
        passed = elapsed / length if length > 0 else np.full(len(elapsed), 0.5)  # a single moment is the middle
        return ends[0] + (ends[-1] - ends[0]) * smooth_step(passed)
    if length == 0:
        return balance
    blend = min(BLEND_S, length / 2)
    share = balance
    if np.isfinite(before):
        share = before + (share - before) * smooth_step(elapsed / blend)
    if np.isfinite(after):
        share = after + (share - after) * smooth_step((length - elapsed) / blend)
    return share


def join_brief_support(contact: Bool[np.ndarray, "N 2"], time_s: Float[np.ndarray, "N"]) -> Bool[np.ndarray, "N 2"]:
    """Return the contacts, with both feet down where one comes just before the other, or leaves just after it.

    Who lands on both feet has one down some hundredths of a second earlier. It does not carry all and then hand over
    half: the force rises as fast below both.

    Args:
        contact: Whether the left and the right foot are on the ground.
        time_s: Increasing times, s.
    """
    joined, kind = contact.copy(), contact.sum(axis=1)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(kind)) + 1, [len(kind)]])
    for start, end in pairwise(edges[1:-1]):
        if {kind[start - 1], kind[end]} == {0, 2} and time_s[end - 1] - time_s[start] < LEAST_ALONE_S:
            joined[start:end] = True
    return joined


def smooth_step(x: Float[np.ndarray, "N"]) -> Float[np.ndarray, "N"]:
    """Return the cubic from 0 at x = 0 to 1 at x = 1 whose slope is zero at both; constant beyond."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)
