"""The Jacobians of a step beside forward-mode differentiation of its residual, in every kind of contact."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics import simulate
from diffphy.physics.actuation import pd_drive
from diffphy.physics.contact import detect_contact
from diffphy.physics.implicit_step import StepStart, residual
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Physics, State
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


def start_of(humanoid: Humanoid, scene: Scene, state: State, target: jax.Array) -> StepStart:
    frame, motion = simulate.locate_bodies(humanoid, state)
    drive = pd_drive(humanoid, state.rotation, target, PHYSICS.dt)
    contact = detect_contact(humanoid, scene, frame, state.position)
    return simulate.start_of_step(humanoid, PHYSICS, state, frame, motion, drive, contact)


@jax.jit
def by_differentiation(humanoid: Humanoid, scene: Scene, state: State, target: jax.Array, new: jax.Array):
    """Derivatives by the change of the configuration, by the velocity, and by the target's."""

    def changed(configuration: jax.Array, velocity: jax.Array, aim: jax.Array) -> jax.Array:
        moved = State(
            state.position + configuration[:3],
            rotations.multiply(state.rotation, rotations.exp(configuration[3:].reshape(-1, 3))),
            state.velocity + velocity[:3],
            state.angular_velocity + velocity[3:].reshape(-1, 3),
        )
        turned = rotations.multiply(target, rotations.exp(aim.reshape(-1, 3)))
        return residual(start_of(humanoid, scene, moved, turned), new)

    zero = jnp.zeros_like(new)
    return jax.jacfwd(changed, (0, 1, 2))(zero, zero, zero[6:])


@jax.jit
def by_algebra(humanoid: Humanoid, scene: Scene, state: State, target: jax.Array, new: jax.Array):
    start = start_of(humanoid, scene, state, target)
    return residual_jacobians(start, scene, state.position, state.rotation, target, new)


@pytest.mark.parametrize("spread", [0.0, 0.6])
@pytest.mark.parametrize("name", SCENES)
def test_they_are_those_of_differentiation(humanoid: Humanoid, name: str, spread: float) -> None:
    """At a random motion with saturated joints that slides inside the ground, and where all is at rest on it."""
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
    new = jnp.asarray(spread * rng.normal(size=3 + 3 * bodies))
    scene = SCENES[name]
    expected = by_differentiation(humanoid, scene, state, target, new)
    found = by_algebra(humanoid, scene, state, target, new)
    for ours, theirs in zip(found[:2], expected[:2], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-11 * float(np.abs(theirs).max()))
    blocks = np.asarray(expected[2])[6:].reshape(bodies - 1, 3, bodies - 1, 3)
    own = blocks[np.arange(bodies - 1), :, np.arange(bodies - 1)]
    np.testing.assert_allclose(found.target, own, atol=1e-11 * np.abs(own).max())
