"""Resampling keeps the motion, its duration and the length of bones."""

import numpy as np
import pytest

from data import formats
from data.clip import InputError
from data.resample import resample


def bone_lengths(clip):
    return np.linalg.norm(clip.positions[:, 1:] - clip.positions[:, list(clip.parents[1:])], axis=-1)


@pytest.mark.parametrize("name", ["backflip", "walk", "spin"])
def test_upsampling_keeps_the_frames_and_the_bones(name):
    clip = formats.read(f"builtin:{name}")
    finer = resample(clip, 3 * clip.fps)
    assert finer.fps == 3 * clip.fps
    assert finer.num_frames == 3 * (clip.num_frames - 1) + 1
    np.testing.assert_allclose(finer.positions[::3], clip.positions, atol=1e-9)
    assert finer.rotations is not None
    np.testing.assert_allclose(np.abs(np.sum(finer.rotations[::3] * clip.rotations, axis=-1)), 1.0, atol=1e-12)
    np.testing.assert_allclose(bone_lengths(finer), np.tile(bone_lengths(clip)[0], (finer.num_frames, 1)), atol=1e-9)


def test_odd_rates_stay_between_the_frames():
    clip = formats.read("builtin:cartwheel")
    other = resample(clip, 50.0)
    assert other.duration <= clip.duration < other.duration + 1 / 50
    time = np.arange(other.num_frames) / 50
    for axis in range(3):
        exact = np.interp(time, np.arange(clip.num_frames) / clip.fps, clip.positions[:, 0, axis])
        np.testing.assert_allclose(other.positions[:, 0, axis], exact, atol=1e-12)
    assert other.rotations is not None
    assert (np.sum(other.rotations[1:] * other.rotations[:-1], axis=-1) > 0).all()


def test_the_same_rate_changes_nothing_and_no_rate_is_refused():
    clip = formats.read("builtin:walk")
    assert resample(clip, clip.fps) is clip
    for rate in (0.0, -30.0, float("nan")):
        with pytest.raises(InputError, match="above zero"):
            resample(clip, rate)
