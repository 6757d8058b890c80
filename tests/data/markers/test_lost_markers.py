"""Markers that freeze, jump or are exchanged, on a body that swings."""

import numpy as np
import pytest

from data.markers.lost_markers import find_lost

FPS = 100.0
T = np.arange(100) / FPS
_PLACES = {"hip": (0.0, 0.9), "knee": (0.02, 0.5), "ankle": (0.0, 0.1), "heel": (-0.05, 0.05), "toe": (0.15, 0.04)}


def legs() -> dict[str, np.ndarray]:
    """Two legs that swing against each other by 0.4 rad, on a body that walks."""
    tracks = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        angle = sign * 0.4 * np.sin(2 * np.pi * T)
        for name, (x, z) in _PLACES.items():
            below = 0.9 - z
            along = np.sin(angle) * below + np.cos(angle) * x + 1.2 * T
            tracks[f"{side}_{name}"] = np.stack([along, 0.0 * T + sign * 0.1, 0.9 - np.cos(angle) * below], axis=1)
    return tracks


def test_a_good_recording_has_none() -> None:
    assert find_lost(legs(), FPS) == {}


def test_a_marker_that_stands_still_while_its_neighbours_go_on_is_frozen() -> None:
    tracks = legs()
    tracks["left_ankle"][30:60] = tracks["left_ankle"][29]
    (lost,) = find_lost(tracks, FPS).items()
    assert lost[0] == "left_ankle"
    assert lost[1].frozen == ((30, 60),)


def test_a_body_that_keeps_still_has_no_frozen_marker() -> None:
    tracks = {name: np.repeat(track[:1], 50, axis=0) for name, track in legs().items()}
    assert find_lost(tracks, FPS) == {}


@pytest.mark.parametrize("frames", [slice(40, 41), slice(40, 60)])
def test_a_marker_that_jumps_is_away(frames: slice) -> None:
    tracks = legs()
    tracks["right_toe"][frames] += [0.0, 0.0, 0.4]
    (lost,) = find_lost(tracks, FPS).items()
    assert lost[0] == "right_toe"
    assert lost[1].away == ((frames.start, frames.stop),)


def test_exchanged_markers_are_both_away() -> None:
    tracks = legs()
    left, right = tracks["left_knee"].copy(), tracks["right_knee"].copy()
    tracks["left_knee"][40:60], tracks["right_knee"][40:60] = right[40:60], left[40:60]
    lost = find_lost(tracks, FPS)
    assert {name: frames.away for name, frames in lost.items()} == dict.fromkeys(
        ("left_knee", "right_knee"), ((40, 60),)
    )
