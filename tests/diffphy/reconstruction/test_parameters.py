"""The control parameters: their units, their initial values, and the vector that a minimiser sees."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from diffphy import rotations
from diffphy.body.humanoid import JOINT_NAMES, Humanoid
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.parameters import PUSH_UNIT, Parameters, lead, scaled_vector, units

pytestmark = pytest.mark.usefixtures("float64")

FRAMES = 3


def drawn(seed: int) -> Parameters:
    rng = np.random.default_rng(seed)
    return Parameters(rng.normal(size=(FRAMES, 19, 3)), rng.normal(size=(21, 3)))


@pytest.mark.parametrize("start_moves", [True, False])
def test_unpacking_undoes_packing(humanoid: Humanoid, *, start_moves: bool) -> None:
    given = drawn(0)
    vector = scaled_vector(humanoid, given, start_moves=start_moves)
    x = vector.pack(given)
    assert x.shape == (FRAMES * 19 * 3 + (21 * 3 if start_moves else 0),)
    found = vector.unpack(x)
    assert_allclose(found.offset, given.offset, atol=1e-15)
    assert_allclose(found.push, given.push, atol=1e-15)


def test_a_push_that_is_no_parameter_stays_as_it_was(humanoid: Humanoid) -> None:
    given = drawn(1)
    vector = scaled_vector(humanoid, given, start_moves=False)
    assert_array_equal(vector.unpack(vector.pack(drawn(2))).push, given.push)


def test_a_coordinate_of_one_changes_a_parameter_by_its_unit(humanoid: Humanoid) -> None:
    vector = scaled_vector(humanoid, drawn(3), start_moves=True)
    found = vector.unpack(np.ones(FRAMES * 19 * 3 + 21 * 3))
    assert_allclose(found.offset, np.broadcast_to(units(humanoid), (FRAMES, 19, 3)))
    assert_allclose(found.push, PUSH_UNIT)


@pytest.mark.parametrize("start_moves", [True, False])
def test_the_gradient_follows_the_chain_rule(humanoid: Humanoid, *, start_moves: bool) -> None:
    """For a linear function of the parameters, along a direction."""
    slope, given = drawn(4), drawn(5)
    vector = scaled_vector(humanoid, given, start_moves=start_moves)

    def value(x: np.ndarray) -> float:
        return sum(float(np.vdot(s, p)) for s, p in zip(slope, vector.unpack(x), strict=True))

    x = vector.pack(given)
    direction = np.random.default_rng(6).normal(size=x.shape)
    assert vector.pack_gradient(slope) @ direction == pytest.approx(value(x + direction) - value(x), rel=1e-9)


def test_units_are_alike_left_and_right_and_largest_where_little_moves(humanoid: Humanoid) -> None:
    unit = dict(zip(JOINT_NAMES, units(humanoid)[:, 0], strict=True))
    assert unit["left_hip"] == 1.0
    assert all(unit[name] == unit[name.replace("left", "right")] for name in JOINT_NAMES)
    assert unit["left_wrist"] == max(unit.values()) < 5.0
    assert unit["lower_spine"] == min(unit.values()) > 0.5


def test_targets_lead_a_turning_joint_by_what_damping_would_cost(humanoid: Humanoid) -> None:
    """kd w = kp lead, in the joint's own axes, and zero for joints at rest."""
    velocity = np.zeros((20, 3))
    velocity[5] = [0.5, -1.0, 2.0]
    rate = 30.0
    rotation = np.asarray(rotations.exp(np.arange(FRAMES)[:, None, None] / rate * velocity))
    none = np.zeros((FRAMES, 3))
    observed = Keyframes(none, rotation, np.zeros((FRAMES, 20, 3)), np.ones(20), np.ones(FRAMES))
    ahead = lead(humanoid, observed, rate)
    torque = humanoid.kp[:, None] * ahead[:-1]
    assert_allclose(torque, np.tile(humanoid.kd[:, None] * velocity[1:], (FRAMES - 1, 1, 1)), atol=1e-9)
    assert_allclose(ahead[-1], 0.0, atol=1e-12, err_msg="after the last frame nothing moves")
