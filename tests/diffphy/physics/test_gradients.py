"""Derivatives through a rollout: forward mode, reverse mode and central differences agree wherever they must."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.arrays import Scalar
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.kinematics import forward_kinematics
from diffphy.physics.simulate import Physics, State, rollout
from tests.diffphy.motions import at_rest, identity_rotations, on_the_ground
from tests.diffphy.simulators import random_state

pytestmark = pytest.mark.usefixtures("float64")

FRAMES = 2
OBJECTS = (
    scenes.ground(0.8)
    .with_box((0.0, 0.3, 0.1), (0.3, 0.2, 0.1), (0.9, 0.1, 0.3, 0.2))
    .with_sphere((0.1, -0.3, 0.0), 0.2)
)


class Variables(NamedTuple):
    """Everything that a rollout may be differentiated by, as deviations from where it starts."""

    control: jax.Array
    position: jax.Array
    rotation: jax.Array
    velocity: jax.Array
    angular_velocity: jax.Array
    mass: jax.Array


def no_deviation() -> Variables:
    return Variables(jnp.zeros((FRAMES, 19, 3)), *map(jnp.zeros, ((3,), (20, 3), (3,), (20, 3), (20,))))


def loss(x: Variables, humanoid: Humanoid, start: State, target: jax.Array) -> jax.Array:
    """Smooth in everything that comes out of a rollout: joint positions, velocities, torques, contact forces."""
    state = State(
        start.position + x.position,
        rotations.multiply(start.rotation, rotations.exp(x.rotation)),
        start.velocity + x.velocity,
        start.angular_velocity + x.angular_velocity,
    )
    body = replace(humanoid, mass=humanoid.mass * jnp.exp(x.mass))
    control = rotations.multiply(target[None], rotations.exp(jnp.concatenate([jnp.zeros((1, 19, 3)), x.control])))
    states, effort = rollout(body, OBJECTS, Physics(), state, control)
    joints = jax.vmap(lambda p, r: forward_kinematics(body, p, r).position)(states.position, states.rotation)
    return (
        jnp.sum(jnp.sin(3 * joints + jnp.arange(3.0)[None, None]))
        + 0.01 * jnp.sum(states.velocity**2)
        + 0.001 * jnp.sum(jnp.sin(states.angular_velocity))
        + 1e-4 * jnp.sum(effort.torque)
        + 1e-4 * jnp.sum(effort.contact_force)
    )


value = jax.jit(loss)


@jax.jit
def directional_derivatives(
    humanoid: Humanoid, start: State, target: jax.Array, direction: Variables
) -> tuple[jax.Array, jax.Array]:
    """The derivative of the loss along a direction by reverse mode and by forward mode."""
    x = no_deviation()
    gradient = jax.grad(loss)(x, humanoid, start, target)
    reverse = sum((jnp.vdot(g, d) for g, d in zip(gradient, direction, strict=True)), start=jnp.zeros(()))
    return reverse, jax.jvp(lambda y: loss(y, humanoid, start, target), (x,), (direction,))[1]


def difference(humanoid: Humanoid, start: State, target: jax.Array, direction: Variables) -> float:
    """The same by central differences, the median of those over several steps.

    Here and there, one side is solved with an iteration more than the other. That moves the value by some 1e-9, which
    a single step takes for a slope of 1e-3.
    """
    found = []
    for step in (1e-6, 2e-6, 3e-6, 5e-6, 1e-5):
        ahead, behind = (jax.tree.map(lambda d, s=sign * step: s * d, direction) for sign in (1, -1))
        found.append((value(ahead, humanoid, start, target) - value(behind, humanoid, start, target)) / (2 * step))
    return float(np.median(found))


def assert_gradient_is_right(humanoid: Humanoid, start: State, target: jax.Array) -> None:
    """Along random directions, and along each kind of variable by itself."""
    rng = np.random.default_rng(0)
    everything = Variables(*(jnp.asarray(rng.normal(size=leaf.shape)) for leaf in no_deviation()))
    alone = [no_deviation()._replace(**{name: getattr(everything, name)}) for name in Variables._fields]
    for direction in (everything, *alone):
        reverse, forward = directional_derivatives(humanoid, start, target, direction)
        numerical = difference(humanoid, start, target, direction)
        assert float(forward) == pytest.approx(float(reverse), rel=1e-8, abs=1e-8)
        assert numerical == pytest.approx(float(reverse), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_at_random_states_in_the_air_and_among_objects(humanoid: Humanoid, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = random_state(humanoid, rng)
    start = State(
        jnp.array([0.0, 0.0, 1.0 - seed]),
        jnp.asarray(drawn.rotation),
        jnp.asarray(drawn.velocity[:3]),
        jnp.asarray(drawn.velocity[3:].reshape(20, 3)),
    )
    target = rotations.multiply(start.rotation[1:], rotations.exp(jnp.asarray(0.3 * rng.normal(size=(19, 3)))))
    assert_gradient_is_right(humanoid, start, target)


def test_at_rest_in_the_zero_pose_with_the_feet_on_the_ground(humanoid: Humanoid) -> None:
    """Zero velocity, identity rotations, zero control error, zero gap, all at once."""
    start = on_the_ground(humanoid, identity_rotations(humanoid))
    assert_gradient_is_right(humanoid, start, start.rotation[1:])


def test_at_touch_down(humanoid: Humanoid) -> None:
    start = on_the_ground(humanoid, identity_rotations(humanoid))
    start = start._replace(position=start.position + 0.01, velocity=jnp.array([1.5, 0.0, -1.2]))
    assert_gradient_is_right(humanoid, start, start.rotation[1:])


@pytest.mark.parametrize("to_pi", [0.3, 1e-3])
def test_at_joint_rotations_and_errors_near_pi(humanoid: Humanoid, to_pi: float) -> None:
    axis = np.random.default_rng(2).normal(size=(20, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    start = at_rest(np.asarray(rotations.exp(jnp.asarray((np.pi - to_pi) * axis))), (0.0, 0.0, 3.0))
    assert_gradient_is_right(humanoid, start, start.rotation[1:])
    assert_gradient_is_right(humanoid, start, jnp.asarray(identity_rotations(humanoid)[1:]))


@pytest.mark.timeout(600)  # its three programs take a minute and a half to compile, alone on a core
def test_second_derivatives(block: Humanoid) -> None:
    """The Hessian times a vector, forward over reverse, is the change of the gradient along it."""
    start = at_rest(identity_rotations(block), (0.0, 0.0, 0.05))
    start = start._replace(velocity=jnp.array([0.5, 0.0, -0.3]))
    direction = jnp.asarray(np.random.default_rng(3).normal(size=(1, 3)))
    control = jnp.zeros((FRAMES + 1, 0, 4))

    def landing(spin: jax.Array) -> jax.Array:
        states, _ = rollout(block, scenes.ground(), Physics(), start._replace(angular_velocity=spin), control)
        return jnp.sum(jnp.sin(3 * states.position)) + jnp.sum(states.angular_velocity**2)

    change_of_gradient = jax.jit(lambda spin: jax.jvp(jax.grad(landing), (spin,), (direction,)))
    _, product = change_of_gradient(jnp.zeros((1, 3)))
    (ahead, _), (behind, _) = change_of_gradient(1e-6 * direction), change_of_gradient(-1e-6 * direction)
    numerical = (ahead - behind) / 2e-6
    assert_allclose(product, numerical, rtol=1e-5, atol=1e-6 * np.abs(product).max())

    spins = jnp.stack([jnp.zeros((1, 3)), 0.1 * direction])
    directions = jnp.stack([direction, -0.5 * direction])

    def landings(spins: jax.Array) -> jax.Array:
        return jnp.sum(jax.vmap(landing)(spins))

    batched = jax.jit(lambda: jax.jvp(jax.grad(landings), (spins,), (directions,))[1])()
    reverse = jax.jit(jax.grad(lambda spins: jnp.vdot(jax.grad(landings)(spins), directions)))(spins)
    assert_allclose(batched[0], product, rtol=1e-9, atol=1e-9)
    assert_allclose(reverse, batched, rtol=1e-9, atol=1e-9 * np.abs(batched).max())


def test_a_slide_by_its_friction(block: Humanoid) -> None:
    """A batch of frictions is its members, and the derivative is that of the numbers."""
    start = at_rest(identity_rotations(block), (0.0, 0.0, 0.049))
    start = start._replace(velocity=jnp.array([2.0, 0.0, 0.0]))
    control = jnp.zeros((4, 0, 4))

    def distance(friction: Scalar) -> jax.Array:
        states, _ = rollout(block, scenes.ground(friction=friction), Physics(), start, control)
        return states.position[-1, 0]

    compiled = jax.jit(distance)
    single = [float(compiled(friction)) for friction in (0.2, 0.5, 0.9)]
    assert np.all(np.diff(single) < -0.01)
    assert_allclose(jax.jit(jax.vmap(distance))(jnp.array([0.2, 0.5, 0.9])), single, rtol=1e-9)
    numerical = (compiled(0.5 + 1e-5) - compiled(0.5 - 1e-5)) / 2e-5
    assert float(jax.jit(jax.grad(distance))(0.5)) == pytest.approx(float(numerical), rel=1e-6)
