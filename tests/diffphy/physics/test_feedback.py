"""A motion that is followed with feedback: without a deviation, with a known one, and with arrays that do not fit."""

from collections.abc import Callable

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


def test_reverse_mode_is_forward_mode(humanoid: Humanoid) -> None:
    """By the state at the start, the plan, the control and the gains."""
    start, control, planned = a_motion(humanoid)
    moved = start._replace(velocity=start.velocity + jnp.array([0.3, 0.2, 0.0]))

    def loss(start: State, planned: State, control: jax.Array, gain: jax.Array) -> jax.Array:
        states, effort, used = rollout_with_feedback(humanoid, scene.ground(), PHYSICS, start, planned, control, gain)
        moments = jnp.sum(jnp.sin(states.position)) + 0.01 * jnp.sum(states.angular_velocity**2)
        return (
            moments + jnp.sum(used[..., 1:] ** 2) + 1e-4 * jnp.sum(effort.torque) + 1e-4 * jnp.sum(effort.contact_force)
        )

    at = moved, planned, control, jnp.asarray(gains(2, 0.02))
    rng = np.random.default_rng(3)
    along = jax.tree.map(lambda a: jnp.asarray(rng.normal(size=a.shape)), at)
    gradient, forward = jax.jit(lambda at, along: (jax.grad(loss, (0, 1, 2, 3))(*at), jax.jvp(loss, at, along)[1]))(
        at, along
    )
    parts = [float(jnp.vdot(a, b)) for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(along), strict=True)]
    assert min(map(abs, parts)) > 0.0
    assert sum(parts) == pytest.approx(float(forward), rel=1e-8)


def test_its_backward_pass_stores_no_intermediates(humanoid: Humanoid) -> None:
    """As in `rollout`: of a step, it keeps the state, the velocity at the end, and what enters it."""
    start, control, planned = a_motion(humanoid)
    gain = jnp.asarray(gains(2, 0.02))

    def kept(end: Callable[[jax.Array], State]) -> int:
        """The numbers that are stored for the backward pass."""
        _, pull = jax.eval_shape(lambda control: jax.vjp(end, control), control)
        return sum(leaf.size for leaf in jax.tree.leaves(pull))

    alone = kept(lambda control: rollout(humanoid, scene.ground(), PHYSICS, start, control)[0])
    led = kept(
        lambda control: rollout_with_feedback(humanoid, scene.ground(), PHYSICS, start, planned, control, gain)[0]
    )
    assert led < 2 * alone + 2 * gain.size


def test_narrower_arrays_are_converted_and_wider_ones_refused(humanoid: Humanoid) -> None:
    start, control, planned = a_motion(humanoid)
    gain = gains(2, 0.02)
    moved = start._replace(velocity=start.velocity + jnp.array([0.3, 0.2, 0.0]))

    def follow(start: State, planned: State, control: jax.Array, gain: np.ndarray) -> State:
        return jax.jit(rollout_with_feedback)(humanoid, scene.ground(), PHYSICS, start, planned, control, gain)[0]

    single = gain.astype(np.float32)
    found, wanted = (follow(moved, planned, control, each) for each in (single, single.astype(float)))
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.dtype == jnp.float64
        assert_allclose(ours, theirs, rtol=1e-12)
    body, ground = humanoid.astype(jnp.float32), scene.ground()
    start, narrow = jax.tree.map(lambda a: a.astype(jnp.float32), (moved, planned))
    aim = control.astype(jnp.float32)

    def is_refused(name: str, planned: State, control: jax.Array, gain: np.ndarray) -> None:
        with pytest.raises(ValueError, match=f"{name} is float64, but the state float32: convert one of them"):
            rollout_with_feedback(body, ground, PHYSICS, start, planned, control, gain)

    is_refused("planned", planned, aim, single)
    is_refused("control", narrow, control, single)
    is_refused("gain", narrow, aim, gain)
    with pytest.raises(ValueError, match="the target rotations are float64, but the state float32: convert one"):
        rollout(body, scene.ground(), PHYSICS, start, control)


def test_arrays_that_do_not_fit_are_refused(humanoid: Humanoid) -> None:
    start, control, planned = a_motion(humanoid)
    gain = gains(1, 0.1)

    def follow(planned: State, control: jax.Array, gain: np.ndarray) -> None:
        rollout_with_feedback(humanoid, scene.ground(), PHYSICS, start, planned, control, gain)

    with pytest.raises(ValueError, match=r"gain has the shape \(2, 57, 183\): give \(3, 57, 183\), \(frames, inputs"):
        follow(planned, control, gain[1:])
    with pytest.raises(ValueError, match=r"planned.position has the shape \(3, 3\): give \(4, 3\), a state for each"):
        follow(jax.tree.map(lambda a: a[1:], planned), control, gain)
    with pytest.raises(ValueError, match=r"control has the shape \(4, 1, 4\): give \(4, 19, 4\), one for each joint"):
        follow(planned, control[:, :1], gain)
    with pytest.raises(ValueError, match=r"control has the shape \(1, 19, 4\): give \(frames \+ 1, joints, 4\)"):
        follow(planned, control[:1], gain)
