"""A table for spreadsheets and statistics: one line a frame, one column a quantity, units in the header.

The world has Z up. Forces, moments and powers are means over the time before their line, so the first line has none.
"""

import csv
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.force_plates import LOADED_N
from diffphy.body.anatomical_angles import angle_terms
from diffphy.body.humanoid import ROOT
from pipelines import terminal
from pipelines.exports.contact_loads import contact_loads
from pipelines.exports.joint_mechanics import joint_mechanics
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

Columns = dict[str, Float[np.ndarray, "F"]]


def write(motion: ReconstructedMotion, folder: Path, name: str) -> None:
    """Write the table. A cell without a value is blank."""
    table = columns(motion)
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        for row in zip(*table.values(), strict=True):
            writer.writerow(["" if np.isnan(value) else f"{value:.7g}" for value in row])


def columns(motion: ReconstructedMotion) -> Columns:
    """Return the columns by their names, which end with the unit. NaN where there is no value."""
    fps = float(motion.fps_hz)
    return {
        "time_s": np.arange(len(motion.time_s)) / fps,
        **{f"pelvis_{axis}_m": motion.root_position_world_m[:, index] for index, axis in enumerate("xyz")},
        **_joint_columns(motion),
        **_load_columns(motion),
        "residual_force_N": _after_first(motion.residual_force_N[1:]),
    }


def _joint_columns(motion: ReconstructedMotion) -> Columns:
    joints = joint_mechanics(motion)
    for doubt in joints.doubts:
        terminal.warn(doubt)
    found = {f"pelvis_{term}_deg": np.rad2deg(joints.pelvis[:, k]) for k, term in enumerate(angle_terms(ROOT))}
    for j, joint in enumerate(joints.joint_names):
        terms = list(enumerate(angle_terms(joint)))
        found |= {f"{joint}_{term}_deg": np.rad2deg(joints.angle[:, j, k]) for k, term in terms}
        found |= {f"{joint}_{term}_moment_Nm": _after_first(joints.moment[:, j, k]) for k, term in terms}
        found[f"{joint}_power_W"] = _after_first(joints.power[:, j])
    return found


def _load_columns(motion: ReconstructedMotion) -> Columns:
    found: Columns = {}
    for body, load in contact_loads(motion).items():
        point = np.where(np.linalg.norm(load.force, axis=-1, keepdims=True) > LOADED_N, load.point, np.nan)
        parts = (("force", load.force, "N"), ("pressure_center", point, "m"))
        for what, values, unit in parts:
            found |= {f"{body}_{what}_{axis}_{unit}": _after_first(values[:, k]) for k, axis in enumerate("xyz")}
        found[f"{body}_free_moment_z_Nm"] = _after_first(load.torque[:, 2])
    return found


def _after_first(values: Float[np.ndarray, "N"]) -> Float[np.ndarray, "F"]:
    """Return values between frames as values of the frames that they end with."""
    return np.concatenate([[np.nan], values])
