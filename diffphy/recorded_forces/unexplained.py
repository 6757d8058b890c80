"""Where feet and seat cannot explain a recorded motion: somebody lies, hangs or leans on something."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import binary_dilation, binary_opening

from diffphy.recorded_forces.recorded_body import RecordedBody
from diffphy.recorded_forces.seat import Seat, find_seat

LYING_M = 0.02
"""Other parts of the body than the feet that are lower than this above the floor touch it. Our choice, m."""
OUTSIDE_M = 0.10
"""Feet cannot explain a zero moment point that is farther outside of them. Our choice, m."""
LOADED = 0.25
"""Nobody flies with a larger total. With a smaller one the zero moment point is not known. Our choice, body weights."""
LASTING_S, MARGIN_S = 0.2, 0.1
"""What feet cannot explain for this time is let go, with a margin on both sides. Our choice, s."""
_DIRECTIONS = 16


def unexplained(
    body: RecordedBody,
    force: Float[np.ndarray, "T 3"],
    point: Float[np.ndarray, "T 2"],
    fast_point: Float[np.ndarray, "T 2"],
    contact: Bool[np.ndarray, "N 2"],
    time_s: Float[np.ndarray, "N"],
) -> tuple[Bool[np.ndarray, "N"], Seat]:
    """Return where feet and seat do not carry the body, or the recording contradicts itself, and the seat.

    Args:
        body: The body in the recorded poses.
        force: The total force, body weights.
        point: The zero moment point on the floor, m.
        fast_point: The same, with as much of its fast part as the force has.
        contact: Whether the left and the right foot are on the ground, at N times.
        time_s: These times, every frame's among them, s.
    """
    fine = (len(time_s) - 1) // (len(force) - 1)
    stands = contact[::fine]
    owner = np.einsum("ts,sc->tc", stands.astype(float), body.of_foot.astype(float)) > 0
    beyond = np.full(len(force), -np.inf)
    for angle in 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS:  # one after another: a long recording is large
        direction = np.array([np.cos(angle), np.sin(angle)])
        hull = np.where(owner, body.lowest[..., :2] @ direction, -np.inf).max(axis=1)
        beyond = np.maximum(beyond, point @ direction - hull)
    outside = beyond > OUTSIDE_M
    other = ~body.of_foot.any(axis=0)
    lies = (body.lowest[:, other, 2] < LYING_M).any(axis=1)
    stood = stands.any(axis=1)
    impossible = np.where(stood, outside & (force[:, 2] > LOADED), force[:, 2] > LOADED) | lies
    lasting = np.asarray(binary_opening(impossible, np.ones(max(1, round(LASTING_S * body.rate)))), bool)
    seat = find_seat(body, fast_point, lasting & stood & ~lies)
    margin = np.ones(2 * round(MARGIN_S * body.rate) + 1)
    elsewhere = np.asarray(binary_dilation(lasting & ~seat.sits, margin), bool) & ~seat.sits
    return np.interp(time_s, np.arange(len(force)) / body.rate, elsewhere) > 0, seat
