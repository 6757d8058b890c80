"""The standing state: upright, at rest, soles on the ground, arms beside the body."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from diffphy.body.average_person import average_person
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.kinematics import contact_points, forward_kinematics
from diffphy.physics.simulate import Physics, step
from diffphy.physics.standing import standing_state
from tests.diffphy.motions import hold, last

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize("height", [0.0, -1.5])
def test_the_soles_just_touch_the_ground_and_nothing_else_does(height: float) -> None:
    humanoid = average_person()
    state = standing_state(humanoid, height)
    pose = forward_kinematics(humanoid, state.position, state.rotation)
    gap = np.asarray(contact_points(humanoid, pose)[:, 2] - humanoid.contact_radius) - height
    body = np.array([humanoid.body_names[index] for index in humanoid.contact_body])
    touching = {str(name) for name in body[gap < 1e-9]}
    assert gap.min() == pytest.approx(0.0, abs=1e-12)
    assert touching == {"left_foot", "right_foot", "left_toes", "right_toes"}
    assert (gap[~np.isin(body, list(touching))] > 0.02).all()
    assert not np.any(state.velocity)
    assert not np.any(state.angular_velocity)


def test_the_arms_hang_beside_the_body_without_touching_it() -> None:
    humanoid = average_person()
    state = standing_state(humanoid)
    position = np.asarray(forward_kinematics(humanoid, state.position, state.rotation).position)
    for side, sense in (("left", 1.0), ("right", -1.0)):
        shoulder, hand, hip = (position[humanoid.body(f"{side}_{b}")] for b in ("upper_arm", "hand", "thigh"))
        assert shoulder[2] - hand[2] > 0.5
        assert sense * (hand[1] - hip[1]) > 0.1
    assert position[humanoid.body("head"), 2] > position[humanoid.body("pelvis"), 2] + 0.4


def test_it_stands_for_a_while() -> None:
    humanoid = average_person()
    state = standing_state(humanoid)
    states, effort = hold(humanoid, scenes.ground(), state, 0.5)
    weight = 9.81 * float(humanoid.mass.sum())
    assert float(last(states).position[2]) == pytest.approx(float(state.position[2]), abs=0.02)
    assert float(np.asarray(effort.contact_force)[-1, :, 2].sum()) == pytest.approx(weight, rel=0.02)


def test_a_body_without_arms_stands_too(block: Humanoid) -> None:
    state = standing_state(block, 0.3)
    assert_array_equal(state.position, [0.0, 0.0, 0.35])
    assert_array_equal(state.rotation, [[1.0, 0.0, 0.0, 0.0]])
    smaller = replace(block, contact_radius=0.5 * block.contact_radius)
    assert float(standing_state(smaller).position[2]) == pytest.approx(0.025)
    new, _ = jax.jit(step)(block, scenes.ground(height=0.3), Physics(), state, jnp.zeros((0, 4)))
    assert abs(float(new.velocity[2])) < 9.81 / 120
