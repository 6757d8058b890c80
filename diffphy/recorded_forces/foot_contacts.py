"""When each foot of a recording is on the ground, to a fraction of a frame.

Who strides sets a foot down where its heel is farthest ahead of the pelvis, and lifts it where its toes are farthest
behind (Zeni, Richards and Higginson, Two simple methods for determining gait events, Gait & Posture 2008). That holds
on a treadmill too. Whoever does not stride stands on a foot whose sole is near the floor.
"""

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import argrelmax

from diffphy.recorded_forces.low_pass import low_pass
from diffphy.recorded_forces.recorded_body import RecordedBody

CUTOFF_HZ = 8.0
LEAST_BETWEEN_S = 0.12
"""Events of one kind are at least this far apart, s."""
STRIDE_M, STRIDE_S = 0.3, 0.5
"""Whoever strides changes the distance between the feet, along their own direction, by this much within this time."""
LOW_M = 0.06
"""The sole of a foot that stands is not higher above the floor, m. Soles are known to some 3 cm."""
SHORTEST_S = 0.05
"""A shorter contact, or a shorter break of one, is an error of the recording, s."""
FINE_HZ = 1000.0
"""Contacts are told at least so often."""


def fine_times(frames: int, rate: float) -> Float[np.ndarray, "N"]:
    """Return times from the first frame to the last, each frame's among them, at least `FINE_HZ` a second."""
    count = int(np.ceil(FINE_HZ / rate))
    return np.arange((frames - 1) * count + 1) / (rate * count)


def foot_contacts(body: RecordedBody, time_s: Float[np.ndarray, "N"]) -> Bool[np.ndarray, "N 2"]:
    """Return whether the left and the right foot are on the ground at times after the first frame, s."""
    frame = np.arange(len(body.pelvis)) / body.rate
    ahead = np.stack([body.left[:, 1], -body.left[:, 0]], axis=1)
    heel, toes = (
        low_pass(np.einsum("tsc,tc->ts", (each - body.pelvis[:, None])[..., :2], ahead), body.rate, CUTOFF_HZ)
        for each in (body.ankle, body.ball)
    )
    strides = np.interp(time_s, frame, _striding(heel[:, 0] - heel[:, 1], body.rate)) > 0.5
    contact = np.empty((len(time_s), 2), bool)
    for side, own in enumerate(body.of_foot):
        height = np.interp(time_s, frame, body.lowest[:, own, 2].min(axis=1))
        down, up = _peaks(heel[:, side], body.rate), _peaks(-toes[:, side], body.rate)
        by_stride = _between_events(time_s, down, up)
        contact[:, side] = np.where(strides & (by_stride >= 0), by_stride > 0, height < LOW_M)
        _remove_blips(contact[:, side], time_s)
    return contact


def _striding(apart: Float[np.ndarray, "T"], rate: float) -> Float[np.ndarray, "T"]:
    """Return 1 in the frames around which the distance between the feet changes as in a stride."""
    size = 2 * round(STRIDE_S * rate) + 1
    return (maximum_filter1d(apart, size) - minimum_filter1d(apart, size) > STRIDE_M).astype(float)


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
