"""Whether frames repeat: a file at twice the true rate, or a tracker that stopped for a while."""

import numpy as np

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import Person
from data.trajectories import format_spans, spans

SAME_M = 1e-6  # frames are equal where no joint moves farther
MOST = 0.03  # share of the frames; recorded people never keep still to a micrometre
MOVING_M_S = 0.1  # a body that is slower before and after may hold a pose


def judge_repeats(clip: MotionClip, person: Person) -> Finding:
    """Judge how many frames repeat the one before while the body moves."""
    steps = np.abs(np.diff(clip.positions, axis=0)).max(axis=(1, 2))
    same = steps <= SAME_M
    held = [(start, end) for start, end in spans(same) if _moves_around(steps, start, end, clip.fps)]
    count = sum(end - start for start, end in held)
    share = count / len(same)
    value, limit = f"{100 * share:.0f} % of the frames", f"at most {100 * MOST:g} %"
    if share <= MOST:
        return Finding("good", "repeated frames", value, limit)
    longest = max(end - start for start, end in held) + 1
    moves = np.flatnonzero(~same)
    # Where one frame of n is new all along, the true rate is one n-th.
    apart = np.diff(moves)
    every = round(float(np.median(apart))) if len(apart) else longest
    if every > 1 and np.mean(apart == every) > 0.5:
        what = f"each frame is there {every} times, so the true rate is {clip.fps / every:g} a second"
        remedy = f"give the file without repeated frames, or --fps {clip.fps / every:g} if it is slowed down"
    else:
        listed = format_spans([(start + 1, end + 1) for start, end in held], 0)
        what = f"{count} frames repeat the one before, in frames {listed}, up to {longest} alike in a row"
        remedy = "cut them, or record them again"
    return Finding("doubtful", "repeated frames", value, limit, f"the frames are doubtful: {what}; {remedy}")


def _moves_around(steps: np.ndarray, start: int, end: int, fps: float) -> bool:
    """Return whether the body moves just before or just after a span of equal frames."""
    around = [steps[at] for at in (start - 1, end) if 0 <= at < len(steps)]
    return bool(around) and float(max(around)) * fps > MOVING_M_S
