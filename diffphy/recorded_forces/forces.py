"""The ground's force in a recording: its total from the momentum, its split between the feet, and what they leave."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.physics.dynamics import GRAVITY
from diffphy.recorded_forces.foot_contacts import fine_times, foot_contacts, interpolate
from diffphy.recorded_forces.load_share import join_brief_support, left_share
from diffphy.recorded_forces.low_pass import low_pass
from diffphy.recorded_forces.recorded_body import RecordedBody, recorded_body
from diffphy.recorded_forces.transfer_times import shift_transfers
from diffphy.recorded_forces.unexplained import LOADED, unexplained

CUTOFF_HZ, BALANCE_HZ = 8.0, 3.0
"""Cutoffs of each pass of the filter, in the total and in the balance: what is faster is taken for noise, Hz. Each pass
damps them by 3 dB, both together by 6 dB; 3 dB in all are at four fifths. Markers
of gait are filtered at 6 to 10 Hz (Winter, Biomechanics, 2009). On three walks over plates, 8 to 10 Hz are as good as
each other, and 6 is worse. The balance of drop jumps and of standing is as good at 1.5 as at 5 Hz, and worse above."""
END_S = 0.1
"""At an end of a recording, the filter knows no acceleration for this time: some three quarters of a period, s."""
IN_REACH_M, OUT_OF_REACH_M = 0.005, 0.02
"""Soles reach the floor up to the first height above it, and not at all from the second one on. Our choice, m."""
CARRIES = 0.05
"""A foot with a smaller share of the load does not have to reach the floor. Our choice."""
NARROW_M = 0.05
"""Feet that are closer side by side share evenly: half the width of a foot hides who carries. Our choice, m."""
ROUNDING_S = 1e-6
"""Times that differ by less are equal, s."""


@dataclass(frozen=True)
class RecordedForces:
    """What the ground must have done at N times, in body weights.

    Attributes:
        time_s: Times after the first frame, s.
        total: Force of the ground, or of ground and seat, on the body, world axes.
        foot: Vertical force on the left and the right foot.
        share: Share of the total on the left and the right foot. A seat carries the rest.
        elsewhere: Whether feet and seat cannot explain the recording there: something else carries the body.
        seated: Whether somebody sits on something.
        at_end: Whether it is so near to an end of the recording that the low-pass does not know the acceleration. In
            the first and the last frame, the force is that of the next one.
        unclear: Whether the feet stride in no clear direction, which hides the split between them.
        reach: How well the soles of the feet that carry reach the floor, 0 to 1. A body whose soles are above it must
            leave the recorded pose to touch it.
    """

    time_s: Float[np.ndarray, "N"]
    total: Float[np.ndarray, "N 3"]
    foot: Float[np.ndarray, "N 2"]
    share: Float[np.ndarray, "N 2"]
    elsewhere: Bool[np.ndarray, "N"]
    seated: Bool[np.ndarray, "N"]
    at_end: Bool[np.ndarray, "N"]
    unclear: Bool[np.ndarray, "N"]
    reach: Float[np.ndarray, "N"]

    @property
    def double_support(self) -> Bool[np.ndarray, "N"]:
        """Whether both feet carry."""
        return np.asarray((self.foot > 0.0).all(axis=1))

    @property
    def known(self) -> Bool[np.ndarray, "N"]:
        """Whether the total is known."""
        return ~(self.elsewhere | self.at_end)

    def without_seat(self) -> "RecordedForces":
        """Return the forces for a world that has no seat: something else carries who sits."""
        return replace(self, elsewhere=self.elsewhere | self.seated, seated=np.zeros_like(self.seated))

    def between(self, start_s: float, length_s: float) -> "RecordedForces":
        """Return the forces from one time on, which becomes 0, over a length of time."""
        time = self.time_s - start_s
        kept = (time > -ROUNDING_S) & (time < length_s + ROUNDING_S)
        values = (self.total, self.foot, self.share, self.elsewhere, self.seated, self.at_end, self.unclear, self.reach)
        for end in (0.0, length_s):  # exactly, or means over the first and the last interval are unknown
            time[np.abs(time - end) < ROUNDING_S] = end
        return RecordedForces(time[kept], *(each[kept] for each in values))


def recorded_forces(
    humanoid: Humanoid,
    position: Float[AnyArray, "T 3"],
    rotation: Float[AnyArray, "T B 4"],
    rate: float,
    recorded: Float[AnyArray, "T B 3"] | None = None,
) -> RecordedForces:
    """Return the forces that follow from a recorded motion, whose floor is at z = 0.

    The total is mass times acceleration less gravity, of the centre of mass without its part above 8 Hz. In a step it
    goes from one foot to the other between touch-down and lift-off, about when the zero moment point passes.

    Args:
        humanoid: The body.
        position: The root, m.
        rotation: The root's orientation, then each body's rotation relative to its parent, wxyz.
        rate: Frames a second. The higher, the better the events are known.
        recorded: Where the joint of each body was recorded, m. NaN: it was not. None: none was.
    """
    body = recorded_body(humanoid, position, rotation, rate, recorded)
    frame, time = np.arange(len(body.pelvis)) / rate, fine_times(len(body.pelvis), rate)
    feet = foot_contacts(body, time)
    force = _total_force(body)
    point, fast_point = (_zero_moment_point(body, cutoff) for cutoff in (BALANCE_HZ, CUTOFF_HZ))
    contact = join_brief_support(feet.contact, time)
    contact = shift_transfers(contact, interpolate(time, frame, fast_point), feet.landing, feet.leaving, time)
    elsewhere, seat = unexplained(body, force, point, fast_point, contact, time)
    left = left_share(contact, np.interp(time, frame, _balance(body, point)), time)
    on_feet, seated = np.interp(time, frame, seat.feet), np.interp(time, frame, seat.sits) > 0.5
    left = np.where(seated, 0.5 + on_feet * (left - 0.5), left)  # the point is not between the feet
    share = on_feet[:, None] * np.stack([left, 1.0 - left], axis=1)
    total = interpolate(time, frame, force)
    unknown_s = max(END_S, frame[1])
    at_end = (time < unknown_s - ROUNDING_S) | (time > frame[-1] - unknown_s + ROUNDING_S)
    reach = np.interp(time, frame, _reach(body, interpolate(frame, time, share)))
    return RecordedForces(time, total, total[:, 2:] * share, share, elsewhere, seated, at_end, feet.unclear, reach)


def _total_force(body: RecordedBody) -> Float[np.ndarray, "T 3"]:
    """Return the total force, body weights. The ground does not pull."""
    total = (_acceleration(low_pass(body.center, body.rate, CUTOFF_HZ), body.rate) - GRAVITY) / -GRAVITY[2]
    total[:, 2] = np.maximum(total[:, 2], 0.0)
    return total


def _zero_moment_point(body: RecordedBody, cutoff: float) -> Float[np.ndarray, "T 2"]:
    """Return where on the floor the force of the ground has no tipping moment, m. The body counts as a point mass."""
    center = low_pass(body.center, body.rate, cutoff)
    force = (_acceleration(center, body.rate) - GRAVITY) / -GRAVITY[2]
    return center[:, :2] - center[:, 2:] * force[:, :2] / np.maximum(force[:, 2:], LOADED)


def _acceleration(points: Float[np.ndarray, "T 3"], rate: float) -> Float[np.ndarray, "T 3"]:
    """Return the second difference of three frames. The first and the last frame have that of their neighbour.

    Two frames have none: it is 0 there, and not known.
    """
    if len(points) < 3:
        return np.zeros_like(points)
    inside = (points[2:] - 2 * points[1:-1] + points[:-2]) * rate**2
    return np.concatenate([inside[:1], inside, inside[-1:]])


def _balance(body: RecordedBody, point: Float[np.ndarray, "T 2"]) -> Float[np.ndarray, "T"]:
    """Return the left foot's share by where the zero moment point lies between the feet."""
    left, right = body.sole[:, 0], body.sole[:, 1]
    between = left - right
    squared = (between**2).sum(axis=1)
    share = ((point - right) * between).sum(axis=1) / np.maximum(squared, NARROW_M**2)
    return np.clip(np.where(squared > NARROW_M**2, share, 0.5), 0.0, 1.0)


def _reach(body: RecordedBody, share: Float[np.ndarray, "T 2"]) -> Float[np.ndarray, "T"]:
    """Return how well the soles of the feet that carry reach the floor. `share`: that of each foot."""
    height = np.stack([body.lowest[:, own, 2].min(axis=1) for own in body.of_foot], axis=1)
    highest = np.where(share > CARRIES, height, -1.0).max(axis=1)
    return np.clip((OUT_OF_REACH_M - highest) / (OUT_OF_REACH_M - IN_REACH_M), 0.0, 1.0)
