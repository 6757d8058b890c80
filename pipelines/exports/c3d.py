"""A C3D file for the software of laboratories: joints and points of the skin as markers, the ground as force plates.

Each foot, and each other body that is touched, has a plate of its own, of type 2, under the whole motion. The x of a
plate is ours, its z is down. Its forces are those on the person. Source: the C3D file format user guide, Motion Lab
Systems, 2008, "Force Platforms".
"""

from collections.abc import Sequence
from pathlib import Path

import ezc3d
import numpy as np
from jaxtyping import Float

from pipelines.exports.contact_loads import Load, contact_loads
from pipelines.exports.virtual_markers import joint_tracks, marker_tracks
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

_MM = 1000.0
_TO_PLATE = np.array([1.0, -1.0, -1.0])
_MARGIN_M = 0.2  # of the plates around all contact points
_CHANNELS = ("Fx", "Fy", "Fz", "Mx", "My", "Mz")


def write(motion: ReconstructedMotion, folder: Path, name: str) -> None:
    """Write one file, in mm, Z up. The plates have a sample for each frame: forces between frames are interpolated."""
    tracks = joint_tracks(motion) | marker_tracks(motion)
    positions = _MM * np.stack(list(tracks.values()), axis=1)
    file = ezc3d.c3d()
    points = file["parameters"]["POINT"]
    points["RATE"]["value"] = [float(motion.fps_hz)]
    points["UNITS"]["value"] = ["mm"]
    points["LABELS"]["value"] = list(tracks)
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    seen = np.ones((*positions.shape[:2], 1))
    file["data"]["points"] = np.concatenate([positions, seen], axis=-1).transpose(2, 1, 0)
    _add_plates(file, motion)
    file.write(str(folder / f"{name}.c3d"))


def _add_plates(file: ezc3d.c3d, motion: ReconstructedMotion) -> None:
    loads = contact_loads(motion)
    low, high = (extreme(motion.contact_position_world_m, axis=(0, 1))[:2] for extreme in (np.min, np.max))
    (left, right), (bottom, top) = np.stack([low - _MARGIN_M, high + _MARGIN_M], axis=1).astype(float)
    corners = np.array([[right, bottom, 0.0], [left, bottom, 0.0], [left, top, 0.0], [right, top, 0.0]])
    samples = [_channels(load, corners.mean(axis=0)) for load in loads.values()]
    analog = file["parameters"]["ANALOG"]
    analog["RATE"]["value"] = [float(motion.fps_hz)]
    analog["LABELS"]["value"] = [f"{channel}{number}" for number in range(1, len(loads) + 1) for channel in _CHANNELS]
    analog["UNITS"]["value"] = [*["N"] * 3, *["Nmm"] * 3] * len(loads)
    file.add_parameter("ANALOG", "DESCRIPTIONS", [f"ground on {body}" for body in loads for _ in _CHANNELS])
    file["data"]["analogs"] = np.concatenate(samples, axis=1).T[None]
    for key, value in _plate_parameters(corners, list(loads)).items():
        file["parameters"]["FORCE_PLATFORM"][key]["value"] = value


def _channels(load: Load, center: Float[np.ndarray, "3"]) -> Float[np.ndarray, "F 6"]:
    """Return force, N, and moment about the middle of the plate, N mm, in its axes, in each frame."""
    moment = np.cross(load.point - center, load.force) + load.torque
    between = np.concatenate([_TO_PLATE * load.force, _MM * _TO_PLATE * moment], axis=1)
    return np.concatenate([between[:1], 0.5 * (between[:-1] + between[1:]), between[-1:]])


def _plate_parameters(corners: Float[np.ndarray, "4 3"], bodies: Sequence[str]) -> dict[str, np.ndarray]:
    count = len(bodies)
    return {
        "USED": np.array([count]),
        "TYPE": np.full(count, 2),
        "ZERO": np.array([0, 0]),
        "CORNERS": np.repeat(_MM * corners.T[..., None], count, axis=2),
        "ORIGIN": np.zeros((3, count)),
        "CHANNEL": np.arange(1, 6 * count + 1).reshape(count, 6).T,
    }
