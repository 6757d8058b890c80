"""Whether left is left: toes and knees point ahead, and ahead follows from left, right and up.

In a mirrored file, and where left and right are exchanged, toes and bent knees point backwards. A person walks, runs
and lies with toes ahead of the ankles by 0.1 and knees ahead of the line from hip to ankle by 0.1 of the leg's length,
the mean over time; our recordings have 0.15 to 0.4 for the sum.
"""

import numpy as np
from jaxtyping import Float

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import SIDES, Person, unit
from data.trajectories import format_spans, spans

AHEAD = 0.06  # of the leg: the sum of toes and knees that is clearly ahead
BEHIND = -0.07  # of the leg: clearly wrong; in mirrored recordings it is -0.12 or less
MOST_CROSSED = 0.5  # share of the frames in which the knees may be crossed
SHORTEST_S = 0.1  # an exchange that is shorter is not told from noise
MOST = 0.03  # share of the frames that may look exchanged


def judge_sides(clip: MotionClip, person: Person) -> Finding | None:
    """Judge whether toes and knees point ahead: all the time, and in each frame."""
    ahead = ahead_of_body(person)
    mean = float(np.mean(ahead))
    value, limit = f"{100 * mean:+.0f} % of the leg", f"at least {100 * AHEAD:+.0f} %"
    if mean < BEHIND:
        backwards = 100 * -mean * person.leg
        return Finding(
            "bad",
            "sides",
            value,
            limit,
            f"left and right are wrong: toes and knees of {clip.name} point backwards, by {backwards:.0f} cm on "
            "average, "
            "so the file is mirrored, or its left and right are exchanged; export it right-handed, or exchange the "
            "sides "
            "with --joint-map",
        )
    if mean < AHEAD / 2:
        return None  # the body tells too little
    wrong = [span for span in spans(ahead < BEHIND) if span[1] - span[0] >= SHORTEST_S * clip.fps]
    share = sum(end - start for start, end in wrong) / len(ahead)
    if share <= MOST:
        return Finding("good", "sides", value, limit)
    return Finding(
        "doubtful",
        "sides",
        f"backwards in {100 * share:.0f} % of the frames",
        f"at most {100 * MOST:g} %",
        f"left and right are doubtful: toes and knees point backwards in frames {format_spans(wrong, 0)}; "
        "correct an exchange of the legs there",
    )


def judge_knees(clip: MotionClip, person: Person) -> Finding:
    """Judge whether the left knee is to the left of the right one, as seen along the hips."""
    across = unit(person["left_hip"] - person["right_hip"])
    apart = np.einsum("ti,ti->t", person["left_knee"] - person["right_knee"], across)
    crossed = float((apart < 0).mean())
    value, limit = f"crossed in {100 * crossed:.0f} % of the frames", f"at most {100 * MOST_CROSSED:g} %"
    if crossed <= MOST_CROSSED:
        return Finding("good", "knees", value, limit)
    return Finding(
        "doubtful",
        "knees",
        value,
        limit,
        f"left and right are doubtful: the left knee is to the right of the right one in {100 * crossed:.0f} % of the "
        "frames; correct joints or markers of the legs that were exchanged",
    )


def ahead_of_body(person: Person) -> Float[np.ndarray, "T"]:
    """Return how far toes and knees are ahead, over the leg's length, the mean of the sides."""
    up = unit(person["neck"] - person.hips)
    across = unit(person["left_hip"] - person["right_hip"])
    if not {"left_shoulder", "right_shoulder"} & person.assumed:
        across = across + unit(person["left_shoulder"] - person["right_shoulder"])
    forward = unit(np.cross(across, up))
    total = np.zeros(len(forward))
    for side in SIDES:
        hip, knee, ankle = (person[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        line = unit(ankle - hip)
        bend = (knee - hip) - np.einsum("ti,ti->t", knee - hip, line)[:, None] * line
        toe = person.toe(side)
        total += np.einsum("ti,ti->t", bend if toe is None else bend + toe - ankle, forward)
    return total / (2 * person.leg)
