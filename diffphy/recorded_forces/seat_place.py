"""Where a seat is that nobody described: below the hips of who sits on it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from diffphy.recorded_forces.recorded_body import RecordedBody
from diffphy.recorded_forces.seat import number_spans

AHEAD_M, BEHIND_M, BESIDE_M = 0.10, 0.25, 0.25
"""A seat reaches so far from the middle between the hips. Shorter than a chair's: the shanks need room. Our choice."""
BELOW_M = 0.18
"""What rests on the seat is no farther beside the middle: thighs and buttocks, not the hands. Our choice."""
SAME_M = 0.3
"""Places where somebody sits that are closer are one seat. Our choice."""
LOWEST_M = 0.15
"""Nobody sits on a lower seat with the feet before it. Our choice."""


@dataclass(frozen=True)
class PlacedSeat:
    """A box on the floor, which is at z = 0.

    Attributes:
        position: Its centre, m.
        half_extents: Ahead, to the left and up, m.
        quat_wxyz: Its orientation: it faces where the person does.
    """

    position: tuple[float, float, float]
    half_extents: tuple[float, float, float]
    quat_wxyz: tuple[float, float, float, float]

    @property
    def height(self) -> float:
        """Height of its top, m."""
        return 2 * self.half_extents[2]


def place_seats(body: RecordedBody, sits: Bool[np.ndarray, "T"]) -> tuple[PlacedSeat, ...]:
    """Return a seat for each place where somebody sits, in the order of time.

    Its top is where the lowest part of thighs and pelvis is, in the middle of the time on it.

    Args:
        body: The body in the recorded poses.
        sits: Whether it sits.
    """
    spans = number_spans(sits)
    seats: list[PlacedSeat] = []
    for each in range(1, spans.max(initial=0) + 1):
        seat = _place(body, spans == each)
        apart = [np.hypot(*np.subtract(seat.position, other.position)[:2]) for other in seats]
        if LOWEST_M < seat.height < np.inf and min(apart, default=SAME_M) >= SAME_M:
            seats.append(seat)
    return tuple(seats)


def _place(body: RecordedBody, sits: Bool[np.ndarray, "T"]) -> PlacedSeat:
    left = np.median(body.left[sits], axis=0)
    left = left / np.linalg.norm(left)
    ahead = np.array([left[1], -left[0]])
    hips = np.median(body.pelvis[sits, :2], axis=0)
    from_hips = body.lowest[sits] - np.append(hips, 0.0)
    along, beside = from_hips[..., :2] @ ahead, from_hips[..., :2] @ left
    above = (along < AHEAD_M) & (along > -BEHIND_M) & (np.abs(beside) < BELOW_M) & ~body.of_foot.any(axis=0)
    top = float(np.median(np.where(above, from_hips[..., 2], np.inf).min(axis=1)))
    middle = hips + (AHEAD_M - BEHIND_M) / 2 * ahead
    turn = np.arctan2(ahead[1], ahead[0]) / 2
    return PlacedSeat(
        position=(float(middle[0]), float(middle[1]), top / 2),
        half_extents=((AHEAD_M + BEHIND_M) / 2, BESIDE_M, top / 2),
        quat_wxyz=(float(np.cos(turn)), 0.0, 0.0, float(np.sin(turn))),
    )
