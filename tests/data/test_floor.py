"""The floor is found where the body rests on it, whatever touches and however often feet dip or leave it."""

import numpy as np
import pytest

from data import builtin_clips, formats
from data.clip import MotionClip
from data.floor import CLEARANCE, estimate_floor


def clip_with_foot_at(heights: np.ndarray) -> MotionClip:
    """One joint at the given heights above the floor's, 1 m below a root."""
    positions = np.zeros((len(heights), 2, 3))
    positions[:, 0, 2] = 1.0
    positions[:, 1, 2] = heights
    return MotionClip(
        name="clip",
        fps=30.0,
        joint_names=("root", "leg"),
        parents=(-1, 0),
        positions=positions,
        rotations=None,
        rest_positions=positions[0],
        rest_rotations=np.tile([1.0, 0.0, 0.0, 0.0], (2, 1)),
    )


def test_leaps_and_dips_do_not_move_it():
    rng = np.random.default_rng(0)
    stance = 0.2 + CLEARANCE["toe"] + rng.normal(0, 0.002, 60)
    leaps, dips = rng.uniform(0.3, 1.0, 25), rng.uniform(-0.2, 0.15, 15)
    height, note = estimate_floor(clip_with_foot_at(np.concatenate([leaps, stance, dips])))
    assert height == pytest.approx(0.2, abs=0.004)
    assert note.startswith("floor: +0.2")


def test_it_moves_with_the_clip_and_with_the_clearance():
    clip = formats.read("builtin:walk")
    height, _ = estimate_floor(clip)
    assert estimate_floor(clip.shifted(0.3))[0] == pytest.approx(height + 0.3)
    lower = {part: clearance + 0.01 for part, clearance in CLEARANCE.items()}
    pelvis_only = {"pelvis": CLEARANCE["pelvis"]}
    assert estimate_floor(clip, clearance=pelvis_only)[0] > 0
    marker = clip_with_foot_at(np.full(10, 0.5))
    assert estimate_floor(marker, clearance=lower)[0] == pytest.approx(0.46)


@pytest.mark.parametrize("name", builtin_clips.clip_paths())
def test_built_in_clips_stand_near_the_ground_of_their_files(name):
    assert abs(estimate_floor(formats.read(f"builtin:{name}"))[0]) < 0.04


def test_recordings_whose_floor_is_known(cmu):
    for trial in ("01", "02", "03", "04", "05"):
        clip = formats.read(cmu / "asf_amc" / f"02_{trial}.amc")  # the laboratory's floor is at zero
        assert abs(estimate_floor(clip)[0]) < 0.03
