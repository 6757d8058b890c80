"""When the load goes from one foot to the other: the zero moment point says it too, beside the way of the feet.

The way of a foot tells a step to some 10 ms (Zeni et al., Gait & Posture 2008: 5 to 20 ms). The recording tells the
zero moment point to some 3 cm, which it passes in 10 ms. Both err for other reasons, so a mean is better than either.
"""

import numpy as np
from jaxtyping import Bool, Float

from diffphy.recorded_forces.load_share import LONGEST_TRANSFER_S

WEIGHT = 0.4
"""What the zero moment point counts beside the feet. On 14 steps of five walks over plates in three laboratories, a
half is as good."""
DOUBTED_S, LEAST_M = 0.05, 0.3
"""If both differ by more, s, or the feet are closer than in a short step, m, the feet count alone. Our choice."""


def shift_transfers(
    contact: Bool[np.ndarray, "N 2"],
    point: Float[np.ndarray, "N 2"],
    landing: Float[np.ndarray, "N 2 2"],
    leaving: Float[np.ndarray, "N 2 2"],
    time_s: Float[np.ndarray, "N"],
) -> Bool[np.ndarray, "N 2"]:
    """Return the contacts, with each step from foot to foot moved towards the time at which the point passes.

    It passes halfway between the end of the foot that leaves and that of the foot that lands. The time with both feet
    on the ground keeps its length.

    Args:
        contact: Whether the left and the right foot are on the ground.
        point: The zero moment point on the floor, m.
        landing: The end of each foot that lands first, over the floor, m.
        leaving: The end of each foot that leaves last, over the floor, m.
        time_s: Equally spaced times, s.
    """
    shifted, kind = contact.copy(), contact.sum(axis=1)
    edges = [0, *(np.flatnonzero((contact[1:] != contact[:-1]).any(axis=1)) + 1).tolist(), len(kind)]
    for first, start, end, last in zip(edges, edges[1:], edges[2:], edges[3:], strict=False):
        before, after = contact[start - 1], contact[end]
        if kind[start] != 2 or kind[start - 1] != 1 or kind[end] != 1 or (before == after).all():
            continue
        if time_s[end] - time_s[start] > LONGEST_TRANSFER_S:
            continue
        behind, ahead = leaving[:, before.argmax()], landing[:, after.argmax()]
        late = round(_lateness(point, behind, ahead, start, end, time_s) / (time_s[1] - time_s[0]))
        late = int(np.clip(late, first + 1 - start, last - 1 - end))
        shifted[min(start, start + late) : max(end, end + late)] = True
        shifted[start : start + late] = before
        shifted[end + late : end] = after
    return shifted


def _lateness(
    point: Float[np.ndarray, "N 2"],
    behind: Float[np.ndarray, "N 2"],
    ahead: Float[np.ndarray, "N 2"],
    start: int,
    end: int,
    time_s: Float[np.ndarray, "N"],
) -> float:
    """Return how much later than in the middle of a double support the load has gone over, s."""
    step = time_s[1] - time_s[0]
    around = slice(max(0, start - round(DOUBTED_S / step)), end + round(DOUBTED_S / step))
    between = ahead[around] - behind[around]
    distance = np.linalg.norm(between, axis=1)
    passed = ((point[around] - behind[around]) * between).sum(axis=1) / np.maximum(distance, 1e-6) ** 2
    half = time_s[around][:-1][(passed[:-1] < 0.5) & (passed[1:] >= 0.5)] + step / 2
    late = half - (time_s[start] + time_s[end]) / 2
    if not len(late) or np.abs(late).min() > DOUBTED_S or distance.min() < LEAST_M:
        return 0.0
    return WEIGHT * float(late[np.abs(late).argmin()])
