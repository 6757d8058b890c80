"""A motion that is followed with feedback: without a deviation, with a known one, and with arrays that do not fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene
from diffphy.physics.feedback import rollout_with_feedback
from diffphy.physics.simulate import Physics, State, rollout
from diffphy.physics.state_change import change_state, state_change
from tests.diffphy.motions import identity_rotations, on_the_ground

pytestmark = pytest.mark.usefixtures("float64")

FRAMES, INPUTS, STATES = 3, 57, 126
PHYSICS = Physics(substeps=2)


def a_motion(humanoid: Humanoid) -> tuple[State, jax.Array, State]:
    """The start of a motion that bends all joints, its control, and its states with the first."""
    start = on_the_ground(humanoid, identity_rotations(humanoid))
    bend = 0.1 * np.random.default_rng(0).normal(size=(FRAMES + 1, 19, 3))
    control = rotations.multiply(start.rotation[None, 1:], rotations.exp(bend))
    states, _ = jax.jit(rollout)(humanoid, scene.ground(), PHYSICS, start, control)
    return start, control, jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), start, states)


def gains(seed: int, size: float) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=(FRAMES, INPUTS, STATES + INPUTS))


def test_without_a_deviation_feedback_changes_nothing(humanoid: Humanoid) -> None:
    start, control, planned = a_motion(humanoid)
    follow = jax.jit(rollout_with_feedback)
    states, effort, used = follow(humanoid, scene.ground(), PHYSICS, start, planned, control, gains(1, 0.1))
    _, expected = jax.jit(rollout)(humanoid, scene.ground(), PHYSICS, start, control)
    assert_allclose(used, control[1:], atol=1e-12)
    for found, wanted in zip(states, jax.tree.map(lambda a: a[1:], planned), strict=True):
        assert_allclose(found, wanted, atol=1e-10)
    assert_allclose(effort.contact_force, expected.contact_force, rtol=1e-7, atol=1e-6)


def test_gains_turn_the_targets_in_their_own_axes(humanoid: Humanoid) -> None:
    """By what the state and the control before the frame deviate."""
    start, control, planned = a_motion(humanoid)
    gain = np.zeros((FRAMES, INPUTS, STATES + INPUTS))
    gain[0, 7, 40] = 0.5  # by the turn of a joint
    gain[0, 8, 63 + 2] = 0.1  # by the root's velocity upwards
    gain[1, 30, STATES + 7] = 2.0  # by the turn of a target
    change = np.zeros(STATES)
    change[40], change[65] = 0.02, 0.3
    moved = change_state(start, jnp.asarray(change))
    assert_allclose(state_change(start, moved), change, atol=1e-12)
    _, _, used = jax.jit(rollout_with_feedback)(humanoid, scene.ground(), PHYSICS, moved, planned, control, gain)
    turned = np.asarray(rotations.difference(control[1:], used)).reshape(FRAMES, INPUTS)
    expected = np.zeros((FRAMES, INPUTS))
    expected[0, 7:9], expected[1, 30] = (0.01, 0.03), 0.02
    assert_allclose(turned, expected, atol=1e-12)


def test_arrays_that_do_not_fit_are_refused(humanoid: Humanoid) -> None:
    start, control, planned = a_motion(humanoid)
    gain = gains(1, 0.1)

    def follow(planned: State, control: jax.Array, gain: np.ndarray) -> None:
        rollout_with_feedback(humanoid, scene.ground(), PHYSICS, start, planned, control, gain)

    with pytest.raises(ValueError, match=r"gain has the shape \(2, 57, 183\): give \(3, 57, 183\), \(frames, inputs"):
        follow(planned, control, gain[1:])
    with pytest.raises(ValueError, match=r"planned.position has the shape \(3, 3\): give \(4, 3\), a state for each"):
        follow(jax.tree.map(lambda a: a[1:], planned), control, gain)
    with pytest.raises(ValueError, match=r"control has the shape \(1, 19, 4\): give \(frames \+ 1, joints, 4\)"):
        follow(planned, control[:1], gain)
