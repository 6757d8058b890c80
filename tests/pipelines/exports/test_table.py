"""The table for spreadsheets, read with Python's own reader: units, blanks, and numbers that agree with the motion."""

import csv
import pathlib
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipelines.exports.table import write
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

UNITS = ("s", "m", "deg", "Nm", "N", "W")


@pytest.fixture(scope="module")
def table(motion: ReconstructedMotion, tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """The columns by their names, NaN where a cell is blank."""
    folder = tmp_path_factory.mktemp("table")
    write(motion, folder, "walk")
    return read(folder / "walk.csv")


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        names, *rows = csv.reader(file)
    assert len(set(names)) == len(names)
    values = np.array([[float(cell or "nan") for cell in row] for row in rows])
    return dict(zip(names, values.T, strict=True))


def test_every_column_ends_with_its_unit(table: dict[str, np.ndarray]) -> None:
    assert {name.rsplit("_", 1)[1] for name in table} == set(UNITS)
    assert all(re.fullmatch(r"[A-Za-z_]+", name) for name in table)


def test_a_line_a_frame_and_no_force_before_the_first(
    table: dict[str, np.ndarray], motion: ReconstructedMotion
) -> None:
    assert_allclose(table["time_s"], np.arange(39) / 30, atol=1e-6)
    for name, values in table.items():
        after_first = name.endswith(("_Nm", "_N", "_W")) or "pressure_center" in name
        assert np.isnan(values[0]) == after_first, name
        if "pressure_center" not in name:
            assert np.isfinite(values[1:]).all(), name
    assert_allclose(table["residual_force_N"][1:], motion.residual_force_N[1:], rtol=1e-5)


def test_a_walk_has_the_angles_of_a_walk(table: dict[str, np.ndarray]) -> None:
    """Ranges that no other sense or order of the axes gives."""
    for side in ("left", "right"):
        assert 25 < table[f"{side}_hip_flexion_deg"].max() < 45
        assert -25 < table[f"{side}_hip_flexion_deg"].min() < 0
        assert 50 < table[f"{side}_knee_flexion_deg"].max() < 90
        assert table[f"{side}_knee_flexion_deg"].min() > -10
        assert 5 < table[f"{side}_elbow_flexion_deg"].max() < 60
        assert table[f"{side}_shoulder_elevation_deg"].max() < 60


def test_the_power_is_that_of_the_moments(table: dict[str, np.ndarray], motion: ReconstructedMotion) -> None:
    """Rates of angles times moments, by finite differences over a whole control frame."""
    for joint in ("left_knee", "right_hip", "lower_spine"):
        terms = [name.removesuffix("_deg") for name in table if name.startswith(joint) and name.endswith("_deg")]
        rates = [np.deg2rad(np.diff(table[f"{term}_deg"])) * 30 for term in terms]
        moments = [table[f"{term}_moment_Nm"][1:] for term in terms]
        power = sum(rate * moment for rate, moment in zip(rates, moments, strict=True))
        assert_allclose(table[f"{joint}_power_W"][1:], power, rtol=0.02, atol=0.5)


def test_the_feet_carry_what_the_contacts_carry(table: dict[str, np.ndarray], motion: ReconstructedMotion) -> None:
    force = sum(values for name, values in table.items() if name.endswith("_force_z_N"))
    assert_allclose(np.asarray(force)[1:], motion.contact_force_world_N[1:, :, 2].sum(axis=1), rtol=1e-4, atol=0.01)
    for side in ("left", "right"):
        loaded = table[f"{side}_foot_force_z_N"] > 20
        assert loaded.any()
        assert np.isfinite(table[f"{side}_foot_pressure_center_x_m"][loaded]).all()


def test_an_elbow_that_bends_about_another_axis_is_told(
    motion: ReconstructedMotion, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(motion, tmp_path, "walk")
    assert capsys.readouterr().err == ""
    joint = motion.joint_names.tolist().index("right_elbow")
    turned = motion.joint_quat_parent_wxyz.copy()
    turned[:, joint] = [np.cos(0.4), -np.sin(0.4), 0.0, 0.0]  # the forearm bends downwards in the T-pose
    write(replace(motion, joint_quat_parent_wxyz=turned), tmp_path, "walk")
    told = capsys.readouterr().err
    assert told.startswith("Warning: the angles of right_elbow are doubtful: its abduction reaches 46 degrees")
    assert told.count("\n") == 1
