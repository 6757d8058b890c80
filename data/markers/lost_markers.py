"""Frames in which a marker is not where it was stuck: frozen by the program, jumping, or exchanged with another.

Markers of one part of the body keep their distances. A marker is lost where it leaves nearly all of its neighbours, and
where it stands still in the world while they move.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from data.trajectories import Span, Trajectory, seen_frames, spans

NEIGHBOURS = 4  # the markers whose distance changes least
LOOSEST_M = 0.05  # a distance that usually changes more is no neighbour's
JUMP_M_S, JUMPS = 12.0, 4.0  # a step between frames that is so fast, and so many times the steps around it, is a jump
LONGEST_AWAY_S = 1.0  # after a longer time, nobody knows which of two places is the true one
AROUND = 5  # frames before and after a jump
SAME_M = 1e-5  # a marker that moves less between frames stands still; real ones tremble more
LONGEST_REST_S = 0.04
MOVED_M = 0.01  # how far the neighbours move while it stands still


@dataclass(frozen=True)
class LostFrames:
    """The frames in which a marker is lost, by what happened.

    Attributes:
        frozen: It stands still while its neighbours move.
        away: It leaves its neighbours: it jumps, or is exchanged with another marker.
    """

    frozen: tuple[Span, ...]
    away: tuple[Span, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        return (*self.frozen, *self.away)


def find_lost(tracks: Mapping[str, Trajectory], fps: float) -> dict[str, LostFrames]:
    """Return the frames in which markers are lost, by marker; markers that never are do not appear.

    Args:
        tracks: Trajectories, m; NaN where not seen.
        fps: Frames per second.
    """
    names = [name for name, track in tracks.items() if seen_frames(track).sum() > 2]
    if len(names) < 3:
        return {}
    places = np.stack([tracks[name] for name in names], axis=1)
    lost: dict[str, LostFrames] = {}
    for index, name in enumerate(names):
        apart = np.linalg.norm(places - places[:, [index]], axis=-1)
        spread = np.array([_spread(each) for each in apart.T])
        spread[index] = np.inf
        near = np.argsort(spread)[:NEIGHBOURS]
        near = near[spread[near] < LOOSEST_M]
        if len(near) < 2:
            continue
        frozen = _frozen(places[:, index], places[:, near], fps)
        away = [span for span in _away(places[:, index], places[:, near], fps) if not _covered(span, frozen)]
        if frozen or away:
            lost[name] = LostFrames(tuple(frozen), tuple(away))
    return lost


def _spread(apart: Float[np.ndarray, "T"]) -> float:
    """Return the usual deviation of a distance from its median; infinite where it is seldom known."""
    known = apart[np.isfinite(apart)]
    return float(np.median(np.abs(known - np.median(known)))) if len(known) > len(apart) / 4 else np.inf


def _away(track: Trajectory, near: Float[np.ndarray, "T N 3"], fps: float) -> list[Span]:
    """Return the spans between jumps in which the marker is elsewhere than most of the time."""
    steps, beside = np.diff(track, axis=0), np.diff(near, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    jumps = [
        at
        for at in map(int, np.flatnonzero(lengths > JUMP_M_S / fps))
        if lengths[at] > JUMPS * _usual_step(lengths, at)
        and lengths[at] > JUMPS / 2 * np.nanmedian(np.append(np.linalg.norm(beside[at], axis=-1), np.nan))
    ]
    if not jumps:
        return []
    edges = [0, *(at + 1 for at in jumps), len(track)]
    parts = list(pairwise(edges))
    # A jump leads away, the next one back: the marker is away in the every other part that has fewer frames.
    out, back = parts[1::2], parts[0::2]
    away = min(out, back, key=lambda every: sum(end - start for start, end in every))
    return [part for part in away if part[1] - part[0] <= LONGEST_AWAY_S * fps]


def _usual_step(steps: Float[np.ndarray, "_"], at: int) -> float:
    around = np.append(steps[max(0, at - AROUND) : at], steps[at + 1 : at + 1 + AROUND])
    around = around[np.isfinite(around)]
    return float(np.median(around)) if len(around) else np.inf


def _frozen(track: Trajectory, near: Float[np.ndarray, "T N 3"], fps: float) -> list[Span]:
    """Return the spans in which the marker stands still and its neighbours move."""
    steps = np.linalg.norm(np.diff(track, axis=0), axis=1)
    still = np.concatenate([[False], steps <= SAME_M])  # NaN is not still
    found = []
    for start, end in spans(still):
        before = start - 1
        moved = np.linalg.norm(near[end - 1] - near[before], axis=-1)
        if end - before > LONGEST_REST_S * fps and np.isfinite(moved).any() and np.nanmedian(moved) > MOVED_M:
            found.append((start, end))
    return found


def _covered(span: Span, others: list[Span]) -> bool:
    return any(start <= span[1] and span[0] <= end for start, end in others)
