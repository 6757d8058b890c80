"""Angles have anatomy's names and signs, make up the whole rotation, and moments have the torque's power."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from diffphy.body.anatomical_angles import anatomical_angles, anatomical_moments, angle_terms
from diffphy.body.humanoid import JOINT_NAMES, ROOT

FORWARD, LEFT, UP = np.eye(3)

# Joint, rotation vector in our axes, and the angles that it stands for, degrees. All others are zero.
MOVES = [
    ("left_hip", -LEFT, {"flexion": 40}),
    ("right_hip", -LEFT, {"flexion": 40}),
    ("left_hip", FORWARD, {"adduction": -40}),
    ("right_hip", FORWARD, {"adduction": 40}),
    ("left_hip", UP, {"internal_rotation": -40}),
    ("right_hip", UP, {"internal_rotation": 40}),
    ("left_knee", LEFT, {"flexion": 40}),
    ("right_knee", LEFT, {"flexion": 40}),
    ("left_ankle", -LEFT, {"dorsiflexion": 40}),
    ("right_ankle", FORWARD, {"inversion": 40}),
    ("left_toe", -LEFT, {"extension": 40}),
    ("lower_spine", LEFT, {"flexion": 40}),
    ("neck", FORWARD, {"right_bending": 40}),
    ("upper_spine", UP, {"left_rotation": 40}),
    ("left_clavicle", FORWARD, {"elevation": 40}),
    ("right_clavicle", FORWARD, {"elevation": -40}),
    ("right_clavicle", UP, {"protraction": 40}),
    ("left_shoulder", FORWARD, {"elevation": 130}),  # from the T-pose, which is 90 degrees above hanging
    ("right_shoulder", -FORWARD, {"elevation": 130}),
    ("right_shoulder", UP, {"elevation": 90, "elevation_plane": 40}),
    ("left_shoulder", -UP, {"elevation": 90, "elevation_plane": 40}),
    ("left_shoulder", LEFT, {"elevation": 90, "internal_rotation": 40}),  # the thumb turns down
    ("right_shoulder", LEFT, {"elevation": 90, "internal_rotation": 40}),
    ("left_elbow", -UP, {"flexion": 40}),  # palms down, the forearm comes forward
    ("right_elbow", UP, {"flexion": 40}),
    ("left_elbow", LEFT, {"pronation": 40}),
    ("right_elbow", LEFT, {"pronation": 40}),
    ("left_wrist", -FORWARD, {"flexion": 40}),
    ("right_wrist", FORWARD, {"flexion": 40}),
    ("left_wrist", UP, {"ulnar_deviation": 40}),
    (ROOT, UP, {"rotation": 40}),
    (ROOT, -LEFT, {"tilt": 40}),
]


@pytest.mark.parametrize(("joint", "axis", "expected"), MOVES)
def test_a_move_has_the_name_that_anatomy_gives_it(joint: str, axis: np.ndarray, expected: dict[str, float]) -> None:
    rotation = Rotation.from_rotvec(np.deg2rad(40) * axis).as_quat(scalar_first=True)
    found = np.rad2deg(anatomical_angles([joint], rotation[None, None])[0, 0])
    assert set(expected) <= set(angle_terms(joint))
    assert_allclose(found, [expected.get(term, 0.0) for term in angle_terms(joint)], atol=1e-9)


def test_angles_are_continuous_beyond_half_a_turn() -> None:
    turn = np.linspace(0, 3 * np.pi, 100)
    rotation = Rotation.from_rotvec(turn[:, None] * UP).as_quat(scalar_first=True)
    assert_allclose(anatomical_angles([ROOT], rotation[:, None])[:, 0, 2], turn, atol=1e-9)


@pytest.mark.parametrize("joint", [*JOINT_NAMES, ROOT])
def test_moments_times_rates_are_the_power(joint: str) -> None:
    """So the moments are the generalized forces of the angles, and the three angles tell the whole rotation."""
    rng = np.random.default_rng(3)
    start = Rotation.from_rotvec(rng.normal(scale=0.7, size=(50, 3)))
    velocity, torque, small = rng.normal(size=(50, 3)), rng.normal(size=(50, 3)), 1e-6
    before, after = (
        (start * Rotation.from_rotvec(sign * small * velocity)).as_quat(scalar_first=True)[:, None]
        for sign in (-0.5, 0.5)
    )
    pairs = np.stack([before, after])  # (2, 50, 1, 4): one pair at a time, so that none is unwrapped to another
    angles = np.stack([anatomical_angles([joint], pairs[:, k]) for k in range(50)])
    rate = (angles[:, 1, 0] - angles[:, 0, 0]) / small
    rotation = start.as_quat(scalar_first=True)[:, None]
    moment = anatomical_moments([joint], rotation, torque[:, None])[:, 0]
    assert_allclose(np.sum(moment * rate, axis=1), np.sum(torque * velocity, axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe"])
def test_right_and_left_are_mirrored(kind: str) -> None:
    rng = np.random.default_rng(4)
    vector, torque = rng.normal(size=(2, 20, 3))
    values = []
    for side, mirror in (("left", np.ones(3)), ("right", np.array([-1.0, 1.0, -1.0]))):
        rotation = Rotation.from_rotvec(mirror * vector).as_quat(scalar_first=True)[:, None]
        name = [f"{side}_{kind}"]
        values.append(
            (anatomical_angles(name, rotation), anatomical_moments(name, rotation, (mirror * torque)[:, None]))
        )
    assert_allclose(values[0], values[1], atol=1e-9)
