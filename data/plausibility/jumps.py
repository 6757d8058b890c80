"""Whether joints jump from one frame to the next: where left and right are exchanged for a while, or tracking failed.

A sprinter's foot moves at 10 m/s relative to the hips, a pitcher's hand at 20, but speeds build up over frames. A jump
is faster than all frames around it.
"""

import numpy as np

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import SIDES, Person

FASTEST_M_S = 8.0  # relative to the hips
TIMES = 5.5  # the usual step around it
SHORTEST_M = 0.1
AROUND = 5  # frames before and after
JOINTS = ("knee", "ankle", "elbow", "wrist")


def judge_jumps(clip: MotionClip, person: Person) -> Finding | None:
    """Judge whether a limb jumps relative to the hips."""
    if clip.num_frames < 2 * AROUND:
        return None
    names = [f"{side}_{joint}" for side in SIDES for joint in JOINTS if f"{side}_{joint}" not in person.assumed]
    steps = np.stack([np.linalg.norm(np.diff(person[name] - person.hips, axis=0), axis=1) for name in names])
    jumps = sorted({int(frame) for track in steps for frame in _spikes(track, clip.fps)})
    value, limit = f"{len(jumps)} jumps", "none"
    if not jumps:
        return Finding("good", "jumps", value, limit)
    who = names[int(steps[:, jumps[0]].argmax())].replace("_", " ")
    listed = ", ".join(f"{frame} to {frame + 1}" for frame in jumps[:8]) + (", ..." if len(jumps) > 8 else "")
    return Finding(
        "doubtful",
        "jumps",
        value,
        limit,
        f"the recording is doubtful: limbs jump from frame {listed}, first the {who} by "
        f"{100 * steps[:, jumps[0]].max():.0f} cm, as where left and right are exchanged; correct or cut these frames",
    )


def _spikes(steps: np.ndarray, fps: float) -> list[int]:
    fast = np.flatnonzero((steps * fps > FASTEST_M_S) & (steps > SHORTEST_M))
    return [at for at in map(int, fast) if steps[at] > TIMES * _usual(steps, at)]


def _usual(steps: np.ndarray, at: int) -> float:
    return float(np.median(np.append(steps[max(0, at - AROUND) : at], steps[at + 1 : at + 1 + AROUND])))
