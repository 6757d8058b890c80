"""feedback.npz: written and read again, and refused where there is no second pass."""

import pathlib

import numpy as np
import pytest

from data.clip import InputError
from diffphy.reconstruction.motion_gains import MotionGains
from pipelines.config import Optimizer, Output, RunConfig
from pipelines.reconstruction import feedback_file, motion_file
from pipelines.reconstruction.method import build_method, check_feedback
from pipelines.reconstruction.reconstruct import reconstruct
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder


@pytest.fixture
def motion(quick_run: RunFolder) -> ReconstructedMotion:
    return motion_file.load(quick_run)


@pytest.fixture
def gain(motion: ReconstructedMotion) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(len(motion.time_s) - 1, 57, 183)).astype(np.float32)


def test_gains_are_read_as_they_were_written(
    tmp_path: pathlib.Path, motion: ReconstructedMotion, gain: np.ndarray
) -> None:
    folder = RunFolder(tmp_path)
    assert feedback_file.load(folder, motion) is None
    feedback_file.save(folder, gain, float(motion.fps_hz))
    found = feedback_file.load(folder, motion)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, gain)
    with np.load(tmp_path / "feedback.npz") as file:
        assert (file.files, float(file["fps_hz"])) == (["fps_hz", "gain"], float(motion.fps_hz))
    assert (tmp_path / "feedback.npz").stat().st_size < len(gain) * 43_000  # 1.3 MB for 30 frames


def test_a_broken_file_is_told(tmp_path: pathlib.Path, motion: ReconstructedMotion) -> None:
    (tmp_path / "feedback.npz").write_text("half of it")
    with pytest.raises(
        InputError, match="feedback.npz cannot be read, or another version wrote it: make the run again"
    ):
        feedback_file.load(RunFolder(tmp_path), motion)


def test_gains_of_another_motion_are_refused(
    tmp_path: pathlib.Path, motion: ReconstructedMotion, gain: np.ndarray
) -> None:
    folder, fps = RunFolder(tmp_path), float(motion.fps_hz)
    feedback_file.save(folder, gain[1:], fps)
    with pytest.raises(InputError, match=r"feedback.npz has the shape \(\d+, 57, 183\), but motion.npz needs \(\d+, "):
        feedback_file.load(folder, motion)
    feedback_file.save(folder, gain, fps + 5.0)
    with pytest.raises(InputError, match=r"feedback.npz is for \d+ Hz, but motion.npz has 30 Hz: make the run again"):
        feedback_file.load(folder, motion)


def test_gains_that_are_not_finite_are_refused(
    tmp_path: pathlib.Path, motion: ReconstructedMotion, gain: np.ndarray
) -> None:
    gain[3, 2, 1] = np.nan
    feedback_file.save(RunFolder(tmp_path), gain, float(motion.fps_hz))
    with pytest.raises(InputError, match="feedback.npz has gains that are not finite numbers: make the run again"):
        feedback_file.load(RunFolder(tmp_path), motion)


def test_a_run_without_finite_gains_is_a_run_without_feedback(
    quick_config: RunConfig, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> np.ndarray:
        raise FloatingPointError("the feedback of frames 1 to 9 is not finite")

    monkeypatch.setattr(MotionGains, "about", fail)
    config = quick_config.model_copy(update={"output": Output(video=False, feedback=True)})
    warnings: list[str] = []
    result = reconstruct(config, folder=tmp_path / "run", warn=warnings.append)
    assert result.gain is None
    assert (tmp_path / "run" / "motion.npz").is_file()
    assert not (tmp_path / "run" / "feedback.npz").exists()
    assert [line for line in warnings if "feedback" in line] == [
        "the feedback of frames 1 to 9 is not finite, so there is no feedback.npz: "
        "more evaluations (--max-evals) may help"
    ]


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
