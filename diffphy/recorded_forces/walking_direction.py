"""Where somebody who strides goes: ahead, backwards or sidewards, over ground or on a treadmill."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from diffphy.recorded_forces.recorded_body import RecordedBody

STRIDE_S = 1.0
"""The direction is that of the way in this time: about a stride, over which the sway of the pelvis cancels, s."""
OVER_GROUND_M_PER_S, GOES_M_PER_S = 0.3, 0.15
"""A faster pelvis goes over ground. Whoever goes more slowly than the second speed goes nowhere. Our choice, m/s."""
TURNS_DEG = 90.0
"""Whoever turns by more within `STRIDE_S` has no direction. A turn of a quarter moves the events of a foot, which is
0.1 m beside the pelvis and swings by 0.35 m, by some 10 ms, degrees."""


def walking_direction(body: RecordedBody) -> tuple[Float[np.ndarray, "T 2"], Bool[np.ndarray, "T"]]:
    """Return the horizontal unit vector in which the body goes over what it stands on, and where it has one.

    Over ground it is the way of the pelvis. On a treadmill the pelvis stays, and the lower foot, which stands, goes the
    other way.
    """
    velocity = _over_a_stride(body.pelvis[:, :2], body.rate)
    slow = np.linalg.norm(velocity, axis=1) < OVER_GROUND_M_PER_S
    velocity[slow] = _on_treadmill(body)[slow]
    speed = np.linalg.norm(velocity, axis=1)
    direction = velocity / np.maximum(speed, 1e-9)[:, None]
    return direction, (speed >= GOES_M_PER_S) & ~_turns(direction, body.rate)


def _over_a_stride(place: Float[np.ndarray, "T 2"], rate: float) -> Float[np.ndarray, "T 2"]:
    """Return the mean velocity in the time around each frame, m/s."""
    at, half = np.arange(len(place)), max(1, round(0.5 * STRIDE_S * rate))
    first, last = np.maximum(at - half, 0), np.minimum(at + half, len(place) - 1)
    return (place[last] - place[first]) * (rate / (last - first))[:, None]


def _on_treadmill(body: RecordedBody) -> Float[np.ndarray, "T 2"]:
    """Return the mean velocity against the foot that stands, m/s."""
    low = np.stack([body.lowest[:, own, 2].min(axis=1) for own in body.of_foot], axis=1).argmin(axis=1)
    foot = np.gradient((body.ankle + body.ball)[..., :2] / 2 - body.pelvis[:, None, :2], 1 / body.rate, axis=0)
    standing = foot[np.arange(len(low)), low]
    return -uniform_filter1d(standing, 2 * max(1, round(0.5 * STRIDE_S * body.rate)) + 1, axis=0)


def _turns(direction: Float[np.ndarray, "T 2"], rate: float) -> Bool[np.ndarray, "T"]:
    """Return where the direction changes by more than `TURNS_DEG` around a frame."""
    angle = np.unwrap(np.arctan2(direction[:, 1], direction[:, 0]))
    size = 2 * max(1, round(0.5 * STRIDE_S * rate)) + 1
    return maximum_filter1d(angle, size) + maximum_filter1d(-angle, size) > np.deg2rad(TURNS_DEG)
