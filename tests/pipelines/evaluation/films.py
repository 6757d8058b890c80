"""A person whose joints are known, for films with truth."""

import pathlib
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.force_plates import ForcePlates
from data.joint_tracks import JointTracks
from pipelines.evaluation.joint_comparison import ARMS, LEGS

NAMES = LEGS + ARMS
WEIGHT = 600.0
_HEIGHTS = {"hip": 0.9, "knee": 0.48, "ankle": 0.08, "shoulder": 1.4, "elbow": 1.1, "wrist": 0.85}
_WIDTHS = {"hip": 0.09, "knee": 0.12, "ankle": 0.15, "shoulder": 0.18, "elbow": 0.25, "wrist": 0.3}


def squat(time_s: Float[np.ndarray, "T"]) -> JointTracks:
    """Somebody who stands over two plates, bends the knees in an uneven rhythm, and swings the arms."""
    bend = 0.5 - 0.5 * np.cos(2.0 * time_s + 0.5 * np.sin(1.3 * time_s))
    positions = np.empty((len(time_s), len(NAMES), 3))
    for index, name in enumerate(NAMES):
        side, joint = name.split("_")
        share = max(0.0, _HEIGHTS[joint] - _HEIGHTS["ankle"])
        forward = {"knee": 0.25, "elbow": 0.1, "wrist": 0.3, "hip": -0.15}.get(joint, 0.0) * bend
        width = _WIDTHS[joint] * (1 if side == "left" else -1)
        height = _HEIGHTS[joint] - 0.3 * share * bend
        positions[:, index] = np.stack([forward, np.full_like(bend, width), height], axis=1)
    return JointTracks(NAMES, time_s, positions)


def in_another_world(tracks: JointTracks, tilt_deg: float, later_s: float = 0.0) -> JointTracks:
    """The same motion in a world that is turned, moved, and tilted by an angle, on a clock of its own."""
    turn = Rotation.from_euler("zx", [40.0, tilt_deg], degrees=True)
    moved = turn.apply(tracks.positions.reshape(-1, 3)).reshape(tracks.positions.shape)
    return JointTracks(tracks.names, tracks.time_s - later_s, moved + np.array([3.0, -1.0, 0.5]))


def plates_under(joints: JointTracks, share_right: float = 0.5) -> ForcePlates:
    """Two plates under the ankles, on which the load goes up and down."""
    total = WEIGHT * (1.0 + 0.15 * np.sin(4.0 * joints.time_s))
    force = np.zeros((len(total), 2, 3))
    force[..., 2] = total[:, None] * [share_right, 1.0 - share_right]
    ankle = joints.select(["right_ankle", "left_ankle"]).positions
    return ForcePlates(("right", "left"), joints.time_s, force, ankle + np.array([0.05, 0.0, -0.08]))


def write_joints(path: pathlib.Path, truth: JointTracks, **others: JointTracks) -> None:
    arrays: dict[str, Any] = {"joint_names": np.array(truth.names)}
    for system, tracks in {"marker_truth": truth, **others}.items():
        arrays |= {f"{system}_time_s": tracks.time_s, f"{system}_joint_position_z_up_m": tracks.positions}
    np.savez(path, **arrays)
