"""feedback.npz: written and read again, and refused where there is no second pass."""

import pathlib

import numpy as np
import pytest

from data.clip import InputError
from pipelines.config import Optimizer, Output, RunConfig
from pipelines.reconstruction import feedback_file
from pipelines.reconstruction.method import build_method, check_feedback
from pipelines.reconstruction.run_folder import RunFolder


def test_gains_are_read_as_they_were_written(tmp_path: pathlib.Path) -> None:
    folder = RunFolder(tmp_path)
    assert feedback_file.load(folder) is None
    gain = np.random.default_rng(0).normal(size=(2, 57, 183)).astype(np.float32)
    feedback_file.save(folder, gain, 30.0)
    found = feedback_file.load(folder)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, gain)
    with np.load(tmp_path / "feedback.npz") as file:
        assert (file.files, float(file["fps_hz"])) == (["fps_hz", "gain"], 30.0)
    assert (tmp_path / "feedback.npz").stat().st_size < 2 * 43_000  # 1.3 MB for 30 frames


def test_a_broken_file_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "feedback.npz").write_text("half of it")
    with pytest.raises(
        InputError, match="feedback.npz cannot be read, or another version wrote it: make the run again"
    ):
        feedback_file.load(RunFolder(tmp_path))


def test_feedback_needs_a_second_pass() -> None:
    wanted = RunConfig(output=Output(feedback=True))
    check_feedback(wanted, build_method(wanted.optimizer, 18))
    for optimizer in (Optimizer(second_pass=None), Optimizer(name="lbfgs")):
        method = build_method(optimizer, 18)
        check_feedback(RunConfig(optimizer=optimizer), method)
        with pytest.raises(
            InputError, match="--feedback .* needs a second pass, .*: leave it out, or use the optimizer"
        ):
            check_feedback(wanted.model_copy(update={"optimizer": optimizer}), method)
