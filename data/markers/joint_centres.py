"""Joint centres from markers, by regression or geometry."""

import numpy as np
from jaxtyping import Float

_Track = Float[np.ndarray, "T 3"]
SIGN = {"left": 1.0, "right": -1.0}


def harrington(
    asis: tuple[Float[np.ndarray, "T 3"], Float[np.ndarray, "T 3"]], back: Float[np.ndarray, "T 3"], side: str
) -> Float[np.ndarray, "T 3"]:
    """Return a hip's centre from the pelvis's width and depth, m.

    In mm, the centre is 0.24 depth + 9.9 behind the middle of the ASIS, 0.30 width + 10.9 below it, and 0.33 width +
    7.3 to the side. Source: Harrington et al., Prediction of the hip joint centre in adults, children, and patients
    with cerebral palsy based on magnetic resonance imaging, 2007.

    Args:
        asis: Left and right anterior superior iliac spine.
        back: The middle of the posterior superior iliac spines.
        side: "left" or "right".
    """
    left, right = asis
    middle = (left + right) / 2
    width = median_length(left - right)
    depth = median_length(middle - back)
    across = unit(left - right)
    up = unit(np.cross(middle - back, across))
    ahead = np.cross(across, up)
    return (
        middle
        - (0.24 * depth + 0.0099) * ahead
        - (0.30 * width + 0.0109) * up
        + SIGN[side] * (0.33 * width + 0.0073) * across
    )


def hinge(
    above: Float[np.ndarray, "T 3"],
    marker: Float[np.ndarray, "T 3"],
    below: Float[np.ndarray, "T 3"],
    distance: float,
    sign: float,
) -> Float[np.ndarray, "T 3"]:
    """Return the centre of an elbow or a knee from the marker at its outside.

    The three joints of a limb lie in a plane. The line from the middle joint to its marker is at right angles to this
    plane. So the plane contains both outer joints and has the known distance from the marker, and the centre is the
    point of the plane nearest to the marker. Where the limb is too straight for that, the centre is on the line
    between the outer joints.

    Args:
        above: The shoulder or the hip, m.
        marker: The marker at the outside of the hinge, m.
        below: The wrist or the ankle, m.
        distance: Distance from the marker to the centre, m.
        sign: Side of the marker, seen along the limb from above with the hinge pointing ahead: 1 for the right.
    """
    along = unit(below - above)
    base = above + np.einsum("ti,ti->t", marker - above, along)[:, None] * along
    away = marker - base
    height = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    away = away / height
    sine = np.minimum(distance / height, 1.0)
    normal = sine * away + sign * np.sqrt(1.0 - sine**2) * np.cross(along, away)
    return marker - np.minimum(distance, height) * normal


def sole(forefoot: _Track, heel: _Track, ankle: _Track, below: float = 0.0) -> tuple[_Track, _Track]:
    """Return the directions ahead and up of a foot.

    Args:
        forefoot: A point of the forefoot, m.
        heel: A point of the heel, m.
        ankle: The ankle, m.
        below: How much lower than the heel's point the forefoot's point is while the sole is flat, m.
    """
    way = forefoot - heel
    ahead, up = unit(way), ankle - heel
    up = unit(up - np.einsum("ti,ti->t", up, ahead)[:, None] * ahead)
    sine = np.minimum(below / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9), 1.0)
    cosine = np.sqrt(1.0 - sine**2)
    return cosine * ahead + sine * up, cosine * up - sine * ahead


def median_length(ways: _Track) -> float:
    """Return the median length of vectors over time; frames with NaN do not count. NaN if there are no others."""
    return float(np.nanmedian(np.linalg.norm(ways, axis=1))) if np.isfinite(ways).all(axis=1).any() else float("nan")


def median_along(ways: _Track, axes: _Track) -> float:
    """Return the median component of vectors along unit vectors over time; frames with NaN do not count."""
    return float(np.nanmedian(np.einsum("ti,ti->t", ways, axes)))


def unit(vectors: _Track) -> _Track:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
