"""The Jacobians of a step beside forward-mode differentiation of its residual, in every kind of contact."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import dynamics
from diffphy.physics import scene as scenes
from diffphy.physics.contact import point_velocity
from diffphy.physics.contact_jacobians import contact_sum_jacobians
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


@jax.jit
def contact_sums(humanoid: Humanoid, scene: Scene, state: State, target: jax.Array, new: jax.Array, weight: jax.Array):
    """The derivatives of weighted sums of contact forces, by algebra and by differentiation."""

    def sums(configuration: jax.Array, new: jax.Array) -> jax.Array:
        moved, _ = changed(state, target, configuration, jnp.zeros_like(new), jnp.zeros_like(new)[6:])
        start = see_step(humanoid, scene, PHYSICS, moved, target)
        velocity = point_velocity(start.contact, dynamics.body_motion(start.frame, *dynamics.split(new)))
        force = start.law.forces(start.contact, velocity, start.dt).reshape(-1, *weight.shape[1:])
        return jnp.einsum("rci,oci->r", weight, force)

    start = see_step(humanoid, scene, PHYSICS, state, target)
    found = contact_sum_jacobians(start, scene, state.position, new, weight)
    return found, jax.jacrev(sums, (0, 1))(jnp.zeros_like(new), new)


@pytest.mark.parametrize("spread", [0.0, 0.6])
@pytest.mark.parametrize("name", SCENES)
def test_those_of_contact_forces_are_those_of_differentiation(humanoid: Humanoid, name: str, spread: float) -> None:
    state, target, new = drawn(humanoid, spread)
    weight = jnp.asarray(np.random.default_rng(1).normal(size=(5, len(humanoid.contact_body), 3)))
    found, expected = contact_sums(humanoid, SCENES[name], state, target, new, weight)
    for ours, theirs in zip(found, expected, strict=True):
        assert (np.abs(theirs).max() > 0) == (name != "free flight")
        np.testing.assert_allclose(ours, theirs, atol=1e-12 * float(np.abs(theirs).max()))
    single = in_single_precision((humanoid, SCENES[name], state, target, new, weight))
    for ours, theirs in zip(contact_sums(*single)[0], expected, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * float(np.abs(theirs).max()))


def in_single_precision(tree: Any) -> Any:
    """Return the same arguments in float32."""
    humanoid, scene, *arrays = tree
    narrow = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), arrays)
    return humanoid.astype(jnp.float32), scene.astype(jnp.float32), *narrow


@pytest.mark.parametrize("name", ["level ground", "a box and a ball"])
def test_in_single_precision_they_are_nearly_those_in_double(humanoid: Humanoid, name: str) -> None:
    arguments = humanoid, SCENES[name], *drawn(humanoid, 0.6)
    single, double = by_algebra(*in_single_precision(arguments)), by_algebra(*arguments)
    for ours, theirs in zip(single, double, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * float(np.abs(theirs).max()))


@jax.jit
def step_and_its_derivatives(humanoid: Humanoid, scene: Scene, state: State, target: jax.Array):
    """A step, its derivatives by forward-mode differentiation, and the linearised step."""
    end, effort = step(humanoid, scene, PHYSICS, state, target)

    def difference(*changes: jax.Array) -> jax.Array:
        other, _ = step(humanoid, scene, PHYSICS, *changed(state, target, *changes))
        turned = rotations.difference(end.rotation, other.rotation)
        parts = (other.position - end.position, turned, other.velocity, other.angular_velocity)
        return jnp.concatenate([jnp.ravel(part) for part in parts])

    zero = jnp.zeros(3 + 3 * humanoid.bodies)
    expected = jnp.concatenate(jax.jacfwd(difference, (0, 1, 2))(zero, zero, zero[6:]), axis=1)
    return end, effort, expected, linearise_step(humanoid, scene, PHYSICS, state, target)


@pytest.mark.parametrize("spread", [0.0, 0.2])
@pytest.mark.parametrize("name", SCENES)
def test_a_linearised_step_is_the_step_and_its_derivatives(humanoid: Humanoid, name: str, spread: float) -> None:
    """Beside forward-mode differentiation of the whole step."""
    state, target, _ = drawn(humanoid, spread)
    end, effort, expected, found = step_and_its_derivatives(humanoid, SCENES[name], state, target)
    for ours, theirs in zip(jax.tree.leaves((found.end, found.effort)), jax.tree.leaves((end, effort)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    ours = np.concatenate([found.by_state, found.by_target], axis=1)
    np.testing.assert_allclose(ours, expected, atol=1e-9 * float(np.abs(expected).max()))
