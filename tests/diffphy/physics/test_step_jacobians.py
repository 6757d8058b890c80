"""The Jacobians of a step beside forward-mode differentiation of its residual, in every kind of contact."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.implicit_step import residual
from diffphy.physics.linearised_step import linearise_step
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Physics, State, see_step, step
from diffphy.physics.step_jacobians import residual_jacobians
from tests.diffphy.motions import identity_rotations, on_the_ground

pytestmark = pytest.mark.usefixtures("float64")

PHYSICS = Physics()
SCENES = {
    "free flight": scenes.empty(),
    "level ground": scenes.ground(),
    "a slope": scenes.empty(0.7).with_plane((0.2, -0.1, 1.0), (0.0, 0.0, 0.02)),
    "a box and a ball": scenes.ground(0.8)
    .with_box((0.1, 0.0, 0.0), (0.14, 0.11, 0.06), (0.9, 0.1, 0.3, 0.2))
    .with_sphere((0.0, 0.1, -0.1), 0.2),
}


def changed(
    state: State, target: jax.Array, configuration: jax.Array, velocity: jax.Array, aim: jax.Array
) -> tuple[State, jax.Array]:
    """Return another state and target, by changes in the joints' own axes."""
    moved = State(
        state.position + configuration[:3],
        rotations.multiply(state.rotation, rotations.exp(configuration[3:].reshape(-1, 3))),
        state.velocity + velocity[:3],
        state.angular_velocity + velocity[3:].reshape(-1, 3),
    )
    return moved, rotations.multiply(target, rotations.exp(aim.reshape(-1, 3)))


@jax.jit
def by_differentiation(humanoid: Humanoid, scene: Scene, state: State, target: jax.Array, new: jax.Array):
    """Derivatives by the change of the configuration, by the velocity, and by the target's."""

    def missing(*changes: jax.Array) -> jax.Array:
        return residual(see_step(humanoid, scene, PHYSICS, *changed(state, target, *changes)), new)

    zero = jnp.zeros_like(new)
    return jax.jacfwd(missing, (0, 1, 2))(zero, zero, zero[6:])


@jax.jit
def by_algebra(humanoid: Humanoid, scene: Scene, state: State, target: jax.Array, new: jax.Array):
    start = see_step(humanoid, scene, PHYSICS, state, target)
    return residual_jacobians(start, scene, state.position, state.rotation, target, new)


def drawn(humanoid: Humanoid, spread: float) -> tuple[State, jax.Array, jax.Array]:
    """Return a state, targets, and a velocity at the end: at rest on the ground, and random changes."""
    rng = np.random.default_rng(0)
    rest = on_the_ground(humanoid, identity_rotations(humanoid))
    bodies = humanoid.bodies
    state = State(
        rest.position + spread * np.array([0.1, 0.0, -0.05]),
        rotations.multiply(rest.rotation, rotations.exp(spread * rng.normal(size=(bodies, 3)))),
        jnp.asarray(spread * rng.normal(size=3)),
        jnp.asarray(spread * rng.normal(size=(bodies, 3))),
    )
    target = rotations.multiply(state.rotation[1:], rotations.exp(2.0 * spread * rng.normal(size=(bodies - 1, 3))))
    return state, target, jnp.asarray(spread * rng.normal(size=3 + 3 * bodies))


@pytest.mark.parametrize("spread", [0.0, 0.6])
@pytest.mark.parametrize("name", SCENES)
def test_they_are_those_of_differentiation(humanoid: Humanoid, name: str, spread: float) -> None:
    """At a random motion with saturated joints that slides inside the ground, and where all is at rest on it."""
    scene, bodies = SCENES[name], humanoid.bodies
    state, target, new = drawn(humanoid, spread)
    expected = by_differentiation(humanoid, scene, state, target, new)
    found = by_algebra(humanoid, scene, state, target, new)
    for ours, theirs in zip(found[:2], expected[:2], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-11 * float(np.abs(theirs).max()))
    blocks = np.asarray(expected[2])[6:].reshape(bodies - 1, 3, bodies - 1, 3)
    own = blocks[np.arange(bodies - 1), :, np.arange(bodies - 1)]
    np.testing.assert_allclose(found.target, own, atol=1e-11 * np.abs(own).max())


@pytest.mark.parametrize("spread", [0.0, 0.2])
def test_a_linearised_step_is_the_step_and_its_derivatives(humanoid: Humanoid, spread: float) -> None:
    """Beside forward-mode differentiation of the whole step."""
    state, target, _ = drawn(humanoid, spread)
    scene = SCENES["level ground"]

    @jax.jit
    def both(state: State, target: jax.Array):
        end, effort = step(humanoid, scene, PHYSICS, state, target)

        def difference(*changes: jax.Array) -> jax.Array:
            other, _ = step(humanoid, scene, PHYSICS, *changed(state, target, *changes))
            turned = rotations.difference(end.rotation, other.rotation)
            parts = (other.position - end.position, turned, other.velocity, other.angular_velocity)
            return jnp.concatenate([jnp.ravel(part) for part in parts])

        zero = jnp.zeros(3 + 3 * humanoid.bodies)
        expected = jnp.concatenate(jax.jacfwd(difference, (0, 1, 2))(zero, zero, zero[6:]), axis=1)
        return end, effort, expected, linearise_step(humanoid, scene, PHYSICS, state, target)

    end, effort, expected, found = both(state, target)
    for ours, theirs in zip(jax.tree.leaves((found.end, found.effort)), jax.tree.leaves((end, effort)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    ours = np.concatenate([found.by_state, found.by_target], axis=1)
    np.testing.assert_allclose(ours, expected, atol=1e-9 * float(np.abs(expected).max()))
