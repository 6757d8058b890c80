"""What a user can do with `from diffphy import ...` alone: the example of the package, and derivatives of a rollout."""

import doctest
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import diffphy
import diffphy.reconstruction
from diffphy import (
    JOINT_NAMES,
    CompliantContact,
    Keyframes,
    Physics,
    average_person,
    forward_kinematics,
    ground,
    kinematic_problem,
    rollout,
    rotations,
    standing_state,
    step,
)


def test_the_example_of_the_package_gives_what_it_says() -> None:
    result = doctest.testmod(diffphy, globs={})  # as in a user's program, where nothing is imported yet
    assert result.attempted >= 10
    assert result.failed == 0


def test_the_names_of_the_reconstruction_are_there_too() -> None:
    assert set(diffphy.reconstruction.__all__) <= set(diffphy.__all__)
    for name in diffphy.reconstruction.__all__:
        assert getattr(diffphy, name) is getattr(diffphy.reconstruction, name)


@pytest.mark.usefixtures("float64")
def test_derivatives_of_a_rollout_of_the_default_person_agree() -> None:
    """By the control and by the constants of contact: reverse mode, forward mode and central differences."""
    humanoid, scene = average_person(), ground(friction=0.8)
    state = standing_state(humanoid)

    def final_joints(turn: jax.Array, log_stiffness: jax.Array) -> jax.Array:
        physics = Physics(contact=CompliantContact(2000.0 * jnp.exp(log_stiffness)))
        control = rotations.multiply(state.rotation[None, 1:], rotations.exp(turn))
        states, effort = rollout(humanoid, scene, physics, state, control)
        joints = forward_kinematics(humanoid, states.position[-1], states.rotation[-1]).position
        return jnp.sum(jnp.sin(joints + jnp.arange(3.0)[None])) + 1e-3 * jnp.sum(effort.contact_force[-1])

    at = (0.1 * jnp.asarray(np.random.default_rng(0).normal(size=(4, len(JOINT_NAMES), 3))), jnp.zeros(()))
    along = (jnp.asarray(np.random.default_rng(1).normal(size=at[0].shape)), jnp.ones(()))
    reverse = sum(jnp.vdot(g, d) for g, d in zip(jax.jit(jax.grad(final_joints, (0, 1)))(*at), along, strict=True))
    forward = jax.jit(lambda *x: jax.jvp(final_joints, x, along)[1])(*at)
    compiled, h = jax.jit(final_joints), 1e-6
    ahead, behind = (compiled(*(x + s * h * d for x, d in zip(at, along, strict=True))) for s in (1, -1))
    assert abs(float(forward)) > 1e-3
    assert float(reverse) == pytest.approx(float(forward), rel=1e-9)
    assert float(forward) == pytest.approx(float((ahead - behind) / (2 * h)), rel=1e-5)


def test_a_batch_of_steps_gives_what_single_steps_give() -> None:
    humanoid, scene, physics = average_person(), ground(), Physics()
    state = standing_state(humanoid)
    speeds = jnp.array([0.0, 0.5, 1.0])

    def one(speed: jax.Array) -> jax.Array:
        moving = state._replace(velocity=jnp.zeros(3).at[0].set(speed))
        return step(humanoid, scene, physics, moving, state.rotation[1:])[0].velocity

    batch = jax.jit(jax.vmap(one))(speeds)
    np.testing.assert_allclose(batch, jnp.stack([jax.jit(one)(speed) for speed in speeds]), atol=1e-4)
    assert (np.diff(batch[:, 0]) > 0).all()


def test_a_kinematic_problem_can_be_minimised_by_a_program_of_ones_own() -> None:
    """One step against the gradient, from a motion that trembles."""
    person, frames = average_person(), 4
    state = standing_state(person)
    pose = forward_kinematics(person, state.position, state.rotation)
    still = (state.position, state.rotation, pose.position)
    motion = (np.tile(array, (frames, *np.ones(array.ndim, int))) for array in still)
    observed = Keyframes(*motion, joint_weight=np.ones(20, np.float32), frame_weight=np.ones(frames, np.float32))
    problem = kinematic_problem(person, ground(), observed, rate=30.0)
    x = 0.1 * jnp.asarray(np.random.default_rng(0).normal(size=problem.size))
    evaluate = jax.jit(jax.value_and_grad(problem.loss, has_aux=True))
    (loss, terms), gradient = evaluate(x)
    assert float(loss) == pytest.approx(sum(map(float, terms.values())), rel=1e-5)
    (lower, _), _ = evaluate(x - 0.01 * float(loss) * gradient / jnp.sum(gradient**2))
    assert 0.985 * float(loss) < float(lower) < 0.995 * float(loss)


def test_what_jax_would_broadcast_is_refused() -> None:
    person, physics = average_person(), Physics()
    state = standing_state(person)
    for target in (jnp.ones((1, 4)), jnp.ones((20, 4))):
        with pytest.raises(ValueError, match=r"shape \(\d+, 4\): give \(19, 4\), one for each joint"):
            step(person, ground(), physics, state, target)
        with pytest.raises(ValueError, match=r"give \(19, 4\), one for each joint"):
            rollout(person, ground(), physics, state, jnp.tile(target, (7, 1, 1)))
    with pytest.raises(ValueError, match=r"shape \(1, 19, 4\): .*, at least one frame"):
        rollout(person, ground(), physics, state, jnp.ones((1, 19, 4)))


@pytest.mark.usefixtures("float64")
def test_a_person_in_double_precision_and_a_state_in_single_are_refused() -> None:
    person = average_person()
    state = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), standing_state(person))
    with pytest.raises(ValueError, match="the humanoid is float64, but the state float32: call humanoid.astype"):
        step(person, ground(), Physics(), state, state.rotation[1:])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"stature": -1.7}, "stature is -1.7: give a positive number"),
        ({"stature": 0.0}, "stature is 0.0: give a positive number"),
        ({"stature": float("nan")}, "stature is nan: give a positive number"),
        ({"mass": -60.0}, "mass is -60.0: give a positive number"),
    ],
)
def test_a_person_that_cannot_be_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        average_person(**arguments)
