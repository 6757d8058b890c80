"""motion.npz: what is written is read again, and files of earlier versions are read too."""

import pathlib
import shutil
from dataclasses import fields

import numpy as np
import pytest

from data.clip import InputError
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.body_of_motion import BODY
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder


@pytest.fixture
def folder(quick_run: RunFolder, tmp_path: pathlib.Path) -> RunFolder:
    """A copy of a finished run."""
    shutil.copytree(quick_run.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def leave_out(folder: RunFolder, *keys: str) -> None:
    """Write the motion again without some of its arrays."""
    arrays = motion_file.to_arrays(motion_file.load(folder))
    kept = {key: array for key, array in arrays.items() if key not in keys}
    np.savez(folder / "motion.npz", **kept)  # pyright: ignore[reportArgumentType]


def test_a_motion_is_read_as_it_was_written(folder: RunFolder, tmp_path: pathlib.Path) -> None:
    motion = motion_file.load(folder)
    motion_file.save(RunFolder(tmp_path), motion)
    again = motion_file.load(RunFolder(tmp_path))
    for field in fields(ReconstructedMotion):
        before, after = (getattr(each, field.name) for each in (motion, again))
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)


def test_fields_are_the_keys_of_the_file(folder: RunFolder) -> None:
    with np.load(folder / "motion.npz") as file:
        assert file.files == [field.name for field in fields(ReconstructedMotion)]


def test_every_field_is_explained() -> None:
    lines = [line.strip() for line in (ReconstructedMotion.__doc__ or "").splitlines()]
    for field in fields(ReconstructedMotion):
        assert any(line.startswith(f"{field.name}: ") for line in lines), field.name


@pytest.mark.parametrize("missing", ["contact_body", "time_s", "root_position_world_m", "shape_kind"])
def test_a_motion_of_another_version_is_refused(folder: RunFolder, missing: str) -> None:
    leave_out(folder, missing)
    with pytest.raises(InputError, match="motion.npz cannot be read, or another version wrote it: make the run again"):
        motion_file.load(folder)


def test_motions_of_the_first_versions_are_read(folder: RunFolder) -> None:
    """They had no scenery, no residual force, and not all of the body."""
    whole = motion_file.load(folder)
    scenery = ("scenery_kind", "scenery_size_m", "scenery_position_world_m", "scenery_quat_world_wxyz")
    leave_out(folder, "residual_force_N", *BODY, *scenery)
    motion = motion_file.load(folder)
    for key in ("residual_force_N", *BODY):
        assert np.isnan(getattr(motion, key)).all()
        assert getattr(motion, key).shape == getattr(whole, key).shape
        assert np.isfinite(getattr(whole, key)).sum() >= getattr(whole, key).size - (key == "residual_force_N")
    for key in scenery:
        assert getattr(motion, key).shape == getattr(whole, key).shape
        assert getattr(motion, key).dtype == getattr(whole, key).dtype
    np.testing.assert_array_equal(motion.root_position_world_m, whole.root_position_world_m)
