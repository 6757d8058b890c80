"""Which axis of a file points up: from how the person stands in the motion, in the zero pose, and as the format has it.

People stand and walk with the head above the hips above the feet. Where many frames show a straight body along one
axis, that axis is up, with its sign, whatever the zero pose or the format says.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from data.finding import Finding
from data.plausibility.person import Person, unit

AXES = ("x", "y", "z", "-x", "-y", "-z")
COSINE = 0.8  # an axis is up where the body is within 37 degrees of it
MOST = 0.3  # share of the frames that must show a straight body along the axis
AGREE = 0.9  # share of the straight frames that must be along it: who lies first and stands later tells nothing


@dataclass(frozen=True)
class UpAxis:
    """The axis that points up.

    Attributes:
        axis: One of `AXES`.
        note: How it was found.
        findings: What makes it doubtful.
    """

    axis: str
    note: str
    findings: tuple[Finding, ...] = ()


def find_up(
    person: Person | None,
    heights: Float[np.ndarray, "T 3"],
    zero_pose: Float[np.ndarray, "3"] | None,
    custom: tuple[str, str],
) -> UpAxis:
    """Return the axis that points up in a file.

    Args:
        person: The joints in the file's axes; None where the rig is unknown.
        heights: The way from the feet to the head over time, in the file's axes; zero where unknown.
        zero_pose: The same way in the zero pose; None where the format has no zero pose.
        custom: The axis that such files mostly have, and why, such as ("y", "the custom of such files").
    """
    at_rest = None if zero_pose is None else axis_along(zero_pose)
    standing = None if person is None else _standing(person)
    if standing is not None:
        axis, share = standing
        note = f"up axis: {axis}, from the motion"
        if at_rest == axis:
            return UpAxis(axis, f"up axis: {axis}, from the zero pose and the motion")
        if at_rest is None:
            return UpAxis(axis, note)
        finding = Finding(
            "doubtful",
            "up axis",
            f"{axis} in {100 * share:.0f} % of the frames",
            f"{at_rest}, as in the zero pose",
            f"the up axis is doubtful: the zero pose stands along {at_rest}, but the motion along {axis} in "
            f"{100 * share:.0f} % of the frames, and the motion is believed; give --up-axis {at_rest} if the person "
            "lies",
        )
        return UpAxis(axis, f"{note}, against the zero pose, which stands along {at_rest}", (finding,))
    if at_rest is not None:
        return UpAxis(at_rest, f"up axis: {at_rest}, from the zero pose")
    mean = axis_along(heights.mean(axis=0))
    if mean is not None:
        return UpAxis(mean, f"up axis: {mean}, from the motion")
    axis, why = custom
    finding = Finding(
        "doubtful",
        "up axis",
        "nobody stands",
        "a body that stands in some frames",
        f"the up axis is doubtful: nobody stands in this recording, and {axis} is assumed, {why}; "
        "give --up-axis where it is another",
    )
    return UpAxis(axis, f"up axis: {axis}, assumed, {why}", (finding,))


def axis_along(vector: Float[np.ndarray, "3"]) -> str | None:
    """Return the signed axis that a vector points along within 37 degrees; None if there is none."""
    length = float(np.linalg.norm(vector))
    return next((name for name in AXES if length > 0 and vector @ direction(name) > COSINE * length), None)


def direction(axis: str) -> Float[np.ndarray, "3"]:
    """Return the unit vector of a signed axis."""
    vector = np.zeros(3)
    vector["xyz".index(axis[-1])] = -1.0 if axis.startswith("-") else 1.0
    return vector


def _standing(person: Person) -> tuple[str, float] | None:
    """Return the axis along which the body is straight in most frames, and their share; None if there is none."""
    bodies = unit(person["neck"] - person.ankles)[person.upright]
    for axis in AXES:
        along = int((bodies @ direction(axis) > COSINE).sum())
        share = along / len(person.upright)
        if share >= MOST and along >= AGREE * len(bodies):
            return axis, share
    return None
