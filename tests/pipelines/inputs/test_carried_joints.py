"""Joints that the fit does not have are carried by the trunk."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.inputs.carried_joints import carry

TRUNK = {
    "left_hip": [0.1, 0.0, 0.9],
    "right_hip": [-0.1, 0.0, 0.9],
    "left_shoulder": [0.2, 0.0, 1.4],
    "right_shoulder": [-0.2, 0.0, 1.4],
    "pelvis": [0.0, 0.05, 1.0],
    "neck": [0.0, -0.03, 1.45],
}


def motion(turns: Rotation) -> dict[str, np.ndarray]:
    """Return a trunk that turns as a whole, a frame for each turn."""
    return {name: turns.apply(np.tile(place, (len(turns), 1))) for name, place in TRUNK.items()}


def test_each_joint_keeps_its_mean_place_in_the_trunk() -> None:
    rng = np.random.default_rng(0)
    turns = Rotation.from_rotvec(rng.normal(size=(200, 3)))
    true = motion(turns)
    rough = {name: places + rng.normal(scale=0.02, size=places.shape) for name, places in true.items()}
    points = {name: true[name] for name in TRUNK if name not in ("pelvis", "neck")}
    carried = carry(rough, points)
    assert list(carried) == list(rough)
    for name, places in true.items():
        error = np.linalg.norm(carried[name] - places, axis=1).max()
        assert error < 0.006 if name in ("pelvis", "neck") else error == 0.0
        assert np.linalg.norm(rough[name] - places, axis=1).mean() > 0.03


@pytest.mark.parametrize(("name", "part"), [("pelvis", "hip"), ("neck", "shoulder")])
def test_a_joint_moves_with_the_nearer_end_of_the_trunk(name: str, part: str) -> None:
    rough = motion(Rotation.identity(2))
    points = {each: places for each, places in rough.items() if each not in ("pelvis", "neck")}
    moved = {each: places + (0.03 if part in each else 0.0) for each, places in points.items()}
    np.testing.assert_allclose(carry(rough, moved)[name], rough[name] + 0.03, atol=0.01)
