"""When each foot of a recording is on the ground, to a fraction of a frame.

Who strides sets a foot down just after it was farthest ahead of the pelvis, and lifts it where it is farthest behind
(Zeni, Richards and Higginson, Two simple methods for determining gait events, Gait & Posture 2008). Ahead is where the
body goes: whoever walks backwards sets the toes down behind them. That holds on a treadmill too. Runners put the foot
down later and lift it earlier. So a foot must also be near the floor, and whoever does not stride stands on every foot
that is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import argrelmax

from diffphy.recorded_forces.low_pass import low_pass
from diffphy.recorded_forces.recorded_body import RecordedBody
from diffphy.recorded_forces.walking_direction import walking_direction

CUTOFF_HZ = 8.0
"""What is faster in the way of a foot is noise: gait is filtered at 6 to 10 Hz (Winter, Biomechanics, 2009), Hz."""
RETRACTS_S = 0.005
"""A leg swings back already when its foot comes down (Poggensee, Sharbafi and Seyfarth, Characterizing swing-leg
retraction in human locomotion, 2014), so touch-down is later than the farthest point. On five steps over plates it was
11 ms later, and with 5 ms the error of the force was smallest, s."""
LEAST_BETWEEN_S = 0.12
"""Events of one kind of one foot are farther apart: sprinters need 0.4 s for a stride. Our choice, s."""
STRIDE_M, STRIDE_S = 0.3, 0.5
"""Whoever strides moves one foot against the other by this much within this time. Our choice: a step of 0.3 m, which is
short, moves it by 0.6 m."""
LOW_M = 0.06
"""The sole of a foot that stands is not higher above the floor, m. Soles of recordings are known to some 3 cm; the
factor of two is our choice."""
SHORTEST_S = 0.05
"""A shorter contact, or a shorter break of one, is an error of the recording: sprinters touch the ground for 0.09 s
(Weyand et al., J. Appl. Physiol. 2000), s."""
FINE_HZ = 1000.0
"""Contacts are told at least so often."""


@dataclass(frozen=True)
class FootContacts:
    """Which feet are on the ground at N times.

    Attributes:
        contact: Whether the left and the right foot are.
        unclear: Whether the feet stride in no clear direction: then their heights alone tell.
        landing: The end of each foot that comes first, over the floor, m.
        leaving: The end of each foot that leaves last.
    """

    contact: Bool[np.ndarray, "N 2"]
    unclear: Bool[np.ndarray, "N"]
    landing: Float[np.ndarray, "N 2 2"]
    leaving: Float[np.ndarray, "N 2 2"]


def fine_times(frames: int, rate: float) -> Float[np.ndarray, "N"]:
    """Return times from the first frame to the last, each frame's among them, at least `FINE_HZ` a second."""
    count = int(np.ceil(FINE_HZ / rate))
    return np.arange((frames - 1) * count + 1) / (rate * count)


def foot_contacts(body: RecordedBody, time_s: Float[np.ndarray, "N"]) -> FootContacts:
    """Return which feet are on the ground at times after the first frame, s."""
    frame = np.arange(len(body.pelvis)) / body.rate
    direction, clear = walking_direction(body)
    ends = _ends_of_feet(body, direction)
    landing, leaving = (
        low_pass(np.einsum("tsc,tc->ts", each - body.pelvis[:, None, :2], direction), body.rate, CUTOFF_HZ)
        for each in ends
    )
    strides = _striding(low_pass(body.ankle[:, 0, :2] - body.ankle[:, 1, :2], body.rate, CUTOFF_HZ), body.rate)
    by_direction = np.interp(time_s, frame, strides & clear) > 0.5
    contact = np.empty((len(time_s), 2), bool)
    for side, own in enumerate(body.of_foot):
        height = np.interp(time_s, frame, body.lowest[:, own, 2].min(axis=1))
        down, up = _peaks(landing[:, side], body.rate), _peaks(-leaving[:, side], body.rate)
        by_stride = _between_events(time_s, down + RETRACTS_S, up)
        contact[:, side] = (height < LOW_M) & (~by_direction | (by_stride != 0))
        _remove_blips(contact[:, side], time_s)
    unclear = np.interp(time_s, frame, strides & ~clear) > 0.5
    return FootContacts(contact, unclear, *(interpolate(time_s, frame, each) for each in ends))


def interpolate(
    time_s: Float[np.ndarray, "N"], frame_s: Float[np.ndarray, "T"], values: Float[np.ndarray, "T *dims"]
) -> Float[np.ndarray, "N *dims"]:
    """Return values at times between frames, linearly."""
    columns = values.reshape(len(values), -1).T
    return np.stack([np.interp(time_s, frame_s, each) for each in columns], axis=1).reshape(-1, *values.shape[1:])


def _ends_of_feet(
    body: RecordedBody, direction: Float[np.ndarray, "T 2"]
) -> tuple[Float[np.ndarray, "T 2 2"], Float[np.ndarray, "T 2 2"]]:
    """Return the end of each foot that comes first, and the one that leaves last, over the floor, m.

    Whoever goes ahead comes on the heel and leaves from the toes; whoever goes backwards does the opposite.
    """
    heel, toes = body.ankle[..., :2], body.ball[..., :2]
    forward = (1.0 + np.einsum("tc,tc->t", body.facing, direction)[:, None, None]) / 2
    return forward * heel + (1 - forward) * toes, forward * toes + (1 - forward) * heel


def _striding(apart: Float[np.ndarray, "T 2"], rate: float) -> Bool[np.ndarray, "T"]:
    """Return the frames around which the horizontal vector between the feet changes as in a stride."""
    size = 2 * round(STRIDE_S * rate) + 1
    change = maximum_filter1d(apart, size, axis=0) - minimum_filter1d(apart, size, axis=0)
    return np.linalg.norm(change, axis=1) > STRIDE_M


def _peaks(values: Float[np.ndarray, "T"], rate: float) -> Float[np.ndarray, "E"]:
    """Return the times of the peaks of a signal: those of parabolas through three frames, s."""
    at = argrelmax(values, order=max(2, int(LEAST_BETWEEN_S * rate)))[0]
    before, here, after = values[at - 1], values[at], values[at + 1]
    bend = before - 2 * here + after
    return (at + 0.5 * (before - after) / np.where(bend < 0, bend, -1.0)) / rate


def _between_events(
    time_s: Float[np.ndarray, "N"], down: Float[np.ndarray, "D"], up: Float[np.ndarray, "U"]
) -> Float[np.ndarray, "N"]:
    """Return 1 from each touch-down on, 0 from each lift-off on, and -1 if there are no events."""
    events = sorted([(time, 1.0) for time in down] + [(time, 0.0) for time in up])
    if not events:
        return np.full(len(time_s), -1.0)
    state = np.full(len(time_s), 1.0 - events[0][1])
    for time, kind in events:
        state[time_s >= time] = kind
    return state


def _remove_blips(contact: Bool[np.ndarray, "N"], time_s: Float[np.ndarray, "N"]) -> None:
    """Turn over the parts between two changes that are too short to be true, shortest first, in place."""
    while True:
        edges = np.flatnonzero(np.diff(contact)) + 1
        lengths = np.diff(time_s[edges])
        if not len(lengths) or lengths.min() >= SHORTEST_S:
            return
        start, end = edges[lengths.argmin()], edges[lengths.argmin() + 1]
        contact[start:end] = ~contact[start:end]
