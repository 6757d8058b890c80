"""Where joint centres are beside markers: what the literature, or geometry, says."""

import numpy as np
from jaxtyping import Float

_Track = Float[np.ndarray, "T 3"]
SIGN = {"left": 1.0, "right": -1.0}


def harrington(
    asis: tuple[Float[np.ndarray, "T 3"], Float[np.ndarray, "T 3"]], back: Float[np.ndarray, "T 3"], side: str
) -> Float[np.ndarray, "T 3"]:
    """A hip's centre, m, from the pelvis's width and depth.

    Harrington et al., Prediction of the hip joint centre in adults, children, and patients with cerebral palsy based on
    magnetic resonance imaging, 2007: in mm, 0.24 depth + 9.9 behind the middle of the ASIS, 0.30 width + 10.9 below it,
    0.33 width + 7.3 to the side.

    Args:
        asis: left and right.
        back: the middle of the PSIS.
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
    """The centre of an elbow or a knee from the marker at its outside.

    The three joints of a limb lie in a plane, and the marker beside it, above the middle one: so the centre is the
    marker's foot on the plane that has both outer joints and is that far away. Where the limb is too straight for that
    it lies between these.

    Args:
        above: the shoulder or the hip, m.
        marker: at the outside of the hinge, m.
        below: the wrist or the ankle, m.
        distance: of the marker from the centre, m.
        sign: of the marker's side, seen along the limb from above, the hinge's point ahead: 1 for the right.
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
    """The directions ahead and up of a foot, whose points at forefoot and heel are at one height above the sole, or the
    first one that much `below` the other, m.
    """
    way = forefoot - heel
    ahead, up = unit(way), ankle - heel
    up = unit(up - np.einsum("ti,ti->t", up, ahead)[:, None] * ahead)
    sine = np.minimum(below / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9), 1.0)
    cosine = np.sqrt(1.0 - sine**2)
    return cosine * ahead + sine * up, cosine * up - sine * ahead


def median_length(ways: _Track) -> float:
    """Of vectors over time, those aside that are not known; NaN if none is."""
    return float(np.nanmedian(np.linalg.norm(ways, axis=1))) if np.isfinite(ways).all(axis=1).any() else float("nan")


def median_along(ways: _Track, axes: _Track) -> float:
    """Of vectors' components along unit vectors over time, those aside that are not known."""
    return float(np.nanmedian(np.einsum("ti,ti->t", ways, axes)))


def unit(vectors: _Track) -> _Track:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
